import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { TuttiError } from "../../base/errors.ts";
import { MAX_DEFINITION_BYTES } from "../../base/limits.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { checkAgents } from "../../definition/check.ts";
import type { Definition } from "../../definition/definition.ts";
import { readDocument } from "./document.ts";
import { type FileProblem, inOrder } from "./problem.ts";
import { readDefinition } from "./read-definition.ts";

/** A workflow file that can run. */
export type LoadedFile = {
  readonly definition: Definition;
  /** As it was given, for messages. */
  readonly file: string;
  /** Absolute; `module: ./x.ts` is found from here. */
  readonly baseDirectory: string;
};

export type LoadOptions = {
  /** Agents that are declared elsewhere. When given, agents that nobody declares are problems (T1302). */
  readonly agents?: readonly string[];
};

/** Reads a workflow from YAML or JSON (workflow-language.md). All problems are found at once. */
export function loadText(text: string, file: string, options: LoadOptions = {}): Result<Definition, readonly FileProblem[]> {
  const document = readDocument(text, file);
  if (!document.ok) return err([document.error]);
  const { definition, problems, asWritten } = readDefinition(document.value.value, options.agents);
  if (definition === null) return err(inOrder(problems.map(document.value.place)));
  const unknown = options.agents === undefined ? [] : asWritten(checkAgents(definition, options.agents));
  return unknown.length === 0 ? ok(definition) : err(inOrder(unknown.map(document.value.place)));
}

/** Reads a workflow file. Throws a `TuttiError` T1001 when there is no file to read; what is wrong in it is the result. */
export async function loadFile(path: string, options: LoadOptions = {}): Promise<Result<LoadedFile, readonly FileProblem[]>> {
  const loaded = loadText(await readWorkflowText(path), path, options);
  if (!loaded.ok) return loaded;
  return ok({ definition: loaded.value, file: path, baseDirectory: dirname(resolve(path)) });
}

/** The text of a workflow file, of a size that can be a definition. */
export async function readWorkflowText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    // A little over the limit is enough for the loader to say so; the rest is not worth its memory.
    if (size > 4 * MAX_DEFINITION_BYTES) {
      throw new TuttiError("T1003", `The file ${path} has ${size} bytes; the limit is ${MAX_DEFINITION_BYTES}.`, {
        help: "Keep data out of the definition: give it as input.",
      });
    }
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof TuttiError) throw cause;
    throw new TuttiError("T1001", `The file ${path} cannot be read: ${reasonOf(cause)}.`, {
      help: "Give the path of a workflow file, such as report.tutti.yaml.",
      details: { file: path },
      cause,
    });
  }
}

function reasonOf(cause: unknown): string {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : null;
  switch (code) {
    case "ENOENT":
      return "it does not exist";
    case "EACCES":
    case "EPERM":
      return "it may not be read by this user";
    case "EISDIR":
      return "it is a directory";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
