/**
 * Places in a run, by their spelling alone: `a`, `a[3]` (an item), `a/b` (a branch, a planned subtask,
 * a handler), `a#2/b` (iteration 2), and any of them inside another.
 */

/** The steps that run side by side: the path before the last slash. */
export function frameOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The subtask that holds a frame. */
export function ownerOf(frame: string): string {
  const hash = frame.lastIndexOf("#");
  return hash > frame.lastIndexOf("/") ? frame.slice(0, hash) : frame;
}

/** The path without the place in a list. */
export function listOf(path: string): string {
  return isItem(path) ? path.slice(0, path.lastIndexOf("[")) : path;
}

export function isItem(path: string): boolean {
  return path.endsWith("]");
}

/** The place in the list; null for what is no item. */
export function indexOf(path: string): number | null {
  return isItem(path) ? Number(path.slice(path.lastIndexOf("[") + 1, -1)) : null;
}

/** The id of the step that a path executes. */
export function stepIdOf(path: string): string {
  const list = listOf(path);
  return list.slice(list.lastIndexOf("/") + 1);
}

export function pathIn(frame: string, id: string): string {
  return frame === "" ? id : `${frame}/${id}`;
}

export function frameIn(owner: string, iteration: number): string {
  return iteration === 0 ? owner : `${owner}#${iteration}`;
}

/** True for the work that undoes a step. */
export function isUndoing(path: string): boolean {
  return path.endsWith("/compensate");
}

const MARKS: ReadonlySet<string | undefined> = new Set(["/", "#", "["]);

/** Whether a path is inside of a holder; what undoes a step is not inside of it. */
export function isInside(holder: string, path: string): boolean {
  return path.length > holder.length && path.startsWith(holder) && MARKS.has(path[holder.length]) && !isUndoing(path);
}

/** What a path is inside of. `iteration` is 0 for what has none. */
export type Holder = { readonly holder: string; readonly iteration: number };

/** The innermost thing that a path is inside of: of `a#2/b[1]` the list `a#2/b`, and of that iteration 2 of `a`. */
export function holderOf(path: string): Holder | null {
  if (isItem(path)) return { holder: listOf(path), iteration: 0 };
  const frame = frameOf(path);
  if (frame === "") return null;
  const holder = ownerOf(frame);
  return { holder, iteration: holder === frame ? 0 : Number(frame.slice(holder.length + 1)) };
}
