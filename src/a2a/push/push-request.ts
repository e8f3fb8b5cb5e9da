import { createHash } from "node:crypto";

import { A2A_CONTENT_TYPE, A2A_VERSION_HEADER, StreamResponse, Task } from "@a2a-js/sdk";
import { SignJWT } from "jose";

import type { RunRef } from "../../base/ids.ts";
import type { JsonObject } from "../../base/json.ts";
import { PUSH_SIGNATURE_MS } from "../../base/limits.ts";
import type { SigningKey } from "../card/signing-key.ts";
import { LEGACY_VERSION } from "../legacy/legacy.ts";
import { toLegacyTask } from "../legacy/to-legacy.ts";
import { PROTOCOL_VERSION } from "../wire/wire.ts";
import type { ToldEvent } from "./push-feed.ts";
import type { PushTarget } from "./push-target.ts";

/** Who signs notifications: a receiver finds the key by `issuer` and checks what it gets. */
export type PushSigner = { readonly key: SigningKey; readonly issuer: string };

/** Where a receiver finds the token of its config (A2A 4.3.3), and our signature. */
export const TOKEN_HEADER = "x-a2a-notification-token";
export const SIGNATURE_HEADER = "x-a2a-notification-jwt";

export type PushRequest = { readonly headers: { readonly [name: string]: string }; readonly body: string };

/**
 * A notification (A2A 4.3.3): the event as ProtoJSON, or the task for one who speaks 0.3. `webhook-id` names the event, and is the same
 * whenever the same event is sent again. With a signer there is a JWT over the event's id, its task,
 * its receiver and the SHA-256 of the body (reliability.md 5.1); where a config names no credentials
 * of its own, it also stands in `authorization`.
 */
export async function pushRequest(push: {
  readonly run: RunRef;
  readonly target: PushTarget;
  readonly told: ToldEvent;
  readonly signer: PushSigner | null;
  readonly now: number;
}): Promise<PushRequest> {
  const { run, target, told, signer, now } = push;
  const { contentType, version, content } = target.version === undefined ? current(told) : legacy(told);
  const body = JSON.stringify(content);
  const id = `${run.id}/${told.id}`;
  const jwt = signer === null ? null : await signed(signer, { id, taskId: run.id, audience: target.url, body, now });
  const authorization = authorizationOf(target, jwt);
  const headers = {
    "content-type": contentType,
    [A2A_VERSION_HEADER]: version,
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now / 1000)),
    ...told.trace,
    ...(target.token === "" ? {} : { [TOKEN_HEADER]: target.token }),
    ...(jwt === null ? {} : { [SIGNATURE_HEADER]: jwt }),
    ...(authorization === null ? {} : { authorization }),
  };
  return { headers, body };
}

type Content = { readonly contentType: string; readonly version: string; readonly content: unknown };

function current({ event }: ToldEvent): Content {
  return { contentType: A2A_CONTENT_TYPE, version: PROTOCOL_VERSION, content: StreamResponse.toJSON(event) };
}

/** A2A 0.3 sends the whole task, whatever happened (0.3, 9.5). */
function legacy({ task }: ToldEvent): Content {
  const content = toLegacyTask(Task.toJSON(task()) as JsonObject, "schema");
  return { contentType: "application/json", version: LEGACY_VERSION, content };
}

function authorizationOf({ scheme, credentials }: PushTarget, jwt: string | null): string | null {
  if (credentials !== "") return `${scheme} ${credentials}`;
  return jwt === null ? null : `Bearer ${jwt}`;
}

type Claims = {
  readonly id: string;
  readonly taskId: string;
  readonly audience: string;
  readonly body: string;
  readonly now: number;
};

function signed({ key, issuer }: PushSigner, { id, taskId, audience, body, now }: Claims): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({ taskId, body_sha256: createHash("sha256").update(body).digest("base64url") })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setJti(id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + PUSH_SIGNATURE_MS / 1000)
    .sign(key.privateKey);
}
