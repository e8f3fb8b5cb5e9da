import type { TaskPushNotificationConfig } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import { MAX_PUSH_SECRET_LENGTH } from "../../base/limits.ts";
import type { PushAddresses } from "./push-addresses.ts";

/** Where a config wants its notifications, and what they carry to be believed. Empty texts: nothing of the kind. */
export type PushTarget = {
  readonly url: string;
  readonly token: string;
  readonly scheme: string;
  readonly credentials: string;
  /** The version of A2A that its owner speaks; absent: 1.0. */
  readonly version?: "0.3";
};

/** An HTTP authentication scheme is a token (RFC 9110, 11.1). */
const SCHEME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
/** What a header field can hold, so that no secret can add a header. */
const FIELD = /^[\x20-\x7e]*$/;

/** Reads a config as it comes from a caller. Throws `RequestMalformedError`, which repeats no secret. */
export function readTarget(config: TaskPushNotificationConfig, addresses: PushAddresses): PushTarget {
  addresses.check(config.url);
  const { scheme = "", credentials = "" } = config.authentication ?? {};
  checkSecret("token", config.token);
  checkSecret("authentication.credentials", credentials);
  if (scheme !== "" && !SCHEME.test(scheme)) throw refused("authentication.scheme is not an HTTP scheme, such as Bearer");
  if (scheme === "" && credentials !== "") throw refused("authentication.credentials need authentication.scheme, such as Bearer");
  return { url: config.url, token: config.token, scheme, credentials };
}

/** A config as its owner may read it again: secrets can be written only (reliability.md 5.1). */
export function toWireConfig(taskId: string, id: string, { url, scheme }: PushTarget): TaskPushNotificationConfig {
  return { tenant: "", id, taskId, url, token: "", authentication: scheme === "" ? undefined : { scheme, credentials: "" } };
}

export function withoutSecrets(target: PushTarget): PushTarget {
  return { ...target, token: "", credentials: "" };
}

function checkSecret(name: string, text: string): void {
  if (text.length > MAX_PUSH_SECRET_LENGTH) throw refused(`${name} is longer than ${MAX_PUSH_SECRET_LENGTH} characters`);
  if (!FIELD.test(text)) throw refused(`${name} has characters that no header can hold`);
}

function refused(what: string): Error {
  return new RequestMalformedError(`The push notification config cannot be used: ${what}.`);
}
