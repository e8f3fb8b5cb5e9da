import * as fc from "fast-check";

import type { Definition, DelegateStep, Step, Steps } from "../../../src/definition/definition.ts";
import { aggregateStep, approval, group, handoff, loop, minimal, parallel, plan, set, step, wait } from "./definitions.ts";

/** Ids that come up often, so that reads meet steps; one that is never a step. */
const IDS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;
const id = fc.constantFrom(...IDS);

const source = fc.oneof(
  id.map((name) => `steps.${name}.output`),
  id.map((name) => `has(steps.${name}.output) && input.go`),
  fc.constantFrom("input.go", "iter.prev.a.output", "iter.number > 1", "error.reason", "item", "index", "result", "1 +", ""),
);
const template = fc.oneof(
  source.map((text) => `\${{ ${text} }}`),
  fc.constantFrom("plain", null, 7),
  fc.array(
    source.map((text) => ({ deep: `\${{ ${text} }}` })),
    { maxLength: 2 },
  ),
);
const needs = fc.uniqueArray(fc.oneof(id, fc.constant("nowhere")), { maxLength: 2 });

const delegate: fc.Arbitrary<DelegateStep> = fc
  .record({ needs, with: template, text: template, if: fc.option(source), rules: fc.array(source, { maxLength: 1 }) })
  .map((parts) => step(parts));

function blockOf(depth: number): fc.Arbitrary<Steps> {
  return fc.dictionary(id, stepOf(depth), { maxKeys: 4 });
}

/** Any step at all, up to this many levels deep. */
function stepOf(depth: number): fc.Arbitrary<Step> {
  const flat = fc.oneof(
    delegate,
    template.map((title) => approval({ title })),
    fc.record({ from: template, key: source, by: source }).map((parts) => aggregateStep({ ...parts, strategy: "best" })),
    template.map((value) => wait({ kind: "duration", value })),
    fc.tuple(id, template).map(([path, value]) => set({ [path]: value })),
  );
  if (depth === 0) return flat;
  const block = blockOf(depth - 1);
  const deep = fc.oneof(
    fc
      .tuple(block, source, fc.nat(3))
      .map(([branches, on, count]) => parallel(branches, { succeed: { rule: { kind: "quorum", count, on } } })),
    block.map((steps) => group(steps)),
    fc.tuple(block, source, needs).map(([steps, until, own]) => loop(steps, until, { needs: own })),
    fc.dictionary(id, delegate, { maxKeys: 3 }).map((agents) => handoff(agents)),
    fc.tuple(delegate, template).map(([planner, title]) => plan({ planner, approve: approval({ title }) })),
    fc
      .tuple(delegate, stepOf(0), block, delegate)
      .map(([base, onError, steps, compensate]): Step => ({ ...base, handlers: { onError, onInvalid: group(steps) }, compensate })),
    fc.tuple(block, id, template).map(([steps, as, items]) => group(steps, { each: { items, as, concurrency: 1 } })),
  );
  return fc.oneof(flat, deep);
}

/** Any definition of the right form: most are wrong in many ways. */
export const anyDefinition: fc.Arbitrary<Definition> = fc.tuple(blockOf(3), template).map(([steps, output]) => minimal({ steps, output }));

/** What a valid definition is grown from: kinds, and numbers that pick what is read. */
type Seed = { readonly kind: (typeof KINDS)[number]; readonly picks: readonly number[]; readonly inner: readonly Seed[] };

const KINDS = ["delegate", "delegate", "parallel", "group", "loop", "handoff", "approval", "aggregate", "set", "handled", "each"] as const;

function seedOf(depth: number): fc.Arbitrary<Seed> {
  return fc.record({
    kind: fc.constantFrom(...KINDS),
    picks: fc.array(fc.nat(1_000), { minLength: 3, maxLength: 3 }),
    inner: depth === 0 ? fc.constant([]) : fc.array(seedOf(depth - 1), { maxLength: 3 }),
  });
}

/** Any definition that can run: whatever a step reads exists, in its own block or further out. */
export const runnableDefinition: fc.Arbitrary<Definition> = fc.array(seedOf(4), { minLength: 1, maxLength: 6 }).map((seeds) => {
  const grower: Grower = { count: 0 };
  return minimal({ steps: grownBlock(seeds, { visible: [], apart: false }, grower) });
});

type Grower = { count: number };
type Around = { readonly visible: readonly string[]; readonly apart: boolean };

function grownBlock(seeds: readonly Seed[], { visible, apart }: Around, grower: Grower): Steps {
  const own: string[] = [];
  const steps = seeds.map((each): { readonly id: string; readonly step: Step; readonly weight: number } => {
    const name = `s${grower.count}`;
    grower.count += 1;
    const around = { visible: apart ? visible : [...visible, ...own], apart };
    const grown = grownStep(each, around, grower);
    own.push(name);
    return { id: name, step: grown, weight: each.picks[0] as number };
  });
  // The order of the definition is not that of the work.
  const shuffled = steps.toSorted((left, right) => left.weight - right.weight);
  return Object.fromEntries(shuffled.map((each) => [each.id, each.step]));
}

function grownStep({ kind, picks, inner }: Seed, around: Around, grower: Grower): Step {
  const { visible } = around;
  const read = (pick: number): string => (visible.length === 0 ? "input.x" : `steps.${visible[pick % visible.length]}.output`);
  const [first, second] = [read(picks[1] as number), read(picks[2] as number)];
  const work = (): DelegateStep => step({ with: { a: `\${{ ${first} }}`, b: ["x ${{ " + second + " }}"] } });
  if (inner.length === 0 && kind !== "approval" && kind !== "aggregate" && kind !== "set") return work();
  const inside = { visible, apart: false };
  switch (kind) {
    case "delegate":
      return work();
    case "parallel":
      return parallel(grownBlock(inner, { ...inside, apart: true }, grower));
    case "group":
      return group(grownBlock(inner, inside, grower), { if: `${first} != 0` });
    case "loop":
      return loop(grownBlock(inner, inside, grower), `iter.number > 2 || ${second} == 1`);
    case "handoff": {
      const base = grower.count;
      grower.count += inner.length;
      return handoff(Object.fromEntries(inner.map((_, index) => [`s${base + index}`, work()])));
    }
    case "approval":
      return approval({ title: `\${{ ${first} }}?` });
    case "aggregate":
      return aggregateStep({ from: `\${{ ${first} }}`, strategy: "expression", value: `items + [${second}]` });
    case "set":
      return set({ "a.b": `\${{ ${first} }}`, c: 1 });
    case "handled":
      return step({ handlers: { onError: group(grownBlock(inner, inside, grower)) }, compensate: work() });
    case "each": {
      const each = { items: `\${{ ${first} }}`, as: `i${grower.count}`, concurrency: 2 };
      grower.count += 1;
      return group(grownBlock(inner, inside, grower), { each });
    }
  }
}
