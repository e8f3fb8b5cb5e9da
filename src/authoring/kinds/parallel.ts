import type { JsonObject } from "../../base/json.ts";
import type { Handlers, Step, StepCommon, Steps } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { at, isAbsent, type Place, type Reader, report } from "../file/reader.ts";
import { BARE, type Common, readCommon, readInvalidHandler } from "./common.ts";
import { handlersOf, readHandlers } from "./handlers.ts";
import { readInside, reportMissing, WORK_KEYS } from "./keys.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";
import { readInnerSteps } from "./nested.ts";
import { readSucceed } from "./succeed.ts";
import { moveParticipants, readParticipants } from "./target.ts";
import { readWork, repairsOf } from "./work.ts";

const INSIDE = ["agents", "branches", "succeed", "onDisagree"] as const;

/** `parallel:`: several agents on the same work, or named branches (requirements W049, W050). */
export const parallelKind: StepKind = {
  keys: ["parallel"],
  besides: WORK_KEYS,
  inside: INSIDE,
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, withoutSucceed(reader, object, surroundings.path), surroundings);
    const inner = readInside(reader, at(object, surroundings.path, "parallel"), parallelKind);
    if (inner === null) return null;
    const path = [...surroundings.path, "parallel"];
    const read = readBranches(reader, { object, inner, path, common }, surroundings);
    const disagree = readDisagree(reader, { object, inner, path }, surroundings);
    if (read === null) return null;
    const succeed = readSucceed(reader, at(inner, path, "succeed"));
    return { kind: "parallel", branches: read.branches, ...read.common, succeed, ...handlersOf(handlers, read.handlers, disagree) };
  },
};

type Parts = { readonly object: JsonObject; readonly inner: JsonObject; readonly path: DocumentPath; readonly common: Common };
type Read = { readonly branches: Steps; readonly common: StepCommon; readonly handlers: Handlers };

function readBranches(reader: Reader, parts: Parts, surroundings: StepSurroundings): Read | null {
  const { inner, path } = parts;
  const [agents, branches] = [at(inner, path, "agents"), at(inner, path, "branches")];
  if (isAbsent(agents) === isAbsent(branches)) {
    const message = isAbsent(agents) ? "`parallel` has no branches." : "`parallel` has `agents` and `branches`.";
    reportMissing(reader, path, message, "Give it exactly one: `agents` for the same work, or `branches` for different work.");
    return null;
  }
  const read = isAbsent(agents)
    ? readNamed(reader, branches, { ...parts, surroundings })
    : readAgents(reader, agents, { ...parts, surroundings });
  if (read === null) return null;
  reportTooFew(reader, isAbsent(agents) ? branches : agents, read.branches);
  return Object.keys(read.branches).length === 0 ? null : read;
}

type InStep = Parts & { readonly surroundings: StepSurroundings };

/** The same work for several agents: it stands beside `parallel`, and so does the contract. */
function readAgents(reader: Reader, place: Place, { object, path, common, surroundings }: InStep): Read | null {
  const { output, rules, context, ...rest } = common;
  const { work, handlers } = readWork(reader, object, { surroundings, repairs: repairsOf(common) });
  const participants = readParticipants(reader, place);
  if (participants === null) return null;
  moveParticipants(reader, participants, { holder: [...path, "branches"], step: surroundings.path });
  const access = context === undefined ? {} : { context };
  const branches = participants.map(({ id, target }): [string, Step] => [
    id,
    { kind: "delegate", target, ...BARE, output, rules, ...access, ...work, ...handlersOf(handlers) },
  ]);
  return { branches: Object.fromEntries(branches), common: { ...rest, output: null, rules: [] }, handlers: {} };
}

/** Branches of their own: nothing stands beside `parallel` that only an agent could use. */
function readNamed(reader: Reader, place: Place, { object, common, surroundings }: InStep): Read | null {
  for (const key of WORK_KEYS.filter((candidate) => Object.hasOwn(object, candidate))) {
    const message = `\`${key}\` beside \`parallel\` is given to its \`agents\`, and here are \`branches\`.`;
    report(reader, {
      code: "T1011",
      message,
      help: "Write it at each branch that needs it.",
      path: [...surroundings.path, key],
      at: "key",
    });
  }
  const handlers = readInvalidHandler(reader, object, surroundings);
  const branches = readInnerSteps(reader, place, { surroundings, areBranches: true });
  return branches === null ? null : { branches, common, handlers };
}

function reportTooFew(reader: Reader, place: Place, branches: Steps): void {
  if (Object.keys(branches).length > 1) return;
  const count = Object.keys(branches).length === 0 ? "no branch" : "only one branch";
  reportMissing(reader, place.path, `\`parallel\` has ${count}.`, "Give it two or more, or make it an ordinary step.");
}

/** `succeed` and `onDisagree` of the branches stand inside `parallel`; `onDisagree` may stand beside it as well. */
function readDisagree(reader: Reader, { object, inner, path }: Omit<Parts, "common">, surroundings: StepSurroundings): Handlers {
  const [inside, beside] = [at(inner, path, "onDisagree"), at(object, surroundings.path, "onDisagree")];
  if (!isAbsent(inside) && !isAbsent(beside))
    report(reader, {
      code: "T1011",
      message: "`onDisagree` stands inside `parallel` and beside it.",
      help: "Keep one of them.",
      path: beside.path,
      at: "key",
    });
  if (!isAbsent(inside)) reader.moves.push({ from: beside.path, to: inside.path });
  return readHandlers(reader, [["onDisagree", isAbsent(inside) ? beside : inside]], surroundings);
}

function withoutSucceed(reader: Reader, object: JsonObject, path: DocumentPath): JsonObject {
  if (!Object.hasOwn(object, "succeed")) return object;
  const message = "`succeed` belongs inside `parallel`.";
  report(reader, { code: "T1011", message, help: "Write parallel: { agents: […], succeed: … }.", path: [...path, "succeed"], at: "key" });
  const { succeed: _, ...rest } = object;
  return rest;
}
