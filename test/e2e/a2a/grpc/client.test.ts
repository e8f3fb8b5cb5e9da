import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";

import { type Task, TaskState } from "@a2a-js/sdk";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";

import { field } from "../../../../src/a2a/grpc/protobuf.ts";
import { textPart } from "../../../../src/a2a/wire/wire.ts";
import { remoteAgent, type RemoteAgentOptions } from "../../../../src/agents/remote-agent.ts";
import { Egress, type EgressOptions } from "../../../../src/runtime/egress/egress.ts";
import { intentFor, never, watching, work } from "../harness.ts";
import { cardOf } from "./scripted-agent-card.ts";
import { scriptedAgent, type ScriptedAgent, Told } from "./scripted-agent.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

async function agent(...given: Parameters<typeof scriptedAgent>): Promise<ScriptedAgent> {
  const made = await scriptedAgent(...given);
  open.push(made);
  return made;
}

function remoteAt(cardUrl: string, options: RemoteAgentOptions & EgressOptions = {}) {
  const egress = new Egress(options);
  open.push(egress);
  return remoteAgent(cardUrl, { name: "scripted", egress, log: () => undefined, ...options });
}

const task = (more: Partial<Task> = {}): Task => ({
  id: "t1",
  contextId: "c1",
  status: { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: undefined },
  artifacts: [],
  history: [],
  metadata: undefined,
  ...more,
});
const answer = (made: Task) => ({ payload: { $case: "task" as const, value: made } });

/** What comes of a message to an agent that answers so. */
async function sentTo(sendMessage: () => object, options: RemoteAgentOptions = {}) {
  const { cardUrl } = await agent({ sendMessage });
  const remote = remoteAt(cardUrl, options);
  return remote.send(work("x", null), await intentFor(remote), never());
}

const failure = (more: object) => ({ kind: "notSent", outcome: { kind: "failed", failure: more } });
const a2a = (reason: string) => ({ info: { reason, domain: "a2a-protocol.org", metadata: {} } });

describe("what an agent says instead of an answer", () => {
  test.each([
    [
      "a request that it does not take",
      new Told(status.INVALID_ARGUMENT, "No.", a2a("INVALID_PARAMS")),
      { code: "T3006", retryable: false },
    ],
    ["the same without a reason", new Told(status.INVALID_ARGUMENT, "No."), { code: "T3006", retryable: false }],
    [
      "a task that is over",
      new Told(status.FAILED_PRECONDITION, "Over.", a2a("UNSUPPORTED_OPERATION")),
      { code: "T3006", retryable: false },
    ],
    ["a task that there is none of", new Told(status.NOT_FOUND, "None."), { code: "T3006", retryable: false }],
    ["credentials that it does not know", new Told(status.UNAUTHENTICATED, "Who?"), { code: "T3005", retryable: false }],
    ["credentials that do not suffice", new Told(status.PERMISSION_DENIED, "No."), { code: "T3005", retryable: false }],
    ["no room", new Told(status.RESOURCE_EXHAUSTED, "Full."), { code: "AGENT_OVERLOADED", retryable: true }],
    [
      "no room for a while",
      new Told(status.RESOURCE_EXHAUSTED, "Full.", { retryAfterMs: 1_500 }),
      { code: "AGENT_OVERLOADED", retryable: true, retryAfterMs: 1_500 },
    ],
    ["a pause", new Told(status.UNAVAILABLE, "Later.", { retryAfterMs: 2_000 }), { code: "AGENT_OVERLOADED", retryAfterMs: 2_000 }],
    [
      "no room in the guides' words",
      new Told(status.FAILED_PRECONDITION, "Full.", {
        info: { reason: "RATE_LIMIT_EXCEEDED", domain: "here.example", metadata: { retry_after_ms: "250" } },
      }),
      { code: "AGENT_OVERLOADED", retryAfterMs: 250 },
    ],
  ])("%s: it certainly did nothing", async (_what, told, expected) => {
    const sendMessage = () => {
      throw told;
    };
    expect(await sentTo(sendMessage)).toMatchObject(failure(expected));
  });

  test.each([
    ["an error of its own", new Told(status.INTERNAL, "Oh.")],
    ["something unknown", new Told(status.UNKNOWN, "Oh.")],
    ["that it is away, as a proxy says", new Told(status.UNAVAILABLE, "upstream connect error")],
    ["that its time was up", new Told(status.DEADLINE_EXCEEDED, "Late.")],
    ["that it was canceled", new Told(status.CANCELLED, "Canceled.")],
    ["that it was aborted", new Told(status.ABORTED, "Aborted.")],
    ["a status that there is none of", new Told(77, "?")],
    ["details that are none", new Told(status.INTERNAL, "Oh.", Buffer.from([0x0a, 0xff, 0x01]))],
    ["an answer that is no answer", {}],
    ["an answer that is no message", Buffer.from("<html>")],
    ["a task without an id", answer(task({ id: "" }))],
    ["text that is not UTF-8", Buffer.concat([field(2, field(1, Buffer.from([0xc3, 0x28])))])],
    ["a hundred megabytes", Buffer.alloc(17 * 1_048_576)],
  ])("%s: it may have begun", async (_what, told) => {
    const sendMessage = () => {
      if (told instanceof Told) throw told;
      return told;
    };
    expect(await sentTo(sendMessage)).toMatchObject({ kind: "ambiguous" });
  });

  test("a request that is too large for it is not sent again", async () => {
    const { cardUrl } = await agent({ sendMessage: () => answer(task()) });
    const remote = remoteAt(cardUrl);
    const sent = await remote.send(work("x", { text: "x".repeat(200_000) }), await intentFor(remote), never());
    expect(sent).toMatchObject(failure({ code: "T3006", retryable: false }));
  });

  test.each([
    ["nobody who speaks gRPC", new Told(status.UNIMPLEMENTED, "What?")],
    ["nobody who speaks our version", new Told(status.FAILED_PRECONDITION, "0.3 only.", a2a("VERSION_NOT_SUPPORTED"))],
  ])("%s: the next interface of the card is named", async (_what, told) => {
    const here = await agent({
      sendMessage: () => {
        throw told;
      },
    });
    here.card = cardOf([
      { url: here.target, protocolBinding: "GRPC" },
      { url: here.cardUrl, protocolBinding: "JSONRPC" },
    ]);
    const remote = remoteAt(here.cardUrl);
    const sent = await remote.send(work("x", null), await intentFor(remote), never());
    expect(sent).toMatchObject({ kind: "notSent", instead: { binding: "JSONRPC", url: here.cardUrl } });
  });
});

describe("connections", () => {
  const tcp = async (onConnection: Parameters<typeof createTcpServer>[1]): Promise<{ readonly port: number; readonly server: Server }> => {
    const server = createTcpServer(onConnection);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    open.push({ [Symbol.asyncDispose]: async () => void server.close() });
    return { port: (server.address() as AddressInfo).port, server };
  };
  const withCard = async (url: string, more: readonly { readonly url: string; readonly protocolBinding: string }[] = []) => {
    const here = await agent({ sendMessage: () => answer(task()) });
    here.card = cardOf([{ url, protocolBinding: "GRPC" }, ...more]);
    return here;
  };

  test("where nobody listens nothing was sent, this is known at once, and the next interface is named", async () => {
    const { port, server } = await tcp(() => undefined);
    await new Promise((resolve) => {
      server.close(resolve);
    });
    const here = await withCard(`127.0.0.1:${port}`, [{ url: "http://127.0.0.1:1/", protocolBinding: "JSONRPC" }]);
    const remote = remoteAt(here.cardUrl);
    const before = performance.now();
    const sent = await remote.send(work("x", null), await intentFor(remote), never());
    expect(sent).toMatchObject({ ...failure({ code: "NETWORK_ERROR", retryable: true }), instead: { binding: "JSONRPC" } });
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test("a connection that breaks after the request has gone out is ambiguous, and the next call opens another", async () => {
    let streamCount = 0;
    const server = createHttp2Server();
    server.on("stream", (stream) => {
      streamCount += 1;
      stream.session?.destroy();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    open.push({ [Symbol.asyncDispose]: async () => void server.close() });
    const here = await withCard(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    const remote = remoteAt(here.cardUrl);
    for (const count of [1, 2]) {
      expect(await remote.send(work("x", null), await intentFor(remote), never())).toMatchObject({ kind: "ambiguous" });
      expect(streamCount).toBe(count);
    }
  });

  test("an agent that says nothing is given up when the work is, and hears of it", async () => {
    const stopper = new AbortController();
    const gone = Promise.withResolvers<void>();
    const here = await agent({
      sendMessage: (call) => {
        (call as unknown as { on(name: string, listener: () => void): void }).on("cancelled", () => gone.resolve());
        stopper.abort();
        return new Promise(() => undefined);
      },
    });
    const remote = remoteAt(here.cardUrl);
    const intent = await intentFor(remote);
    expect(await remote.send(work("x", null), intent, stopper.signal)).toMatchObject({ kind: "ambiguous" });
    await gone.promise;
    expect(await remote.send(work("x", null), intent, AbortSignal.abort())).toMatchObject({ kind: "notSent" });
    expect(here.asked).toHaveLength(1);
  });

  test.each(["https://127.0.0.1", "grpcs://127.0.0.1"])("%s is asked with TLS, and nothing is sent without", async (address) => {
    const first = Promise.withResolvers<Buffer>();
    const { port } = await tcp((socket) => {
      socket.once("data", (bytes) => {
        first.resolve(bytes);
        socket.destroy();
      });
      socket.on("error", () => undefined);
    });
    const here = await withCard(`${address}:${port}`);
    const remote = remoteAt(here.cardUrl, { secret: "s3cret" });
    expect(await remote.send(work("x", null), await intentFor(remote), never())).toMatchObject(failure({ code: "NETWORK_ERROR" }));
    // A handshake, of TLS.
    expect([...(await first.promise).subarray(0, 2)]).toEqual([0x16, 0x03]);
  });

  test.each([
    ["a private host without TLS", "http://127.0.0.2:1"],
    ["a private host with TLS", "https://127.0.0.2:1"],
    ["a private host by its bare address", "10.0.0.1:443"],
    ["this machine under another name", "https://localtest.invalid.localhost:443"],
  ])("a card does not lead to %s", async (_what, url) => {
    const here = await withCard(url);
    const remote = remoteAt(here.cardUrl);
    const sent = await remote.send(work("x", null), await intentFor(remote), never());
    expect(sent).toMatchObject({ kind: "notSent" });
    expect(here.asked).toEqual([]);
    if (!url.includes("localhost")) expect(sent).toMatchObject(failure({ code: "T6001", retryable: false }));
  });

  test.each(["unix:/tmp/x", "xds:///x", "file:///etc/passwd", "http://user:pass@127.0.0.1:1", "127.0.0.1"])(
    "%s is no address of an interface",
    async (url) => {
      const here = await withCard(url);
      expect(await remoteAt(here.cardUrl).describe(never())).toMatchObject({ ok: false, outcome: { failure: { code: "T3003" } } });
    },
  );
});

describe("what a request says besides", () => {
  test("its version, its trace, its tenant and its secret, to the operator's own host", async () => {
    const here = await agent({ sendMessage: () => answer(task()) });
    here.card = {
      ...cardOf([]),
      supportedInterfaces: [{ url: here.target, protocolBinding: "GRPC", protocolVersion: "1.0", tenant: "acme" }],
    };
    const remote = remoteAt(here.cardUrl, { secret: () => "s3cret", headers: { "x-team": "blue" } });
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await remote.send(work("x", null), await intentFor(remote, { traceparent }), never());
    const [asked] = here.asked;
    expect(asked?.request).toMatchObject({ tenant: "acme", configuration: { returnImmediately: true } });
    expect(asked?.metadata.getMap()).toMatchObject({ "a2a-version": "1.0", traceparent, authorization: "Bearer s3cret", "x-team": "blue" });
  });

  test("no secret to another host, also when private hosts are allowed", async () => {
    const here = await agent({ sendMessage: () => answer(task()) });
    // The same machine in a spelling that the operator has not used.
    const away = `http://${here.target.replace("127.0.0.1", "[::ffff:127.0.0.1]")}`;
    here.card = cardOf([{ url: away, protocolBinding: "GRPC" }]);
    const options = { secret: "s3cret", headers: { "x-team": "blue" } };
    const strict = remoteAt(here.cardUrl, options);
    expect(await strict.send(work("x", null), await intentFor(strict), never())).toMatchObject(failure({ code: "T6001" }));
    const lenient = remoteAt(here.cardUrl, { ...options, allowPrivate: true });
    expect(await lenient.send(work("x", null), await intentFor(lenient), never())).toMatchObject({ kind: "task" });
    expect(here.asked).toHaveLength(1);
    expect(Object.keys(here.asked[0]?.metadata.getMap() ?? {})).not.toEqual(expect.arrayContaining(["authorization"]));
    expect(here.asked[0]?.metadata.get("x-team")).toEqual([]);
  });

  test("a secret that gRPC cannot carry is not sent, and not told", async () => {
    const { cardUrl, asked } = await agent({ sendMessage: () => answer(task()) });
    const secrets = ["good", "grü\nße"];
    const remote = remoteAt(cardUrl, { secret: () => secrets.shift() ?? "" });
    const sent = await remote.send(work("x", null), await intentFor(remote), never());
    expect(sent).toMatchObject(failure({ code: "T3005" }));
    expect(JSON.stringify(sent)).not.toContain("grü");
    expect(asked).toEqual([]);
  });
});

describe("streams", () => {
  const done = task({
    status: { state: TaskState.TASK_STATE_COMPLETED, message: undefined, timestamp: undefined },
    artifacts: [{ artifactId: "a", name: "", description: "", parts: [textPart("Done.")], metadata: undefined, extensions: [] }],
  });

  test("one that breaks is taken up again after its last event", async () => {
    let isOver = false;
    const places: (string | undefined)[] = [];
    const { cardUrl } = await agent(
      { sendMessage: () => answer(task()), getTask: () => (isOver ? done : task()) },
      {
        streaming: true,
        subscribe: (call) => {
          places.push(call.metadata.get("last-event-id")[0]?.toString());
          if (places.length > 1) isOver = true;
          const event = statusEvent(isOver ? TaskState.TASK_STATE_COMPLETED : TaskState.TASK_STATE_WORKING);
          call.write(Buffer.concat([event, field(20_001, `${places.length}.0`)]), () =>
            call.emit("error", new Told(status.UNAVAILABLE, "Bye.")),
          );
        },
      },
    );
    const remote = remoteAt(cardUrl);
    const sent = await remote.send(work("x", null), await intentFor(remote), never());
    if (sent.kind !== "task") throw new Error(JSON.stringify(sent));
    expect(await remote.attend(sent.task, watching().watch)).toMatchObject({ kind: "completed", reply: { text: "Done." } });
    expect(places).toEqual([undefined, "1.0"]);
  });

  test.each([
    ["an event of five megabytes", () => textEvent("x".repeat(5 * 1_048_576))],
    ["something that is no event", () => Buffer.from("<html>")],
  ])("%s ends a stream and not the task", async (_what, event) => {
    let looks = 0;
    const { cardUrl } = await agent(
      { sendMessage: () => answer(task()), getTask: () => ((looks += 1) > 2 ? done : task()) },
      { streaming: true, subscribe: (call) => void call.write(event()) },
    );
    const remote = remoteAt(cardUrl);
    const sent = await remote.send(work("x", null), await intentFor(remote), never());
    if (sent.kind !== "task") throw new Error(JSON.stringify(sent));
    expect(await remote.attend(sent.task, watching().watch)).toMatchObject({ kind: "completed" });
  });

  test("one that nobody needs any more is ended", async () => {
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { cardUrl } = await agent(
      { sendMessage: () => answer(task()), getTask: () => task() },
      {
        streaming: true,
        subscribe: (call) => {
          call.on("cancelled", () => ended.resolve());
          call.write(statusEvent(TaskState.TASK_STATE_WORKING), () => begun.resolve());
        },
      },
    );
    const remote = remoteAt(cardUrl);
    const sent = await remote.send(work("x", null), await intentFor(remote), never());
    if (sent.kind !== "task") throw new Error(JSON.stringify(sent));
    const seen = watching();
    const attended = remote.attend(sent.task, seen.watch);
    await begun.promise;
    seen.stop();
    const [outcome] = await Promise.all([attended, ended.promise]);
    expect(outcome).toMatchObject({ kind: "unknown" });
  });
});

// StreamResponse.status_update = 3: task_id 1, context_id 2, status 3; TaskStatus: state 1.
const statusEvent = (state: TaskState): Buffer => field(3, Buffer.concat([field(1, "t1"), field(2, "c1"), field(3, field(1, state))]));
// StreamResponse.message = 2: message_id 1, role 4, parts 5; Part: text 1.
const textEvent = (text: string): Buffer => field(2, Buffer.concat([field(1, "m"), field(4, 2), field(5, field(1, text))]));
