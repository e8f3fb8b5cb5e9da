/** Random workflow files over the whole language: valid, small, and in all of its spellings. */
import type { Json, JsonObject } from "../../../src/base/json.ts";

type Random = {
  /** A whole number from 0 to below `bound`. */
  readonly below: (bound: number) => number;
  readonly chance: (percent: number) => boolean;
  readonly oneOf: <Value>(values: readonly Value[]) => Value;
};
type Scope = {
  /** Steps that can be read from here. */
  readonly readable: readonly string[];
  readonly depth: number;
  readonly isInLoop: boolean;
  readonly nextId: () => string;
};
type Entries = { [key: string]: Json };

const DURATIONS = ["500ms", "1s", "90s", "1m30s", "2h", "1d", "1.5h"];
const TEXTS = [
  "do it",
  "yes",
  "null",
  "1.0",
  "- a",
  "a: b",
  "# no",
  "  spaced ",
  "ünïcode \u{1f600}",
  "two\nlines\n",
  "{ x }",
  '"quoted"',
  "",
  "~",
  "=",
  "<<",
];
const AGENTS = ["anna", "bert-2", "c_3"];
const CAPABILITIES = ["search", "review", "web.search"];

/** A file in the file format; the same seed gives the same file. */
export function randomFile(seed: number): JsonObject {
  const random = randomOf(seed);
  let count = 0;
  const scope: Scope = { readable: [], depth: 0, isInLoop: false, nextId: () => `s${(count += 1)}` };
  const file: Entries = { tutti: "1.0", name: "random", agents: agentsOf(random), steps: stepsOf(random, scope, 1 + random.below(5)) };
  if (random.chance(50)) file["version"] = "1.2.3";
  if (random.chance(30)) file["description"] = random.oneOf(TEXTS);
  if (random.chance(50)) file["input"] = schemaOf(random, 0);
  if (random.chance(50)) file["timeout"] = random.oneOf(DURATIONS);
  if (random.chance(30)) file["defaults"] = policiesOf(random);
  if (random.chance(20))
    file["budget"] = { attempts: 1 + random.below(9), time: "1h", cost: 0.5, onExceeded: random.oneOf(["fail", "ask"]) };
  if (random.chance(20)) file["usage"] = { tokens: "usage.tokens", model: "model" };
  if (random.chance(50)) file["output"] = templateOf(random, { ...scope, readable: Object.keys(file["steps"] as JsonObject) });
  return file;
}

/** The mulberry32 generator: small, and the same everywhere. */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return { below, chance: (percent) => below(100) < percent, oneOf: (values) => values[below(values.length)] as (typeof values)[number] };
}

function agentsOf(random: Random): JsonObject {
  const bindings: readonly JsonObject[] = [
    { card: "https://a.example.com", auth: { secret: "A_TOKEN" } },
    { card: "http://127.0.0.1:4101" },
    { module: "./agents.ts#one" },
    { local: "here" },
    { capability: "search" },
  ];
  return Object.fromEntries(AGENTS.map((name) => [name, random.oneOf(bindings)]));
}

function stepsOf(random: Random, scope: Scope, count: number): JsonObject {
  const steps: Entries = {};
  const readable = [...scope.readable];
  for (let index = 0; index < count; index += 1) {
    const id = scope.nextId();
    steps[id] = stepOf(random, { ...scope, readable }, Object.keys(steps));
    readable.push(id);
  }
  return steps;
}

function stepOf(random: Random, scope: Scope, before: readonly string[]): JsonObject {
  const when: Entries = {};
  if (before.length > 0 && random.chance(30)) when["needs"] = [random.oneOf(before)];
  if (random.chance(15)) when["if"] = random.oneOf<Json>([true, false, "input != null", `size("${"x".repeat(random.below(3))}") > 0`]);
  const hasEach = random.chance(20);
  if (hasEach) when["each"] = random.oneOf<Json>([[1, "two", { three: 3 }], [], "${{ input }}"]);
  // An aggregate inside calls its own items `item`.
  if (hasEach) when["as"] = `item_${scope.nextId()}`;
  if (hasEach && random.chance(50)) when["concurrency"] = 1 + random.below(5);
  const kind = kindOf(random, scope);
  const isParallel = Object.hasOwn(kind, "parallel");
  const hasJoin = hasEach && !isParallel && random.chance(50);
  if (hasJoin) when["succeed"] = succeedOf(random, null);
  if (hasJoin && random.chance(40)) when["onDisagree"] = handlerOf(random, scope);
  return { ...when, ...kind, ...aroundOf(random, scope) };
}

/** What any kind may carry besides. */
function aroundOf(random: Random, scope: Scope): JsonObject {
  const around: Entries = {};
  if (random.chance(15)) around["critical"] = false;
  if (random.chance(15)) around["deadline"] = random.oneOf(DURATIONS);
  if (random.chance(10)) around["compensate"] = { capability: "undo", with: { why: "${{ run.id }}" } };
  if (random.chance(10)) around["onError"] = handlerOf(random, scope);
  return around;
}

/** A step without `needs`, `if` and `each`. */
function handlerOf(random: Random, scope: Scope): JsonObject {
  return scope.depth >= 3 ? { capability: "help" } : kindOf(random, { ...scope, depth: scope.depth + 1 });
}

function kindOf(random: Random, scope: Scope): JsonObject {
  const isDeep = scope.depth >= 3;
  const kinds = [
    delegate,
    delegate,
    delegate,
    approval,
    aggregate,
    wait,
    set,
    emit,
    ...(isDeep ? [] : [parallel, group, loop, handoff, plan]),
  ];
  return random.oneOf(kinds)(random, scope);
}

function delegate(random: Random, scope: Scope): JsonObject {
  const workflow = { workflow: random.oneOf(["child", "child@^2", "child@1.2.0"]) };
  const targets: readonly JsonObject[] = [{ capability: random.oneOf(CAPABILITIES) }, targetOf(random), targetOf(random), workflow];
  return { ...random.oneOf(targets), ...workOf(random, scope, { hasContract: true }) };
}

function targetOf(random: Random): JsonObject {
  const agent = random.oneOf(AGENTS);
  return random.oneOf<JsonObject>([{ agent }, { agent, skill: "do" }, { capability: random.oneOf(CAPABILITIES) }]);
}

function workOf(random: Random, scope: Scope, { hasContract }: { readonly hasContract: boolean }): JsonObject {
  const work: Entries = random.chance(30) ? { ...policiesOf(random) } : {};
  const add = (percent: number, key: string, value: () => Json): void => {
    if (random.chance(percent)) work[key] = value();
  };
  add(40, "text", () => random.oneOf([...TEXTS, "Say ${{ run.id }}!"]));
  add(40, "with", () => ({ value: templateOf(random, scope), [random.oneOf(["a-b", "1", "true"])]: random.oneOf(TEXTS) }));
  add(15, "fallback", () =>
    random.oneOf<Json>(["anna", "search", [{ agent: "anna", skill: "x" }, "nobody"], { capability: "anna" }, { workflow: "child" }]),
  );
  add(10, "idle", () => random.oneOf(DURATIONS));
  add(10, "ttl", () => random.oneOf(DURATIONS));
  add(10, "conversation", () => random.oneOf(["fresh", "run", "caller", ...(scope.isInLoop ? ["loop"] : [])]));
  add(10, "deliver", () => "stream");
  add(10, "limit", () => random.oneOf<Json>([3, { rate: "10/m" }, { concurrency: 2, rate: "0.5/s" }, { rate: "7/h" }]));
  add(10, "budget", () => ({ tokens: 10 }));
  add(10, "context", () => random.oneOf<Json>([{ read: ["a.b"], write: ["a"] }, { read: "a" }, {}]));
  add(10, "onUnknown", () => random.oneOf<Json>(["fail", "resend", "ask", handlerOf(random, scope)]));
  add(10, "onRejected", () => random.oneOf<Json>(["fail", "fallback", handlerOf(random, scope)]));
  add(10, "onInputRequired", () => random.oneOf<Json>(["fail", "ask", handlerOf(random, scope)]));
  add(10, "onAuthRequired", () => random.oneOf<Json>(["fail", "ask"]));
  return hasContract ? { ...work, ...contractOf(random, scope) } : work;
}

function contractOf(random: Random, scope: Scope): JsonObject {
  const contract: Entries = {};
  if (random.chance(25)) contract["output"] = schemaOf(random, 0);
  if (random.chance(15)) contract["rules"] = random.oneOf<Json>(["output != null", ["output != 1", "true"]]);
  if (Object.keys(contract).length > 0 && random.chance(50)) {
    contract["onInvalid"] = random.oneOf<Json>([
      "fail",
      { repair: random.below(3) },
      // oxlint-disable-next-line unicorn/no-thenable -- a key of the language
      { repair: random.below(3), then: handlerOf(random, scope) },
      handlerOf(random, scope),
    ]);
  }
  return contract;
}

function policiesOf(random: Random): JsonObject {
  const retry: Entries = {};
  if (random.chance(50)) retry["attempts"] = 1 + random.below(4);
  if (random.chance(30)) retry["initial"] = random.oneOf(DURATIONS);
  if (random.chance(30)) retry["factor"] = random.oneOf([1, 1.5, 3]);
  if (random.chance(30)) retry["max"] = random.oneOf(["3d", "4d"]);
  if (random.chance(30)) retry["jitter"] = random.oneOf(["none", "full"]);
  return { ...(random.chance(60) ? { timeout: random.oneOf(DURATIONS) } : {}), ...(random.chance(60) ? { retry } : {}) };
}

function succeedOf(random: Random, most: number | null): Json {
  const count = 1 + random.below(most ?? 3);
  const rule = random.oneOf<JsonObject>([
    { all: true },
    { any: true },
    { atLeast: count },
    { atLeast: "75%" },
    { first: count },
    { quorum: count, on: "result" },
  ]);
  return random.oneOf<Json>(["all", "any", rule, { ...rule, within: random.oneOf(DURATIONS) }]);
}

function parallel(random: Random, scope: Scope): JsonObject {
  const count = 2 + random.below(2);
  const inside: Entries = random.chance(60) ? { succeed: succeedOf(random, count) } : {};
  if (random.chance(20)) inside["onDisagree"] = handlerOf(random, scope);
  if (random.chance(50)) {
    return {
      parallel: { agents: listOf(random, scope), ...inside, ...joinOfTwo(inside) },
      ...workOf(random, scope, { hasContract: true }),
    };
  }
  const branches = Object.fromEntries(
    Array.from({ length: count }, () => [scope.nextId(), stepOf(random, { ...scope, depth: scope.depth + 1 }, [])]),
  );
  return { parallel: { branches, ...inside } };
}

/** Two agents whose names are no ids further out. */
function listOf(random: Random, { depth, nextId }: Scope): Json {
  const other = { capability: `web.${nextId()}` };
  if (depth > 0) return [other, { capability: `Web-${nextId()}` }];
  return random.oneOf<Json>([
    ["anna", "bert-2"],
    [{ agent: "anna", skill: "x" }, other],
  ]);
}

/** A list of two agents cannot give three results. */
function joinOfTwo({ succeed }: Entries): JsonObject {
  if (succeed === undefined || typeof succeed === "string") return {};
  return { succeed: JSON.parse(JSON.stringify(succeed).replace(/":3/, '":2')) as Json };
}

function group(random: Random, scope: Scope): JsonObject {
  return { steps: stepsOf(random, { ...scope, depth: scope.depth + 1 }, 1 + random.below(3)) };
}

function loop(random: Random, scope: Scope): JsonObject {
  const steps = stepsOf(random, { ...scope, depth: scope.depth + 1, isInLoop: true }, 1 + random.below(2));
  const [first = ""] = Object.keys(steps);
  const until = random.oneOf<JsonObject>([
    { until: `iter.number > 2 || steps.${first}.status == "failed"` },
    { until: true },
    { score: "iter.number" },
    { score: "iter.number", threshold: 3, onExhausted: "best" },
  ]);
  const handler = random.chance(30) && !Object.hasOwn(until, "onExhausted") ? { onExhausted: handlerOf(random, scope) } : {};
  return { loop: { ...(random.chance(50) ? { max: 1 + random.below(9) } : {}), ...until, steps }, ...handler };
}

function handoff(random: Random, scope: Scope): JsonObject {
  const [first, second] = [scope.nextId(), scope.nextId()];
  const listed: JsonObject = { agents: listOf(random, scope) };
  const named: JsonObject = {
    agents: { [first]: { ...targetOf(random), ...workOf(random, scope, { hasContract: false }) }, [second]: targetOf(random) },
    ...(random.chance(40) ? { start: second } : {}),
    max: 1 + random.below(5),
  };
  return {
    handoff: random.oneOf([listed, named]),
    ...workOf(random, scope, { hasContract: false }),
    ...(random.chance(30) ? { output: { type: "object" } } : {}),
  };
}

function plan(random: Random, scope: Scope): JsonObject {
  const approve: JsonObject = random.chance(40) ? { approve: approval(random, scope)["approval"] as Json } : {};
  const inside = {
    ...targetOf(random),
    allow: ["search"],
    ...(random.chance(40) ? { maxSubtasks: 3, maxDepth: 2 } : {}),
    ...approve,
    ...policiesOf(random),
  };
  return { plan: inside, ...workOf(random, scope, { hasContract: false }) };
}

function approval(random: Random, scope: Scope): JsonObject {
  const inside: Entries = { to: random.oneOf<Json>([["role:lead"], "anna"]), title: random.oneOf(["Go?", "Go, ${{ run.id }}?"]) };
  if (random.chance(40)) inside["show"] = { value: templateOf(random, scope) };
  if (random.chance(40)) inside["form"] = schemaOf(random, 0);
  if (random.chance(40)) inside["remind"] = random.oneOf(["90s", "2h", "1d"]);
  if (random.chance(40)) inside["escalate"] = { after: "1d", to: ["role:boss"] };
  if (random.chance(60)) {
    inside["timeout"] = random.oneOf(DURATIONS);
    if (random.chance(70)) inside["onTimeout"] = random.oneOf<Json>(["approve", "reject", "fail", handlerOf(random, scope)]);
  }
  return { approval: inside };
}

function aggregate(random: Random, scope: Scope): JsonObject {
  const from = templateOf(random, scope);
  const ways: readonly JsonObject[] = [
    { from, strategy: random.oneOf(["list", "concat", "first", "count", "merge", "majority", "sum"]) },
    { from, strategy: "dict", key: "item.id" },
    { from, strategy: "best", by: "item.score" },
    { from, value: "size(items)" },
    { from, strategy: "expression", value: "items" },
    { from, agent: "anna", skill: "combine" },
    { from, capability: "combine" },
  ];
  return { aggregate: { ...random.oneOf(ways), from: from ?? 1 } };
}

function wait(random: Random): JsonObject {
  return {
    wait: random.oneOf<Json>([
      "5m",
      { for: "1h" },
      { for: "${{ input }}" },
      { until: "2026-12-01T09:00:00Z" },
      { until: "${{ input }}" },
      { signal: "paid" },
      { signal: "paid", timeout: "1d" },
    ]),
  };
}

function set(random: Random, scope: Scope): JsonObject {
  return { set: { "brief.text": templateOf(random, scope), done: true } };
}

function emit(random: Random, scope: Scope): JsonObject {
  const event = "brief.done";
  const data = { value: templateOf(random, scope) };
  return {
    emit: random.oneOf<Json>([
      event,
      { event, to: "log" },
      { event, data },
      { event, to: "https://hooks.example.com/x", data },
      { event, to: { webhook: "http://hooks.example.com" } },
    ]),
  };
}

function templateOf(random: Random, { readable }: Scope): Json {
  const reads =
    readable.length === 0
      ? []
      : [`\${{ steps.${random.oneOf(readable)}.?output.orValue(1) }}`, `Is \${{ steps.${random.oneOf(readable)}.status }}?`];
  return random.oneOf<Json>([
    ...reads,
    ...TEXTS,
    1,
    -0.5,
    1e21,
    true,
    null,
    [],
    {},
    ["a", { b: "c" }],
    { deep: { deeper: { deepest: [[]] } } },
    "$context.a.b",
  ]);
}

function schemaOf(random: Random, depth: number): Json {
  if (depth >= 2) return random.oneOf<Json>([{ type: "string" }, true, { type: "integer", minimum: 1 }, { enum: ["a", "yes", null] }]);
  return random.oneOf<Json>([
    true,
    {},
    { type: "object", required: ["a"], properties: { a: schemaOf(random, depth + 1), "b c": schemaOf(random, depth + 1) } },
    { type: "array", items: schemaOf(random, depth + 1) },
    // A reference is resolved from the outermost schema, so it stands there.
    ...(depth === 0 ? [{ $ref: "#/$defs/x", $defs: { x: schemaOf(random, 2) } }] : []),
    { type: "string", pattern: "^[a-z]+: #$", description: "Colon: and hash # in it." },
  ]);
}
