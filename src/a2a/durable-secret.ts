import { randomBytes } from "node:crypto";

import { DEFAULT_TENANT } from "../base/ids.ts";
import type { Host } from "../ports/host.ts";

/** A secret of this database that nobody else knows: made at its first use, the same ever after. */
export async function durableSecret(host: Host, name: string): Promise<Buffer> {
  const kept = await host.cursor(DEFAULT_TENANT, name);
  if (typeof kept === "string") return Buffer.from(kept, "base64url");
  const secret = randomBytes(32);
  await host.moveCursor(DEFAULT_TENANT, name, secret.toString("base64url"));
  return secret;
}
