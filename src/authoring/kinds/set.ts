import { isJsonObject } from "../../base/json.ts";
import { at, reportForm } from "../file/reader.ts";
import { readCommon, readDisagreeHandler, readInvalidHandler } from "./common.ts";
import { handlersOf } from "./handlers.ts";
import type { StepKind } from "./kind.ts";

/** `set:`: writes the run context: paths, and their values. */
export const setKind: StepKind = {
  keys: ["set"],
  besides: [],
  inside: [],
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const ofOutcome = [readInvalidHandler(reader, object, surroundings), readDisagreeHandler(reader, object, surroundings)];
    const place = at(object, surroundings.path, "set");
    if (!isJsonObject(place.value)) {
      reportForm(reader, place, "an object of paths and their values", 'Write for example set: { "intermediate.data_uri": "${{ … }}" }.');
      return null;
    }
    return { kind: "set", values: place.value, ...common, ...handlersOf(handlers, ...ofOutcome) };
  },
};
