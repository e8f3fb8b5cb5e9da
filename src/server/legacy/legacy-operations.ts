/** The operations of A2A 0.3 in those of 1.0: how their parameters and their results are told. Pure. */
import { fromLegacyPushConfig, fromLegacySendRequest } from "../../a2a/legacy/from-legacy.ts";
import { toLegacyCard } from "../../a2a/legacy/legacy-card.ts";
import { compact, type LegacyForm } from "../../a2a/legacy/legacy.ts";
import { toLegacyEvent, toLegacyPushConfig, toLegacyTask } from "../../a2a/legacy/to-legacy.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import type { StreamName, UnaryName } from "../http/operations.ts";

/** The parameters of an operation as 1.0 has them. Throws `InvalidFieldsError`. */
export function toCurrentParams(operation: UnaryName | StreamName, params: JsonObject, form: LegacyForm): JsonObject {
  switch (operation) {
    case "SendMessage":
    case "SendStreamingMessage":
      return fromLegacySendRequest(params, form);
    case "CreateTaskPushNotificationConfig":
      return fromLegacyPushConfig(params);
    case "GetTask":
    case "ListTasks":
    case "CancelTask":
    case "SubscribeToTask":
    case "GetTaskPushNotificationConfig":
    case "ListTaskPushNotificationConfigs":
    case "DeleteTaskPushNotificationConfig":
    case "GetExtendedAgentCard":
      return params;
  }
}

/** The result of an operation as 0.3 has it. */
export function toLegacyResult(operation: UnaryName, result: JsonObject, form: LegacyForm): Json {
  const isSchema = form === "schema";
  switch (operation) {
    case "SendMessage":
      return toLegacyEvent(result, form);
    case "GetTask":
    case "CancelTask":
      return toLegacyTask(result, form);
    case "ListTasks":
      return objectsIn(result["tasks"]).map((task) => toLegacyTask(task, form));
    case "CreateTaskPushNotificationConfig":
    case "GetTaskPushNotificationConfig":
      return toLegacyPushConfig(result, form);
    case "ListTaskPushNotificationConfigs": {
      const configs = objectsIn(result["configs"]).map((config) => toLegacyPushConfig(config, form));
      return isSchema ? configs : compact({ configs, nextPageToken: result["nextPageToken"] || undefined });
    }
    case "DeleteTaskPushNotificationConfig":
      return isSchema ? null : {};
    case "GetExtendedAgentCard":
      return toLegacyCard(result, form) ?? result;
  }
}

function objectsIn(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
