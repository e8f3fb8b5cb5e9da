/**
 * Addresses of files for whoever gets one: an answer names a file that is too large to be inside it by
 * an address of ours, which is good for a while (design.md, fact 11).
 *
 * It owns nothing but a key that is kept in the host, so that addresses survive a restart.
 *
 * 1. An address is a secret: it says which content it is for, and until when, and our key alone can make
 *    one. Whoever holds it needs no other credentials.
 * 2. What is served is not believed: no browser shows it, or guesses what it is.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

import type { Tenant } from "../../base/ids.ts";
import { FILE_URL_MS, MAX_FILE_NAME_LENGTH } from "../../base/limits.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import type { Host } from "../../ports/host.ts";
import { durableSecret } from "../durable-secret.ts";
import type { FileReference } from "./file-reference.ts";

/** Where files are, below the server's own address. */
export const FILES_PATH = "/a2a/files/";

/** What an address says, in this order. */
type Claims = readonly [tenant: string, payload: string, expiresAt: number, mediaType: string, name: string];

const ADDRESS = /^([\w-]+)\.([\w-]{43})$/;
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

export class FileUrls {
  readonly #host: Host;
  readonly #key: Buffer;
  readonly #url: string;
  readonly #clock: Clock;

  /** `url`: this server as others reach it. */
  static async open(options: { readonly host: Host; readonly url: string; readonly clock?: Clock }): Promise<FileUrls> {
    const { host, url, clock = systemClock } = options;
    return new FileUrls(host, await durableSecret(host, "file-url-key"), url, clock);
  }

  private constructor(host: Host, key: Buffer, url: string, clock: Clock) {
    this.#host = host;
    this.#key = key;
    this.#url = url.replace(/\/+$/, "");
    this.#clock = clock;
  }

  /** Good for at least an hour. The same for all who ask within the same hour. */
  urlFor(tenant: Tenant, { payload, mediaType, name }: FileReference): string {
    const expiresAt = (Math.ceil(this.#clock.now() / FILE_URL_MS) + 1) * FILE_URL_MS;
    const type = MEDIA_TYPE.test(mediaType) ? mediaType : "application/octet-stream";
    const claims: Claims = [tenant, payload, expiresAt, type, name.toWellFormed().slice(0, MAX_FILE_NAME_LENGTH).toWellFormed()];
    const text = Buffer.from(JSON.stringify(claims)).toString("base64url");
    return `${this.#url}${FILES_PATH}${text}.${this.#mac(text).toString("base64url")}`;
  }

  /** Answers one request for a file. */
  async handle(request: Request): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD")
      return refusal(405, "A file is only there to be read.", { allow: "GET, HEAD" });
    const claims = this.#read(new URL(request.url).pathname.split("/").at(-1) ?? "");
    if (claims === null) return refusal(403, "This is no address of a file here.");
    const [tenant, payload, expiresAt, mediaType, name] = claims;
    const leftMs = expiresAt - this.#clock.now();
    if (leftMs <= 0) return refusal(403, "The address of the file has expired; ask for its task again.");
    // The tenant was one when we signed it.
    const content = await this.#host.getPayload(tenant as Tenant, payload);
    if (content === null) return refusal(404, "The file is not kept any more.");
    const headers = {
      "content-type": mediaType,
      "content-length": String(content.byteLength),
      "content-disposition": `attachment; filename*=UTF-8''${encodeName(name)}`,
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
      "cache-control": `private, max-age=${Math.floor(leftMs / 1_000)}`,
    };
    return new Response(request.method === "HEAD" ? null : new Uint8Array(content), { headers });
  }

  #read(address: string): Claims | null {
    const [, text, mac] = ADDRESS.exec(address) ?? [];
    if (text === undefined || mac === undefined || !timingSafeEqual(Buffer.from(mac, "base64url"), this.#mac(text))) return null;
    // Nobody but we can have written it.
    return JSON.parse(Buffer.from(text, "base64url").toString()) as Claims;
  }

  #mac(text: string): Buffer {
    return createHmac("sha256", this.#key).update(text).digest();
  }
}

/** As RFC 8187 has it, which leaves fewer characters as they are than URLs do. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function refusal(status: number, message: string, headers: { readonly [name: string]: string } = {}): Response {
  return Response.json({ error: { code: status, message } }, { status, headers: { ...headers, "cache-control": "no-store" } });
}
