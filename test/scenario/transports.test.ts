/** Which transport where (requirements B.a, B.c, B.e): inside a process, between processes, and to the world outside. */
import { json, text as textOf } from "node:stream/consumers";
import { Readable } from "node:stream";

import { defineAgent, type JsonObject, type LocalAgent, remoteAgent, serveAgent, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { Gate, historyOf, listen, ofKind, openInMemory, Place, QUICKLY } from "../support/scenario.ts";

/** Stands before a served agent, and keeps the A2A methods that it is called with. */
async function listeningIn(
  place: Place,
  agent: LocalAgent,
): Promise<{ readonly url: string; readonly methods: string[]; readonly sent: JsonObject[] }> {
  const served = place.keep(await serveAgent(agent));
  const methods: string[] = [];
  const sent: JsonObject[] = [];
  const between = place.keep(
    await listen(async (request, response) => {
      const body = request.method === "POST" ? await textOf(request) : null;
      if (body !== null) {
        const call = JSON.parse(body) as { readonly method: string; readonly params: JsonObject };
        methods.push(call.method);
        if (call.method === "SendMessage") sent.push(call.params);
      }
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => name === "content-type" || name === "a2a-version"),
      ) as Record<string, string>;
      const answer = await fetch(`${served.url}${request.url === "/" ? "" : request.url}`, {
        method: request.method ?? "GET",
        headers,
        body,
      });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
      // The card must lead here, not past us.
      if (body === null) response.end((await answer.text()).replaceAll(served.url, between.url));
      else if (answer.body !== null) Readable.fromWeb(answer.body as never).pipe(response);
    }),
  );
  return { url: between.url, methods, sent };
}

describe("the streaming rule", () => {
  /** Writes in pieces, once somebody looks after its task. */
  function writer(may: Promise<void>): LocalAgent {
    return defineAgent({
      name: "writer",
      description: "Writes in pieces.",
      version: "1.0.0",
      capabilities: {
        write: {
          description: "Writes.",
          run: async ({ chunk }) => {
            await may;
            for (const piece of ["one ", "two ", "three"]) chunk(piece);
            return "one two three";
          },
        },
      },
    });
  }
  const heard: unknown[] = [];
  const reader = defineAgent({
    name: "reader",
    description: "Reads.",
    version: "1.0.0",
    capabilities: {
      read: {
        description: "Reads a whole text.",
        input: z.object({ text: z.string() }),
        run: ({ input }) => (heard.push(input.text), input.text.length),
      },
    },
  });
  const definition = (deliver: JsonObject) =>
    workflowFromObject({
      name: "internal",
      version: "1.0.0",
      steps: {
        write: { agent: "writer", ...deliver },
        read: { agent: "reader", with: { text: "${{ steps.write.output }}" } },
      },
    });

  /** What those who watch the run are shown, and what the agents got. */
  async function watched(agent: Parameters<typeof openInMemory>[0][number], may: Gate, deliver: JsonObject) {
    heard.length = 0;
    await using orchestrator = await openInMemory([agent, reader]);
    const handle = await orchestrator.start(definition(deliver), {});
    let shown = "";
    for await (const entry of handle.watch()) {
      if (entry.kind === "chunk") shown += entry.text;
      else if (entry.fact.kind === "subtaskAccepted") may.open();
      else if (entry.fact.kind === "subtaskAssigned" && agent.kind === "local") may.open();
    }
    return { shown, heard: [...heard], result: await handle.result(), facts: await historyOf(handle) };
  }

  it("between agents there are requests and whole replies: a remote agent that streams is sent no streaming request, and nobody inside sees pieces (B026, B031, B034, X031)", async () => {
    await using place = new Place();
    const may = new Gate();
    const { url, methods, sent } = await listeningIn(place, writer(may.opened));
    const { shown, heard: texts, result } = await watched(remoteAgent(url, { name: "writer" }), may, {});
    expect(result).toMatchObject({ status: "completed", output: 13 });
    expect(texts).toEqual(["one two three"]);
    expect(shown).toBe("");
    expect(methods.filter((method) => method.startsWith("Send"))).toEqual(["SendMessage"]);
    expect(sent[0]).toMatchObject({ configuration: { returnImmediately: true } });
  });

  it("an agent that moves from this process to another changes nothing of that: the same whole replies, the same history but for its task (B032)", async () => {
    await using place = new Place();
    const tell = async (where: "here" | "there") => {
      const may = new Gate();
      const local = writer(may.opened);
      const agent = where === "here" ? local : remoteAgent(place.keep(await serveAgent(local)).url, { name: "writer" });
      const { shown, heard: texts, facts } = await watched(agent, may, {});
      const kept = facts.filter(({ kind }) => kind !== "messageIntended" && kind !== "subtaskAccepted");
      return { shown, texts, kinds: kept.map(({ kind }) => kind), outputs: ofKind(facts, "subtaskCompleted").map(({ output }) => output) };
    };
    expect(await tell("there")).toEqual(await tell("here"));
  });

  it("only the edge to the end client streams, where a step says so; the next agent gets the whole all the same (B014, B026, B031)", async () => {
    const may = new Gate();
    const { shown, heard: texts, facts } = await watched(writer(may.opened), may, { deliver: "stream" });
    expect(shown).toBe("one two three");
    expect(texts).toEqual(["one two three"]);
    // Pieces are never recorded: the history has the final text only.
    expect(JSON.stringify(facts).split("one two three")).toHaveLength(3);
    expect(ofKind(facts, "subtaskProgressed")).toEqual([]);
  });
});

describe("three transports, one orchestration", () => {
  const checker = (name: string) =>
    defineAgent({
      name,
      description: `Looks at the ${name}.`,
      version: "1.0.0",
      capabilities: { check: { description: "Checks.", run: () => ({ [name]: "fine" }) } },
    });
  const validator = defineAgent({
    name: "validator",
    description: "Validates what the others found.",
    version: "1.0.0",
    capabilities: {
      validate: {
        description: "Validates.",
        input: z.object({ findings: z.record(z.string(), z.unknown()) }),
        run: ({ input }) => ({ valid: Object.keys(input.findings).length === 2 }),
      },
    },
  });

  it("fans out in this process, asks a remote agent over A2A, and tells a system outside, each as a step like any other (B001, B002, B005, B006)", async () => {
    await using place = new Place();
    const events: { readonly key: string | undefined; readonly event: JsonObject }[] = [];
    const analytics = place.keep(
      await listen(async (request, response) => {
        events.push({ key: request.headers["idempotency-key"] as string, event: (await json(request)) as JsonObject });
        // The system outside is away at first: the event is not lost, and not taken twice.
        response.writeHead(events.length === 1 ? 503 : 204).end();
      }),
    );
    const { url, methods } = await listeningIn(place, validator);
    const orchestrator = await place.open([checker("price"), checker("stock"), remoteAgent(url, { name: "validator" })]);
    const order = workflowFromObject({
      name: "order",
      version: "1.0.0",
      steps: {
        checks: { parallel: { agents: ["price", "stock"] } },
        validate: { agent: "validator", with: { findings: "${{ steps.checks.output }}" } },
        told: {
          needs: ["validate"],
          emit: { event: "task_completed", to: analytics.url, data: { valid: "${{ steps.validate.output.valid }}" } },
          retry: QUICKLY,
        },
      },
      output: "${{ steps.validate.output }}",
    });

    const handle = await orchestrator.start(order, {}, { id: "order-1" });

    expect(await handle.result()).toMatchObject({ status: "completed", output: { valid: true } });
    expect(methods[0]).toBe("SendMessage");
    expect(events.map(({ event }) => event)).toMatchObject([{ data: { valid: true } }, { type: "task_completed" }]);
    expect(new Set(events.map(({ key }) => key)).size).toBe(1);
    const facts = await historyOf(handle);
    expect(ofKind(facts, "subtaskCompleted").map(({ path }) => path)).toEqual([
      "checks/price",
      "checks/stock",
      "checks",
      "validate",
      "told",
    ]);
    // Inside the process nothing stands between the steps: no message, no queue, no task.
    expect(ofKind(facts, "messageIntended").map(({ path }) => path)).toEqual(["validate"]);
    expect(ofKind(facts, "attemptFailed").map(({ path }) => path)).toEqual(["told"]);
  });
});
