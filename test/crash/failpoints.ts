import { readFiles } from "../support/source-files.ts";

/** The names of all failpoints in folders of the sources. */
export function failpointsIn(folders: readonly string[]): readonly string[] {
  return readFiles(folders, [".ts"]).flatMap(({ text }) => [...text.matchAll(/\bfailpoint\("([^"]+)"\)/g)].map(([, name]) => name ?? ""));
}
