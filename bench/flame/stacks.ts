/**
 * Samples as one tree of stacks. Each sample stands for the time since the one before: the profiler cannot
 * look while the thread waits for the disk, so counting samples would hide most of every fsync.
 */
import type { Profiler } from "node:inspector";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { type Frame, type Layer, layerOf, LAYERS } from "./layers.ts";

export type Stack = {
  readonly frame: Frame;
  readonly layer: Layer;
  /** Of the frame itself and all that it called. */
  micros: number;
  /** Of the frame itself. */
  ownMicros: number;
  readonly called: Map<string, Stack>;
};

const ROOT = join(import.meta.dirname, "../..");

export function mergeStacks(profiles: readonly Profiler.Profile[]): Stack {
  const root = newStack({ name: "everything", file: "", line: 0 }, "node");
  for (const profile of profiles) addProfile(root, profile);
  return root;
}

/** The frames' own time by layer, in microseconds. */
export function microsByLayer(root: Stack): ReadonlyMap<Layer, number> {
  const micros = new Map<Layer, number>((Object.keys(LAYERS) as Layer[]).map((layer) => [layer, 0]));
  const add = (stack: Stack): void => {
    micros.set(stack.layer, (micros.get(stack.layer) ?? 0) + stack.ownMicros);
    for (const called of stack.called.values()) add(called);
  };
  add(root);
  return micros;
}

function addProfile(root: Stack, { nodes, samples = [], timeDeltas = [] }: Profiler.Profile): void {
  const micros = new Map<number, number>();
  // Before the first sample, the profiler itself began.
  for (let index = 1; index < samples.length; index += 1) {
    const node = samples[index] ?? 0;
    micros.set(node, (micros.get(node) ?? 0) + Math.max(0, timeDeltas[index] ?? 0));
  }
  const nodesById = new Map(nodes.map((node) => [node.id, node]));
  const addNode = (node: Profiler.ProfileNode, stack: Stack): void => {
    const own = micros.get(node.id) ?? 0;
    stack.ownMicros += own;
    stack.micros += own;
    for (const id of node.children ?? []) {
      const child = nodesById.get(id);
      if (child === undefined) continue;
      const called = stackOf(stack, frameOf(child.callFrame));
      const before = called.micros;
      addNode(child, called);
      stack.micros += called.micros - before;
    }
  };
  const [first] = nodes;
  if (first !== undefined) addNode(first, root);
}

function stackOf(caller: Stack, frame: Frame): Stack {
  const key = `${frame.name} ${frame.file}:${frame.line}`;
  const known = caller.called.get(key);
  if (known !== undefined) return known;
  const made = newStack(frame, layerOf(frame, caller.frame, caller.layer));
  caller.called.set(key, made);
  return made;
}

function newStack(frame: Frame, layer: Layer): Stack {
  return { frame, layer, micros: 0, ownMicros: 0, called: new Map() };
}

function frameOf({ functionName, url, lineNumber }: Profiler.ProfileNode["callFrame"]): Frame {
  const file = url.startsWith("file:") ? relative(ROOT, fileURLToPath(url)) : url;
  return { name: functionName === "" ? "(anonymous)" : functionName, file, line: lineNumber + 1 };
}
