/** Every client with every server, over every binding and version: real processes, over loopback (issue 4, Must show). */
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { CardBoard } from "./card-board.ts";
import { ourClient } from "./our-client.ts";
import { sdkClient } from "./sdk-client.ts";
import { type Offered, ServerProcess } from "./server-process.ts";
import type { TestClient } from "./talk.ts";

type Ready = { readonly url: string; readonly offered: readonly Offered[] };
type Row = {
  readonly client: "ours" | "the SDK's";
  readonly server: "ours" | "the SDK's";
  readonly binding: string;
  readonly version: "1.0" | "0.3";
};

const PAIRS = [
  { client: "ours", server: "the SDK's" },
  { client: "the SDK's", server: "ours" },
  { client: "ours", server: "ours" },
] as const;
const SPOKEN = [
  { binding: "JSONRPC", version: "1.0" },
  { binding: "HTTP+JSON", version: "1.0" },
  { binding: "GRPC", version: "1.0" },
  { binding: "JSONRPC", version: "0.3" },
  { binding: "HTTP+JSON", version: "0.3" },
  { binding: "GRPC", version: "0.3" },
] as const;
const ROWS: readonly Row[] = PAIRS.flatMap((pair) => SPOKEN.map((spoken) => ({ ...pair, ...spoken })));

const servers = new Map<Row["server"], ServerProcess<Ready>>();
let board: CardBoard;

beforeAll(async () => {
  const start = (program: string) => ServerProcess.start<Ready>(join(import.meta.dirname, program));
  const [ours, sdks, opened] = await Promise.all([start("our-server.ts"), start("sdk-server.ts"), CardBoard.open()]);
  servers.set("ours", ours).set("the SDK's", sdks);
  board = opened;
});

afterAll(async () => {
  await Promise.all([...servers.values(), board].map((one) => one[Symbol.asyncDispose]()));
});

async function connect({ client, server, binding, version }: Row): Promise<TestClient> {
  const { url, offered } = servers.get(server)?.ready ?? { url: "", offered: [] };
  const chosen = offered.find((one) => one.protocolBinding === binding && one.protocolVersion === version);
  if (chosen === undefined) throw new Error(`The server does not offer ${binding} ${version}: ${JSON.stringify(offered)}`);
  const cardUrl = board.pin(chosen);
  return client === "ours" ? ourClient(cardUrl, url) : sdkClient(cardUrl);
}

describe.each(ROWS)("$client as client, $server as server, $binding $version", (row) => {
  let client: TestClient;
  beforeAll(async () => {
    client = await connect(row);
  });
  afterAll(() => client[Symbol.asyncDispose]());

  test("a direct answer needs no task", async () => {
    const { seen, taskId } = await client.give("hello", {});
    expect([seen, taskId]).toEqual([{ kind: "completed", contents: ["text Hello."] }, null]);
  });

  test("a task is done, and is listed wherever there are lists", async () => {
    const talk = await client.give("double", { n: 21 });
    expect(talk.seen).toEqual({ kind: "completed", contents: ['data {"n":42}'] });
    if (row.version === "1.0") expect(await client.lists(talk)).toBe(true);
  });

  test("a task that takes long is followed to its end, and takes no message meanwhile", async () => {
    const key = crypto.randomUUID();
    const work = await client.begin("slow", { key });
    await work.begun;
    // The SDK's server would begin a second execution (a2a.md 3.3, row 3).
    if (row.server === "ours") await work.interrupt();
    await client.give("release", { key });
    const { seen, pieces } = await work.end;
    expect(seen.kind).toBe("completed");
    // Our client puts parts of text, as the SDK's server keeps its pieces, on lines of their own.
    expect(seen.contents.map((content) => content.replaceAll("\n", ""))).toContain("text one two");
    // Pieces come in order, to those who are there, and none comes twice.
    expect(["", "two", "one two"]).toContain(pieces.join(""));
    if (row.server === "ours") expect((await client.give("count", { key })).seen.contents).toEqual(['data {"count":1}']);
  });

  test("a question is answered in the same task", async () => {
    const asked = await client.give("question", {});
    expect(asked.seen).toEqual({ kind: "inputRequired", contents: [], said: "Which colour?" });
    expect(await asked.answer("blue")).toEqual({ kind: "completed", contents: ['data {"colour":"blue"}'] });
  });

  test("a missing authorisation is told as one, and the task goes on with it", async () => {
    const asked = await client.give("auth", {});
    expect(asked.seen).toEqual({ kind: "authRequired", contents: [], said: "Allow access." });
    expect(await asked.answer("Allowed.")).toEqual({ kind: "completed", contents: ["text Thank you."] });
  });

  test("a cancel ends a task that is worked on", async () => {
    const work = await client.begin("slow", { key: crypto.randomUUID() });
    await work.begun;
    await work.cancel();
    expect((await work.end).seen).toEqual({ kind: "canceled", contents: [] });
  });

  test("a failure is a failure, with its words", async () => {
    const { seen } = await client.give("fail", {});
    expect(seen).toMatchObject({ kind: "failed", contents: [], said: expect.stringContaining("It broke.") });
  });

  test("parts of every kind arrive as they were given", async () => {
    const { seen } = await client.give("files", {});
    expect(seen.kind).toBe("completed");
    expect(seen.contents).toEqual(['data {"ok":true}', "raw AAEC", "text All kinds.", "url https://files.example/b.txt"]);
  });
});
