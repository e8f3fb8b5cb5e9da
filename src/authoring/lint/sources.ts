/** Every expression of a step, for rules that look at what is read and not at what it means. */
import { sourcesOf } from "../../definition/step-sources.ts";
import type { PlacedStep } from "../../definition/walk.ts";
import { expressionsIn, type Placed, placedExpression } from "./placed.ts";

/** Each expression of a step itself; those of steps inside of it are theirs. */
export function expressionsOf(place: PlacedStep): readonly Placed[] {
  return sourcesOf(place.step, place).flatMap((source) =>
    source.kind === "expression" ? [placedExpression(source.source, source.path)] : expressionsIn(source.template, source.path),
  );
}
