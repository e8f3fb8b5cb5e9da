/**
 * Paths: where in a run something happens. `a`, `a[3]` (an item), `a/b` (a branch, a planned subtask,
 * a handler), `a#2/b` (iteration 2), and any of them inside another: `a[3]#2/b/c[1]`.
 *
 * A *frame* is the path before the last slash: the steps that run side by side. Its *owner* is the
 * subtask that holds it: the frame without its `#n`.
 */
import type { StepId } from "../definition/definition.ts";
import type { Path } from "./input.ts";

/** The frame of the workflow's own steps. */
export const ROOT = "";

/** `list`: the path without the place in a list. */
type Parts = { readonly path: Path; readonly frame: Path; readonly step: StepId; readonly list: Path; readonly index: number | null };

/**
 * One input is about one subtask and its list, whose paths are taken apart again and again: the last
 * two are remembered. So is the list of the last item, since its other items mostly come next.
 */
let last: Parts = { path: ROOT, frame: ROOT, step: ROOT, list: ROOT, index: null };
let lastButOne = last;
let lastList = last;

function partsOf(path: Path): Parts {
  if (path === last.path) return last;
  return remember(path === lastButOne.path ? lastButOne : takeApart(path));
}

function remember(parts: Parts): Parts {
  lastButOne = last;
  last = parts;
  return parts;
}

function takeApart(path: Path): Parts {
  if (!isItem(path)) return takeStepApart(path);
  const bracket = path.lastIndexOf("[");
  const list = path.slice(0, bracket);
  if (list !== lastList.path) lastList = takeStepApart(list);
  return { path, frame: lastList.frame, step: lastList.step, list: lastList.path, index: digitsAt(path, bracket + 1) };
}

function takeStepApart(path: Path): Parts {
  const slash = path.lastIndexOf("/");
  if (slash === -1) return { path, frame: ROOT, step: path, list: path, index: null };
  return { path, frame: path.slice(0, slash), step: path.slice(slash + 1), list: path, index: null };
}

/** The number from a place to the last character but one; without a text of its own, since every item has one. */
function digitsAt(path: Path, start: number): number {
  let value = 0;
  for (let place = start; place < path.length - 1; place += 1) value = value * 10 + path.charCodeAt(place) - 48;
  return value;
}

/** The id of the step that a subtask executes. */
export function stepOf(path: Path): StepId {
  return partsOf(path).step;
}

/** The place in the list of an `each`, or null for a step without one. */
export function indexOf(path: Path): number | null {
  return partsOf(path).index;
}

/** The frame that a subtask belongs to. */
export function frameOf(path: Path): Path {
  return partsOf(path).frame;
}

/** The path of a step: that of a subtask without the place in its list. */
export function listPathOf(path: Path): Path {
  return partsOf(path).list;
}

/** True for an item of a list. */
export function isItem(path: Path): boolean {
  return path.endsWith("]");
}

/** The subtask that holds a frame. */
export function ownerOf(frame: Path): Path {
  const hash = frame.lastIndexOf("#");
  return hash > frame.lastIndexOf("/") ? frame.slice(0, hash) : frame;
}

/** The path of a step in a frame. */
export function pathIn(frame: Path, step: StepId): Path {
  return frame === ROOT ? step : `${frame}/${step}`;
}

/** The frame of a subtask's inner steps; iteration 0 is for what has no iterations. */
export function frameIn(owner: Path, iteration: number): Path {
  return iteration === 0 ? owner : `${owner}#${iteration}`;
}

/** The path of an item of a list. Its parts are asked for next, and are at hand here. */
export function itemPath(list: Path, index: number): Path {
  const { frame, step } = partsOf(list);
  const path = `${list}[${index}]`;
  remember({ path, frame, step, list, index });
  return path;
}

/** The subtask whose iterations a path is in, the innermost; null outside of any. */
export function iteratedBy(path: Path): Path | null {
  const hash = path.lastIndexOf("#");
  return hash === -1 ? null : path.slice(0, hash);
}

/** Where the subtask that undoes another one works. */
export function compensationPath(path: Path): Path {
  return pathIn(path, "compensate");
}
