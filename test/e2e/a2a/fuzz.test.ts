/** Whatever a client sends, it is answered as the protocol says, soon, and costs the server nothing that stays (issue 4, Bad input). */
import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { sweepSize } from "../../crash/sweep-size.ts";
import { publishFigures } from "../../support/trust-figures.ts";
import { folder } from "../../unit/a2a/handler/stage.ts";
import { rpc } from "./http/harness.ts";
import { ServerProcess } from "./matrix/server-process.ts";
import { type KnownIds, type RandomRequest, randomRequest } from "./random-requests.ts";

const isFull = sweepSize().name !== "small";
const LIMIT_MS = isFull ? 60_000 : 6_000;
/** Sent side by side; an answer that takes longer than this is a hang. */
const AT_ONCE = 8;
const PATIENCE_MS = 20_000;
/** What may stay: caches that are bounded fill up. */
const MAX_GROWTH_BYTES = 24 * 1024 * 1024;

type Answered = { readonly status: number; readonly type: string; readonly text: string };

/** Sends anything, also what `fetch` would put in order. Of a stream it reads the beginning. */
function send(url: string, { method, path, headers, body }: RandomRequest): Promise<Answered | null> {
  const { hostname, port } = new URL(url);
  const framed = body === null ? headers : { ...headers, "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path: path === "" ? "/" : path, headers: framed, timeout: PATIENCE_MS }, (answer) => {
      const type = answer.headers["content-type"] ?? "";
      const chunks: Buffer[] = [];
      const done = (): void => resolve({ status: answer.statusCode ?? 0, type, text: Buffer.concat(chunks).toString() });
      answer.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (!type.startsWith("text/event-stream")) return;
        done();
        asked.destroy();
      });
      answer.on("end", done);
    });
    asked.on("timeout", () => asked.destroy(new Error(`No answer in ${PATIENCE_MS} ms.`)));
    // A server that refuses a large body does not read on.
    asked.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EPIPE" || error.code === "ECONNRESET" ? resolve(null) : reject(error),
    );
    asked.end(body ?? undefined);
  });
}

/** What is wrong with an answer, whatever it answers. */
function wrongIn({ method }: RandomRequest, answered: Answered | null): string | null {
  if (answered === null) return null;
  const { status, type, text } = answered;
  if (status >= 500) return `status ${status}: ${text.slice(0, 500)}`;
  if (/<html|\n {4}at |\.ts:\d+/i.test(text)) return `not for callers: ${text.slice(0, 500)}`;
  if (text === "" || type.startsWith("text/event-stream")) return null;
  if (method === "HEAD") return null;
  if (!/^application\/(?:[\w.-]+\+)?json/.test(type)) return `type ${type}: ${text.slice(0, 500)}`;
  const { error } = JSON.parse(text) as { readonly error?: { readonly code?: number } };
  return error?.code === -32603 ? `an internal error: ${text.slice(0, 500)}` : null;
}

async function knownIds(url: string): Promise<KnownIds> {
  const idOf = async (operation: string): Promise<string> => {
    const message = { messageId: operation, role: "ROLE_USER", parts: [{ text: "hi" }], metadata: { skill: operation } };
    const { body } = await rpc(url, "SendMessage", { message });
    return (body as { readonly result: { readonly task: { readonly id: string } } }).result.task.id;
  };
  return { completed: await idOf("echo"), asking: await idOf("question") };
}

test(
  "anything at all is answered in words of the protocol, never with a 5xx, a page or a stack, and leaves nothing behind",
  { timeout: LIMIT_MS + 60_000 },
  async () => {
    using place = folder();
    await using server = await ServerProcess.start<{ readonly url: string }>(join(import.meta.dirname, "fuzz-server.ts"), place.db);
    const { url } = server.ready;
    const known = await knownIds(url);
    const requests = fc.array(randomRequest(known), { minLength: AT_ONCE, maxLength: AT_ONCE });
    let count = 0;
    let takenCount = 0;
    const bombard = (limitMs: number): Promise<void> =>
      fc.assert(
        fc.asyncProperty(requests, async (batch) => {
          const answers = await Promise.all(batch.map((one) => send(url, one)));
          count += batch.length;
          takenCount += answers.filter(
            (answered) => answered !== null && answered.status === 200 && !/"error":\{/.test(answered.text),
          ).length;
          expect(batch.flatMap((one, index) => wrongIn(one, answers[index] ?? null) ?? [])).toEqual([]);
        }),
        { numRuns: 1_000_000, interruptAfterTimeLimit: limitMs, markInterruptAsFailure: false },
      );
    const heldBytes = async (): Promise<number> => {
      const { stdin, stdout } = server.child;
      if (stdin === null || stdout === null) throw new Error("The server can be asked.");
      const said = once(createInterface(stdout), "line");
      stdin.write("how much\n");
      return Number((await said)[0]);
    };
    await bombard(LIMIT_MS / 2);
    const before = await heldBytes();
    await bombard(LIMIT_MS / 2);
    const after = await heldBytes();
    const heldKib = Math.round((after - before) / 1024);
    publishFigures("wire-fuzz", { requests: count, taken: takenCount, wrong: 0, heldKib, seconds: LIMIT_MS / 1000 });
    expect(after - before).toBeLessThan(MAX_GROWTH_BYTES);
    // What is promised; and enough of it has been let in, or nothing was looked at but the door.
    expect(count).toBeGreaterThanOrEqual(isFull ? 2_000 : 1);
    expect(takenCount).toBeGreaterThan(count / 20);
    // It is still there, and still knows its tasks.
    expect((await rpc(url, "GetTask", { id: known.asking })).body).toMatchObject({ result: { id: known.asking } });
  },
);
