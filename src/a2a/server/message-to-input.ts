/**
 * The input of a workflow in a message (issue 4, Mapping).
 *
 * - Data parts are the input. Several are put together: the keys of each, none twice.
 * - Text is the value of the input's text field, unless the data has it: the only required text, else
 *   the first of TEXT_FIELDS that the schema has, else the only text that it has. An input that is a
 *   text itself is the text. Without a schema it is `text`. Where there is no such field, text that
 *   is a JSON object is read as data.
 * - Files are the input's `files`, a list, or its `file`, when it has one of these.
 *
 * What does not fit is refused with what is expected: nothing is guessed, and nothing is dropped but
 * the words beside data that has no place for them, which stay in the task's history.
 */
import type { Message } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_SCHEMA_TOLD_CHARACTERS } from "../../base/limits.ts";
import type { Definition, JsonSchema } from "../../definition/definition.ts";
import { prepareInput } from "../../definition/run-input.ts";
import { takesFilesAs } from "../wire/input-modes.ts";
import { dataOf, jsonFromWire, textOf } from "../wire/wire.ts";
import { keepFiles } from "./keep-files.ts";
import type { Intake } from "./served-thing.ts";

const TEXT_FIELDS = ["text", "message", "prompt", "goal", "question", "query", "request", "instruction", "topic"];

export async function messageToInput(definition: Definition, message: Message, intake: Intake): Promise<Json> {
  // A message that is refused leaves no file behind, which nothing would ever take away again.
  const prepared = prepareInput(definition, await inputOf(definition, message, { ...intake, keepFile: noFile }));
  if (prepared.ok) return inputOf(definition, message, intake);
  const { details, message: sentence } = prepared.error;
  const problems = isJsonObject(details) && Array.isArray(details["problems"]) ? details["problems"] : [];
  throw misfit(
    definition,
    sentence,
    problems.filter((problem) => typeof problem === "string"),
  );
}

/** In the place of a file's name, as long as that is. */
const noFile = (): Promise<string> => Promise.resolve("0".repeat(64));

async function inputOf(definition: Definition, message: Message, intake: Intake): Promise<Json> {
  const { input: schema } = definition;
  const data = dataOf(message.parts);
  const text = textOf(message.parts);
  const files = await keepFiles(message, intake);
  const [only] = data;
  if (data.length === 1 && only !== undefined && !isJsonObject(only) && files.length === 0) return only;
  if (data.length === 0 && text !== undefined && files.length === 0 && isText(schema)) return text;
  const given = joined(definition, data);
  const said = { ...given, ...textAsField(definition, given, text) };
  return { ...said, ...filesAsField(definition, said, files) };
}

function joined(definition: Definition, data: readonly Json[]): JsonObject {
  const all: Record<string, Json> = {};
  for (const part of data) {
    if (!isJsonObject(part)) throw misfit(definition, "Beside other parts, a data part must be an object.");
    for (const [key, value] of Object.entries(part)) {
      if (Object.hasOwn(all, key)) throw misfit(definition, `Two data parts of the message have "${key}".`);
      all[key] = value;
    }
  }
  return all;
}

function textAsField(definition: Definition, given: JsonObject, text: string | undefined): JsonObject {
  if (text === undefined) return {};
  const field = textFieldOf(definition.input);
  if (field !== null) return Object.hasOwn(given, field) ? {} : { [field]: text };
  const isAlone = Object.keys(given).length === 0;
  const parsed = isAlone ? parsedObject(text) : null;
  if (parsed !== null) return parsed;
  if (isAlone) throw misfit(definition, `Workflow "${definition.name}" has no place for a text alone; give its input as a data part.`);
  return {};
}

function filesAsField(definition: Definition, given: JsonObject, files: readonly JsonObject[]): JsonObject {
  const [first] = files;
  if (first === undefined) return {};
  const takes = (field: "files" | "file"): boolean => takesFilesAs(definition.input, field) && !Object.hasOwn(given, field);
  if (takes("files")) return { files };
  if (takes("file") && files.length === 1) return { file: first };
  throw misfit(definition, `The input of workflow "${definition.name}" has no place for the files of the message.`);
}

/** The field that takes the text of a message; null when there is none. */
export function textFieldOf(schema: JsonSchema | null): string | null {
  if (!isJsonObject(schema)) return "text";
  const properties = propertiesOf(schema);
  const texts = Object.keys(properties).filter((name) => isText(properties[name] ?? null));
  const { required } = schema;
  const needed = required !== undefined && isJsonArray(required) ? texts.filter((name) => required.includes(name)) : [];
  if (needed.length === 1) return needed[0] ?? null;
  return TEXT_FIELDS.find((name) => texts.includes(name)) ?? (texts.length === 1 ? (texts[0] ?? null) : null);
}

function propertiesOf(schema: JsonSchema | null): JsonObject {
  const properties = isJsonObject(schema) ? schema["properties"] : undefined;
  return isJsonObject(properties) ? properties : {};
}

function isText(schema: Json): boolean {
  const type = isJsonObject(schema) ? schema["type"] : undefined;
  return type === "string" || (type !== undefined && isJsonArray(type) && type.includes("string"));
}

function parsedObject(text: string): JsonObject | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const parsed = jsonFromWire(JSON.parse(text));
    return isJsonObject(parsed) ? parsed : null;
  } catch {
    // Words that begin like an object are words.
    return null;
  }
}

/** What is wrong, and what is expected: the schema goes along as a detail. */
function misfit({ name, input }: Definition, sentence: string, problems: readonly string[] = []): RequestMalformedError {
  const schema = input === null ? "" : JSON.stringify(input);
  const metadata: { [name: string]: string } = { workflow: name };
  if (problems.length > 0) metadata["problems"] = problems.join(" ");
  if (schema !== "" && schema.length <= MAX_SCHEMA_TOLD_CHARACTERS) metadata["input_schema"] = schema;
  const expected = schema === "" || schema.length > MAX_SCHEMA_TOLD_CHARACTERS ? "" : ` Its input must fit ${schema}`;
  return new RequestMalformedError({ message: `${sentence}${expected}`, metadata });
}
