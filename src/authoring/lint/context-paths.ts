/** T1412 and T1413: the run context, as far as it can be told before a run who reads and writes what. */
import type { Step } from "../../definition/definition.ts";
import { type DocumentPath, problem, type Problem } from "../../definition/problem.ts";
import { eachStep, type PlacedStep } from "../../definition/walk.ts";
import { nearest } from "../../definition/did-you-mean.ts";
import { labelOf, type Linting } from "./linting.ts";
import { expressionsIn } from "./placed.ts";
import { pathsIn } from "./paths.ts";
import { expressionsOf } from "./sources.ts";

/** T1412: paths of the context that are read, and that nobody writes. */
export function unwrittenProblems(linting: Linting): readonly Problem[] {
  const written = [...new Set(linting.steps.flatMap(({ step }) => writesOf(step)))];
  const isWritten = partsOf(written);
  const ofSteps = linting.steps.flatMap((place) => readsOf(place));
  const ofOutput = expressionsIn(linting.definition.output, ["output"]).flatMap((expression) => contextReads(expression));
  const said = new Set<string>();
  return [...ofSteps, ...ofOutput].flatMap(({ read, path }) => {
    const key = `${read} ${path.join(".")}`;
    if (isWritten(read) || said.has(key)) return [];
    said.add(key);
    const near = nearest(read, written);
    const help = near === null ? "Let a `set` write it, or an agent with `context: { write: [...] }`." : `Did you mean "${near}"?`;
    return [
      problem({
        code: "T1412",
        severity: "warning",
        message: `Nobody writes "${read}" into the run context.`,
        help,
        path,
        declared: written.slice(0, 20),
      }),
    ];
  });
}

/** Tells whether a path, a part of it or something around it is among others. */
function partsOf(paths: readonly string[]): (path: string) => boolean {
  const whole = new Set(paths);
  const around = new Set(paths.flatMap(waysTo));
  return (path) => around.has(path) || waysTo(path).some((way) => whole.has(way));
}

/** `a`, `a.b` and `a.b.c` for `a.b.c`. */
function waysTo(path: string): readonly string[] {
  const keys = path.split(".");
  return keys.map((_, index) => keys.slice(0, index + 1).join("."));
}

/** T1413: branches that write the same part of the context. */
export function doubleWriteProblems(linting: Linting): readonly Problem[] {
  return linting.steps.flatMap((place) => {
    if (place.step.kind !== "parallel") return [];
    const writers = Object.entries(place.step.branches).map(([id, branch]) => ({ id, writes: writesInside(id, branch) }));
    return clashesOf(writers).map(({ first, second, path }) =>
      problem({
        code: "T1413",
        severity: "warning",
        message: `The branches "${first}" and "${second}" of "${labelOf(place)}" both write "${path}" into the run context.`,
        help: `What "${second}" writes wins, since it stands last. Give each its own path.`,
        path: [...place.kindPath, "branches", second],
        at: "key",
      }),
    );
  });
}

type Read = { readonly read: string; readonly path: DocumentPath };

function readsOf(place: PlacedStep): readonly Read[] {
  const declared = (place.step.context?.read ?? []).map((read, index) => ({ read, path: [...place.path, "context", "read", index] }));
  return [...declared, ...expressionsOf(place).flatMap(contextReads)];
}

/** `context.a.b`, where nothing guards against its absence. */
function contextReads(expression: Parameters<typeof pathsIn>[0]): readonly Read[] {
  if (!expression.source.includes("context")) return [];
  return pathsIn(expression).flatMap(({ keys: [root, ...keys], isGuarded }) =>
    root === "context" && keys.length > 0 && !isGuarded ? [{ read: keys.join("."), path: expression.path }] : [],
  );
}

function writesOf(step: Step): readonly string[] {
  return [...(step.kind === "set" ? Object.keys(step.values) : []), ...(step.context?.write ?? [])];
}

/** What a step and everything in it may write. */
function writesInside(id: string, step: Step): readonly string[] {
  return eachStep({ steps: { [id]: step } }).flatMap(({ step: inner }) => writesOf(inner));
}

/** Whether one path is the other, or a part of it. */
function isSamePart(left: string, right: string): boolean {
  return left === right || left.startsWith(`${right}.`) || right.startsWith(`${left}.`);
}

type Writer = { readonly id: string; readonly writes: readonly string[] };
type Clash = { readonly first: string; readonly second: string; readonly path: string };

/** For each branch, the first one before it that writes the same. */
function clashesOf(writers: readonly Writer[]): readonly Clash[] {
  return writers.flatMap(({ id, writes }, index) => {
    for (const earlier of writers.slice(0, index)) {
      const path = writes.find((write) => earlier.writes.some((other) => isSamePart(write, other)));
      if (path !== undefined) return [{ first: earlier.id, second: id, path }];
    }
    return [];
  });
}
