import { TuttiError } from "../../base/errors.ts";
import { CONTROL_PATH, CONTROL_TIMEOUT_MS, type ControlAnswers, type ControlFailure, type ControlRequest } from "./control-protocol.ts";
import { nodeHttp } from "./node-http.ts";
import type { OwnerAddress } from "./owner.ts";

/** Asks the owner of a database to do something. Loopback only: the address comes from a file beside the database. */
export async function askOwner<Kind extends ControlRequest["kind"]>(
  owner: OwnerAddress,
  asked: Extract<ControlRequest, { kind: Kind }>,
): Promise<ControlAnswers[Kind]> {
  const { status, body } = await exchange(owner, JSON.stringify(asked));
  if (status === 200) return JSON.parse(body) as ControlAnswers[Kind];
  // A refusal is 400; anything else comes from somebody who has the port by now.
  if (status !== 400) throw notTheOwner(owner);
  const failure = JSON.parse(body) as ControlFailure;
  throw new TuttiError(failure.code, failure.message, {
    retryable: failure.retryable,
    ...(failure.help === null ? {} : { help: failure.help }),
  });
}

/** True when the process at the address is alive and is the owner. */
export async function isOwnerAlive(owner: OwnerAddress): Promise<boolean> {
  try {
    await askOwner(owner, { kind: "ping" });
    return true;
  } catch {
    // Whatever went wrong, there is nobody to talk to; the lock says whether there is an owner.
    return false;
  }
}

function exchange(owner: OwnerAddress, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${owner.token}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const request = nodeHttp.request(
      `${owner.url}${CONTROL_PATH}`,
      { method: "POST", headers, timeout: CONTROL_TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
        response.on("error", reject);
      },
    );
    request.on("timeout", () => request.destroy(new Error(`no answer within ${CONTROL_TIMEOUT_MS} ms`)));
    request.on("error", (error) => reject(unreachable(owner, error)));
    request.end(body);
  });
}

function unreachable(owner: OwnerAddress, cause: Error): TuttiError {
  return new TuttiError("T5011", `The owner of the database (process ${owner.pid}) does not answer at ${owner.url}: ${cause.message}.`, {
    help: "It may be ending; try again in a moment.",
    retryable: true,
    cause,
  });
}

function notTheOwner(owner: OwnerAddress): TuttiError {
  return new TuttiError("T5011", `The process at ${owner.url} is not the owner of this database any more.`, {
    help: "Try again in a moment.",
    retryable: true,
  });
}
