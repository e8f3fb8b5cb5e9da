/** What another process may ask of the owner. Everything else it reads from the file itself. */
import type { ErrorCode } from "../../base/codes.ts";
import type { RunRef, Tenant } from "../../base/ids.ts";
import type { Json } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import type { DefineOptions, PostedInput, PostReceipt, StartReceipt, StartRequest } from "../../ports/host.ts";

export type ControlRequest =
  | { readonly kind: "ping" }
  | { readonly kind: "define"; readonly tenant: Tenant; readonly definition: Definition; readonly options?: DefineOptions }
  | { readonly kind: "start"; readonly request: StartRequest }
  | { readonly kind: "post"; readonly run: RunRef; readonly input: PostedInput }
  | { readonly kind: "release"; readonly run: RunRef }
  | { readonly kind: "moveCursor"; readonly tenant: Tenant; readonly name: string; readonly position: Json };

export type ControlAnswers = {
  readonly ping: { readonly pid: number };
  readonly define: { readonly fingerprint: string };
  readonly start: StartReceipt;
  readonly post: PostReceipt;
  readonly release: Record<string, never>;
  readonly moveCursor: Record<string, never>;
};

export type ControlFailure = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly help: string | null;
  readonly retryable: boolean;
};

export const CONTROL_PATH = "/control";
export const CONTROL_TIMEOUT_MS = 30_000;
