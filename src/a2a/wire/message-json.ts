/**
 * Messages from ProtoJSON. The SDK's decoder takes a data part whose value is null for a part without
 * content; null is a JSON value like any other, and our own answers hold it.
 */
import { Message, SendMessageRequest } from "@a2a-js/sdk";

import { isJsonObject, type JsonObject } from "../../base/json.ts";

export function messageFromJson(json: JsonObject): Message {
  const message = Message.fromJSON(json);
  const written: unknown = json["parts"];
  if (!Array.isArray(written)) return message;
  const parts = message.parts.map((part, index) => {
    const from: unknown = written[index];
    const isNull = part.content === undefined && isJsonObject(from) && from["data"] === null;
    return isNull ? { ...part, content: { $case: "data" as const, value: null } } : part;
  });
  return { ...message, parts };
}

export function sendRequestFromJson(params: JsonObject): SendMessageRequest {
  const request = SendMessageRequest.fromJSON(params);
  const { message } = params;
  return isJsonObject(message) ? { ...request, message: messageFromJson(message) } : request;
}
