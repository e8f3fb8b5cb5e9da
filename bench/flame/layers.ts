/** Which part of the program a frame of a stack belongs to. */

/** In the order in which the table and the legend tell them. */
export const LAYERS = {
  benchmark: { title: "benchmark", color: "#d0d7de" },
  scheduler: { title: "scheduler", color: "#6cb6ff" },
  definition: { title: "expressions and schemas", color: "#a5d6ff" },
  runtime: { title: "runtime and agents", color: "#7ee2b8" },
  host: { title: "host", color: "#c8a8ff" },
  sqliteFacts: { title: "SQLite: rows of facts", color: "#ffb86b" },
  sqliteOthers: { title: "SQLite: other rows", color: "#ffd08a" },
  sqliteReads: { title: "SQLite: reading", color: "#ffe2b3" },
  sqliteCommit: { title: "SQLite: commits, with fsync", color: "#f7936f" },
  node: { title: "Node and V8", color: "#e6e2a8" },
  garbage: { title: "garbage collection", color: "#ff9aa8" },
} as const;

export type Layer = keyof typeof LAYERS;

export type Frame = {
  readonly name: string;
  /** From the root of the project; `node:…` for Node's own; empty for what is not JavaScript. */
  readonly file: string;
  readonly line: number;
};

const FOLDERS: readonly (readonly [string, Layer])[] = [
  ["bench/", "benchmark"],
  ["src/scheduler/", "scheduler"],
  ["src/definition/", "definition"],
  ["src/runtime/", "runtime"],
  ["src/agents/", "runtime"],
  ["src/hosts/", "host"],
  ["node:", "node"],
];

/** Helpers (`src/base`, `src/ports`, packages, what V8 brings) count for whoever called them. */
export function layerOf(frame: Frame, caller: Frame | null, callerLayer: Layer): Layer {
  if (frame.file === "") return layerOfNative(frame, caller, callerLayer);
  return FOLDERS.find(([folder]) => frame.file.startsWith(folder))?.[1] ?? callerLayer;
}

function layerOfNative({ name }: Frame, caller: Frame | null, callerLayer: Layer): Layer {
  if (name === "(garbage collector)") return "garbage";
  const from = caller?.file ?? "";
  const isSqlite = from.startsWith("src/hosts/embedded/") || from === "bench/floor.ts";
  if (!isSqlite) return callerLayer;
  if (name === "exec") return "sqliteCommit";
  if (name === "run") return from.endsWith("/fact-inserts.ts") || from === "bench/floor.ts" ? "sqliteFacts" : "sqliteOthers";
  return ["get", "all", "iterate"].includes(name) ? "sqliteReads" : callerLayer;
}
