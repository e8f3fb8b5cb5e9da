import { at } from "../file/reader.ts";
import { readCommon, readDisagreeHandler, readInvalidHandler } from "./common.ts";
import { handlersOf } from "./handlers.ts";
import type { StepKind } from "./kind.ts";
import { readInnerSteps } from "./nested.ts";

/** `steps:` inside a step: several steps as one, for a branch, a handler or an `each`. */
export const groupKind: StepKind = {
  keys: ["steps"],
  besides: [],
  inside: [],
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const ofOutcome = [readInvalidHandler(reader, object, surroundings), readDisagreeHandler(reader, object, surroundings)];
    const steps = readInnerSteps(reader, at(object, surroundings.path, "steps"), { surroundings });
    return steps === null ? null : { kind: "group", steps, ...common, ...handlersOf(handlers, ...ofOutcome) };
  },
};
