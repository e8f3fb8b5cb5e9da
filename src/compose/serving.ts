/**
 * What is served, put together: for each path a handler on the orchestrator's runs, with its card; then
 * push notifications, and the server in front of them.
 *
 * 1. Closing takes nothing new, and lets calls and handlers end for a while. What is left goes on when
 *    the database is opened again.
 */
import type { AgentCard } from "@a2a-js/sdk";

import type { CardInterface, CardPlace } from "../a2a/card/make-card.ts";
import { FILES_PATH, FileUrls } from "../a2a/files/file-urls.ts";
import { TaskFiles } from "../a2a/files/task-files.ts";
import { withFiles } from "../a2a/files/with-files.ts";
import { WAKE_UP_PATH, WakeUps } from "../a2a/push/wake-ups.ts";
import type { AgentDesk } from "../a2a/server/agent-desk.ts";
import { RunTaskHandler } from "../a2a/server/run-task-handler.ts";
import type { ServedThing } from "../a2a/server/served-thing.ts";
import { DEDUPE_EXTENSION } from "../a2a/wire/wire.ts";
import { DRAIN_MS } from "../base/limits.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import { type A2aServer, type A2aServerOptions, createA2aServer, type Served, type WebRoute } from "../server/a2a-server.ts";
import { isRequired } from "../server/authentication.ts";
import { openPush } from "./serve-push.ts";
import { type CardOptions, ServedCards } from "./served-cards.ts";

/** How what is served behaves, whatever it is. */
export type ServingOptions = Omit<A2aServerOptions, "served" | "documents" | "routes"> &
  CardOptions & {
    /** Tasks worked on at once; more are answered with 503. */
    readonly maxWorking?: number;
    /** How long a message waits for its task. In milliseconds. */
    readonly blockingMs?: number;
    /** False: every message starts a task, also one that came before. */
    readonly dedupe?: boolean;
    /** False: no streams; callers poll, or are pushed to. */
    readonly streaming?: boolean;
    /** False: no push notifications. Else the origins that webhooks may have although they are private or use http. */
    readonly push?: false | { readonly allow?: readonly string[] };
  };

/** What is served at a path, "" for the server itself. */
export type ServedPath = {
  readonly path: string;
  /** Under which its messages are told from those to other paths: it must stay the same. */
  readonly name: string;
  readonly things: readonly ServedThing[];
  readonly cardAt: (place: CardPlace) => AgentCard;
};

type Serving = {
  readonly orchestrator: Orchestrator;
  readonly desk: AgentDesk;
  readonly paths: readonly ServedPath[];
  /** Open tasks that can be remembered; absent: as many as the database holds. */
  readonly maxOpen?: number;
};

export async function serve({ orchestrator, desk, paths, maxOpen }: Serving, options: ServingOptions): Promise<A2aServer> {
  const { clock = systemClock, log, maxWorking, blockingMs, dedupe, streaming } = options;
  const cards = new ServedCards({ ...options, orchestrator });
  const reach = options.publicUrl === undefined ? null : await openReach(orchestrator, options.publicUrl, clock);
  const files = new TaskFiles({ host: orchestrator.host, urls: reach?.files ?? null });
  const push = options.push === false ? null : openPush(orchestrator, paths, { ...options, ...options.push, signer: cards.signer, files });
  const served = paths.map((path): Served => {
    const { card, published, extended } = cards.servedAs(path.name, (address) =>
      cardOf(path, address, { options, isOnly: paths.length === 1 }),
    );
    const handler = new RunTaskHandler({
      orchestrator,
      desk,
      things: path.things,
      name: path.name,
      clock,
      card,
      ...(announcesExtended(path, options) ? { extendedCard: extended } : {}),
      ...(push === null ? {} : { push: push.configs }),
      ...(log === undefined ? {} : { log }),
      ...(maxOpen === undefined ? {} : { maxOpen }),
      ...(maxWorking === undefined ? {} : { maxWorking }),
      ...(blockingMs === undefined ? {} : { blockingMs }),
      ...(dedupe === undefined ? {} : { dedupe }),
      ...(streaming === undefined ? {} : { streaming }),
    });
    return { path: path.path, handler: withFiles(handler, files), publishedCard: published };
  });
  const server = await createA2aServer({ ...options, served, documents: cards.documents, routes: reach?.routes ?? [] });
  cards.place(server);
  if (reach !== null) orchestrator.registry.wakeUps = reach.wakeUps;
  await push?.dispatcher.start();
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= shutDown());
  const shutDown = async (): Promise<void> => {
    const limit = Promise.withResolvers<void>();
    const cancel = clock.schedule(options.drainMs ?? DRAIN_MS, limit.resolve);
    await Promise.all([server.close(), Promise.race([desk.drained(), limit.promise])]).finally(cancel);
    if (orchestrator.registry.wakeUps === reach?.wakeUps) orchestrator.registry.wakeUps = null;
    await push?.close();
  };
  const { url, localUrl, grpcUrl } = server;
  return { url, localUrl, grpcUrl, cardUrl: (path) => server.cardUrl(path), close, [Symbol.asyncDispose]: close };
}

type Reach = { readonly wakeUps: WakeUps; readonly files: FileUrls; readonly routes: readonly WebRoute[] };

/** What others can only do when they know our address: push to us, and fetch files. */
async function openReach({ host }: Orchestrator, url: string, clock: Clock): Promise<Reach> {
  const wakeUps = await WakeUps.open({ host, url, clock });
  const files = await FileUrls.open({ host, url, clock });
  const routes = [
    { path: `${WAKE_UP_PATH}*`, answer: (request: Request) => wakeUps.handle(request) },
    { path: `${FILES_PATH}*`, answer: (request: Request) => files.handle(request) },
  ];
  return { wakeUps, files, routes };
}

/** The extended card is of the server itself, or of the only thing there is. */
function announcesExtended({ path }: ServedPath, { extendedCard }: ServingOptions): boolean {
  return extendedCard !== undefined && path === "";
}

type CardChoices = { readonly options: ServingOptions; readonly isOnly: boolean };

/** A card promises only what is done. */
function cardOf(served: ServedPath, address: Pick<A2aServer, "url" | "grpcUrl">, { options, isOnly }: CardChoices): AgentCard {
  const { auth = {}, push, dedupe = true, streaming = true } = options;
  const card = served.cardAt({
    interfaces: interfacesOf(served, address, { options, isOnly }),
    streaming,
    pushNotifications: push !== false,
    extendedAgentCard: announcesExtended(served, options),
    security: isRequired(auth) ? [{ kind: "bearer" }] : [],
  });
  const { capabilities } = card;
  if (dedupe || capabilities === undefined) return card;
  return { ...card, capabilities: { ...capabilities, extensions: capabilities.extensions.filter(({ uri }) => uri !== DEDUPE_EXTENSION) } };
}

function interfacesOf(
  { path }: ServedPath,
  address: Pick<A2aServer, "url" | "grpcUrl">,
  { options: { legacy = true }, isOnly }: CardChoices,
): readonly CardInterface[] {
  const url = `${address.url}${path}`;
  // gRPC has no paths: it leads to the server itself, or to the only thing there is.
  const grpcUrl = path === "" || isOnly ? address.grpcUrl : null;
  const over = (version: CardInterface["version"]): readonly CardInterface[] => [
    { url, binding: "JSONRPC", version },
    { url, binding: "HTTP+JSON", version },
    ...(grpcUrl === null ? [] : [{ url: grpcUrl, binding: "GRPC", version } as const]),
  ];
  return [...over("1.0"), ...(legacy ? over("0.3") : [])];
}
