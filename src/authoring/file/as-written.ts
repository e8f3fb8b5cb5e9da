/** Problems of the normal form, shown where the file says it: one line of a file may become several steps. */
import type { DocumentPath, Problem } from "../../definition/problem.ts";

/** What the normal form has at `from` stands in the file at `to`. `whole`: the path itself, and nothing below it. */
export type Move = { readonly from: DocumentPath; readonly to: DocumentPath; readonly whole?: true };

/** The same problems with paths of the file. What is wrong with several steps in the same way is told once. */
export function asWritten(problems: readonly Problem[], moves: readonly Move[]): readonly Problem[] {
  if (moves.length === 0 || problems.length === 0) return problems;
  const said = new Set<string>();
  return problems.flatMap((found) => {
    const path = writtenPath(found.path, moves);
    if (path === found.path) return [found];
    const key = JSON.stringify([found.code, path, found.span, found.message]);
    if (said.has(key)) return [];
    said.add(key);
    return [{ ...found, path }];
  });
}

/** The longest move that fits wins. Where it leads to may have moved as well, with a step further out. */
function writtenPath(path: DocumentPath, moves: readonly Move[]): DocumentPath {
  const weight = ({ from, whole }: Move): number => 2 * from.length + (whole === true ? 1 : 0);
  const [best] = moves.filter((move) => fits(path, move)).toSorted((left, right) => weight(right) - weight(left));
  if (best === undefined) return path;
  const further = moves.filter(({ from }) => from.length < best.from.length);
  return writtenPath([...best.to, ...path.slice(best.from.length)], further);
}

function fits(path: DocumentPath, { from, whole }: Move): boolean {
  return from.length <= path.length && (whole !== true || from.length === path.length) && from.every((key, index) => key === path[index]);
}
