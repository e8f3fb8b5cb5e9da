/**
 * Events for the world outside (`emit`): a line of the log, or a CloudEvent to a webhook. Done when
 * it is acknowledged (design.md, fact 9).
 *
 * 1. At least once: after a crash, or an answer that was lost, the event is sent again.
 * 2. Under one id and one idempotency key, in every process and every attempt of the subtask, so that
 *    the receiver can drop what it has already.
 * 3. Only a receiver's own "no" is final: whatever else goes wrong may go right in another attempt.
 */
import type { JsonObject } from "../../base/json.ts";
import type { Target } from "../../definition/definition.ts";
import type { Log } from "../../ports/log.ts";
import type { PlacedCommand } from "../../ports/host.ts";
import type { Assignment } from "../../scheduler/index.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { eventIdOf, keyOfEvent } from "./effect-keys.ts";
import { traceOf } from "./trace.ts";
import { type Egress, EgressError } from "../egress/egress.ts";
import { retryAfterOf } from "../egress/egress-exchange.ts";

export type SinkTarget = Extract<Target, { kind: "sink" }>;

export type Emission = {
  readonly placed: PlacedCommand;
  readonly command: Assignment;
  readonly target: SinkTarget;
  readonly now: number;
  readonly signal: AbortSignal;
};

export type SinkTools = { readonly egress: () => Egress; readonly log: Log };

/** Publishes an event. Never throws: what goes wrong is an outcome. */
export async function performSink({ egress, log }: SinkTools, emission: Emission): Promise<Outcome> {
  const { target } = emission;
  switch (target.sink) {
    case "log":
      return writeLine(log, emission);
    case "webhook":
      return post(egress(), emission, target.url);
  }
}

/** Who an event went to, as the history tells it. */
export function nameOfSink(target: SinkTarget): string {
  if (target.sink === "log") return "log";
  return URL.canParse(target.url) ? new URL(target.url).host : target.url;
}

function writeLine(log: Log, { placed, command, target }: Emission): Outcome {
  const id = eventIdOf(placed.run, command.path);
  const about = { workflow_id: placed.run.id, workflow_type: placed.workflow, subtask_id: command.path, event_id: id };
  try {
    log("info", target.event, { ...about, data: command.input });
    return published(target.event, id);
  } catch (error) {
    return toOutcome(error, `Event "${target.event}" to the log`);
  }
}

async function post(egress: Egress, emission: Emission, url: string): Promise<Outcome> {
  const { placed, command, target, signal } = emission;
  const event = toCloudEvent(emission);
  const where = `Event "${target.event}" to ${nameOfSink(target)}`;
  try {
    // The address stands in the definition, so an operator has written it.
    const answer = await egress.fetch({ trust: "operator" })(url, {
      method: "POST",
      headers: {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "idempotency-key": keyOfEvent(placed.run, command.path),
        ...traceOf(placed, command),
      },
      body: JSON.stringify(event),
      signal,
    });
    if (answer.ok) return published(target.event, eventIdOf(placed.run, command.path));
    const isEarly = answer.status === 425;
    if (answer.status >= 400 && answer.status < 500 && !isEarly) return rejected(`${where} was refused: it answered ${answer.status}.`);
    const retryAfterMs = retryAfterOf(answer.headers.get("retry-after") ?? undefined);
    return notTaken(`${where} was not taken: it answered ${answer.status}.`, retryAfterMs ?? undefined);
  } catch (error) {
    return toOutcome(error, where);
  }
}

/** The event in the structured mode of CloudEvents 1.0: attributes and data in one JSON object. */
function toCloudEvent({ placed, command, target, now }: Emission): JsonObject {
  const { run, workflow } = placed;
  return {
    specversion: "1.0",
    id: eventIdOf(run, command.path),
    source: `tutti://run/${run.id}`,
    type: target.event,
    subject: command.path,
    time: new Date(now).toISOString(),
    workflowtype: workflow,
    datacontenttype: "application/json",
    data: command.input,
  };
}

function toOutcome(error: unknown, where: string): Outcome {
  if (!(error instanceof EgressError)) {
    return notTaken(`${where} was not sent: ${error instanceof Error ? error.message : String(error)}`, undefined);
  }
  const sentence = `${where} was not taken: ${error.message}`;
  // Credentials that are not accepted are the receiver's no; an address that is not allowed is ours.
  if (error.kind === "denied") return rejected(sentence);
  if (error.code === "T6001" || error.code === "T3003") {
    return { kind: "failed", failure: { code: error.code, message: sentence, retryable: false } };
  }
  return notTaken(sentence, error.retryAfterMs);
}

function published(event: string, id: string): Outcome {
  return { kind: "completed", reply: { data: [{ event, id }] } };
}

function rejected(message: string): Outcome {
  return { kind: "rejected", failure: { code: "T3103", message, retryable: false } };
}

function notTaken(message: string, retryAfterMs: number | undefined): Outcome {
  return { kind: "failed", failure: { code: "T3104", message, retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } };
}
