import { isJsonObject, type JsonObject } from "../base/json.ts";
import { objectIn, textIn } from "./messages.ts";

/** An answer of an agent that is not what A2A says, in one of six ways. */
export function garbled(text: string, way: number): string {
  if (way === 1) return "<html>It works!</html>";
  const answer: unknown = JSON.parse(text);
  if (!isJsonObject(answer) || way === 2) return "7";
  if (way === 3) return JSON.stringify({ ...answer, result: {} });
  const result = objectIn(answer, "result");
  const task = "task" in result ? objectIn(result, "task") : result;
  const changed = { ...task, ...changeOf(task, way) };
  return JSON.stringify({ ...answer, result: "task" in result ? { task: changed } : changed });
}

function changeOf(task: JsonObject, way: number): JsonObject {
  if (way === 4) return { id: 7 };
  return way === 5 ? { id: `not-${textIn(task, "id")}` } : { status: { state: "TASK_STATE_DANCING" } };
}
