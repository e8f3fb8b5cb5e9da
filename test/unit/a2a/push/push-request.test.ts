import { TaskState } from "@a2a-js/sdk";
import { createHash, generateKeyPairSync } from "node:crypto";

import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { expect, test } from "vitest";

import { jwks, readSigningKey } from "../../../../src/a2a/card/signing-key.ts";
import { pushRequest } from "../../../../src/a2a/push/push-request.ts";
import type { PushTarget } from "../../../../src/a2a/push/push-target.ts";
import { runOf } from "../../hosts/database-folder.ts";

const PEMS = {
  EdDSA: generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
};
const NOW = Date.UTC(2026, 0, 5, 8);
const TARGET: PushTarget = { url: "https://hooks.example.com/a2a", token: "t", scheme: "", credentials: "" };
const TASK = {
  id: "t1",
  contextId: "c1",
  status: { state: TaskState.TASK_STATE_INPUT_REQUIRED, message: undefined, timestamp: "2026-01-05T08:00:00.000Z" },
  artifacts: [],
  history: [],
  metadata: undefined,
};
const TOLD = {
  id: "7.1",
  trace: {},
  task: () => TASK,
  event: { payload: { $case: "statusUpdate", value: { taskId: "t1", contextId: "c1", status: undefined, metadata: undefined } } },
} as const;

function keyOf(alg: keyof typeof PEMS) {
  return readSigningKey("KEY", () => PEMS[alg]);
}

test.each(["EdDSA", "ES256"] as const)("a receiver verifies a notification by our key set: %s", async (alg) => {
  const key = keyOf(alg);
  const signer = { key, issuer: "https://agent.example.com" };
  const { headers, body } = await pushRequest({ run: runOf("t1"), target: TARGET, told: TOLD, signer, now: NOW });
  const keys = createLocalJWKSet(jwks([key]) as unknown as JSONWebKeySet);
  const { payload, protectedHeader } = await jwtVerify(headers["x-a2a-notification-jwt"] ?? "", keys, {
    issuer: "https://agent.example.com",
    audience: TARGET.url,
    currentDate: new Date(NOW + 60_000),
  });
  expect(protectedHeader).toMatchObject({ alg, kid: key.kid });
  expect(payload).toMatchObject({
    jti: "t1/7.1",
    taskId: "t1",
    iat: NOW / 1000,
    exp: NOW / 1000 + 300,
    body_sha256: createHash("sha256").update(body).digest("base64url"),
  });
  expect(headers["authorization"]).toBe(`Bearer ${headers["x-a2a-notification-jwt"]}`);
  await expect(jwtVerify(headers["x-a2a-notification-jwt"] ?? "", keys, { currentDate: new Date(NOW + 301_000) })).rejects.toThrow("exp");
});

test("credentials of the config's own stay in the authorization header, beside the signature", async () => {
  const target = { ...TARGET, scheme: "Basic", credentials: "YTpi" };
  const signer = { key: keyOf("EdDSA"), issuer: "https://agent.example.com" };
  const { headers } = await pushRequest({ run: runOf("t1"), target, told: TOLD, signer, now: NOW });
  expect(headers["authorization"]).toBe("Basic YTpi");
  expect(headers["x-a2a-notification-jwt"]).toBeDefined();
});

test("without a key nothing is signed, and the same event has the same id and body at any time", async () => {
  const first = await pushRequest({ run: runOf("t1"), target: TARGET, told: TOLD, signer: null, now: NOW });
  const later = await pushRequest({ run: runOf("t1"), target: TARGET, told: TOLD, signer: null, now: NOW + 60_000 });
  expect(first.headers).toEqual({
    "content-type": "application/a2a+json",
    "A2A-Version": "1.0",
    "webhook-id": "t1/7.1",
    "webhook-timestamp": String(NOW / 1000),
    "x-a2a-notification-token": "t",
  });
  expect([later.body, later.headers["webhook-id"]]).toEqual([first.body, "t1/7.1"]);
  expect(JSON.parse(first.body)).toEqual({ statusUpdate: { taskId: "t1", contextId: "c1" } });
});

test("a notification for a client of 0.3 is the whole task, in the words of 0.3", async () => {
  const target = { ...TARGET, version: "0.3" } as const;
  const { headers, body } = await pushRequest({ run: runOf("t1"), target, told: TOLD, signer: null, now: NOW });
  expect(headers).toMatchObject({ "content-type": "application/json", "A2A-Version": "0.3", "x-a2a-notification-token": "t" });
  expect(JSON.parse(body)).toEqual({
    kind: "task",
    id: "t1",
    contextId: "c1",
    status: { state: "input-required", timestamp: "2026-01-05T08:00:00.000Z" },
  });
});
