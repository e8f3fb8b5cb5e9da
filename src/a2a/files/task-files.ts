/**
 * The files of a task on their way to its caller (design.md, fact 11). A run knows a file by its
 * reference, which is of no use to others: here its content, or an address for it, takes its place.
 *
 * 1. What is given in is never changed, since all readers of a task share it.
 * 2. One answer has so many bytes of files in it and no more; further files have an address. Where the
 *    server has no address that callers know, a file that does not fit stays a reference.
 * 3. What the caller said itself stays as it was said.
 * 4. A reference inside a larger value stays, and the file comes after it, as a part whose metadata has
 *    the same `payload`.
 */
import { type Artifact, type Message, type Part, Role, type StreamResponse, type Task } from "@a2a-js/sdk";

import type { Tenant } from "../../base/ids.ts";
import type { Json } from "../../base/json.ts";
import { MAX_ANSWER_FILE_BYTES, MAX_INLINE_FILE_BYTES } from "../../base/limits.ts";
import type { Host } from "../../ports/host.ts";
import { type FileReference, filesIn, isOnlyFile } from "./file-reference.ts";
import type { FileUrls } from "./file-urls.ts";

/** `isWhole`: the value is the reference, and nothing else. */
type Found = { readonly isWhole: boolean; readonly files: readonly FileReference[] };

const NONE: Found = { isWhole: false, files: [] };

/** One answer: how many bytes of files still fit into it. */
type Answer = { readonly tenant: Tenant; leftBytes: number };

export class TaskFiles {
  readonly #host: Host;
  readonly #urls: FileUrls | null;
  /** Parts are made once and told often. */
  readonly #foundIn = new WeakMap<Part, Found>();

  constructor(parts: { readonly host: Host; readonly urls: FileUrls | null }) {
    this.#host = parts.host;
    this.#urls = parts.urls;
  }

  task(tenant: Tenant, task: Task): Promise<Task> {
    return this.#task(this.#answer(tenant), task);
  }

  tasks(tenant: Tenant, tasks: readonly Task[]): Promise<Task[]> {
    const answer = this.#answer(tenant);
    return inTurn(tasks, (task) => this.#task(answer, task));
  }

  message(tenant: Tenant, message: Message): Promise<Message> {
    return this.#withParts(this.#answer(tenant), message);
  }

  async event(tenant: Tenant, event: StreamResponse): Promise<StreamResponse> {
    const { payload } = event;
    const answer = this.#answer(tenant);
    switch (payload?.$case) {
      case "task":
        return { payload: { $case: "task", value: await this.#task(answer, payload.value) } };
      case "message":
        return { payload: { $case: "message", value: await this.#withParts(answer, payload.value) } };
      case "statusUpdate": {
        const status = await this.#status(answer, payload.value.status);
        return status === payload.value.status ? event : { payload: { $case: "statusUpdate", value: { ...payload.value, status } } };
      }
      case "artifactUpdate": {
        const { artifact } = payload.value;
        const filled = artifact === undefined ? artifact : await this.#withParts(answer, artifact);
        return filled === artifact ? event : { payload: { $case: "artifactUpdate", value: { ...payload.value, artifact: filled } } };
      }
      case undefined:
        return event;
    }
  }

  #answer(tenant: Tenant): Answer {
    return { tenant, leftBytes: this.#urls === null ? MAX_INLINE_FILE_BYTES : MAX_ANSWER_FILE_BYTES };
  }

  /** Results first: they are what the caller wants. */
  async #task(answer: Answer, task: Task): Promise<Task> {
    if (!this.#hasFiles(task)) return task;
    const artifacts = await inTurn(task.artifacts, (artifact) => this.#withParts(answer, artifact));
    const status = await this.#status(answer, task.status);
    const history = await inTurn(task.history, async (message) =>
      message.role === Role.ROLE_USER ? message : this.#withParts(answer, message),
    );
    return { ...task, artifacts, status, history };
  }

  /** Most tasks have none, and then nothing of them is made anew. */
  #hasFiles({ artifacts, status, history }: Task): boolean {
    const hasFile = ({ parts }: Artifact | Message): boolean => parts.some((part) => this.#look(part).files.length > 0);
    return artifacts.some(hasFile) || history.some(hasFile) || (status?.message !== undefined && hasFile(status.message));
  }

  async #status(answer: Answer, status: Task["status"]): Promise<Task["status"]> {
    if (status?.message === undefined) return status;
    const message = await this.#withParts(answer, status.message);
    return message === status.message ? status : { ...status, message };
  }

  async #withParts<Holder extends Artifact | Message>(answer: Answer, holder: Holder): Promise<Holder> {
    if (holder.parts.every((part) => this.#look(part).files.length === 0)) return holder;
    const parts = await inTurn(holder.parts, (part) => this.#fill(answer, part));
    return { ...holder, parts: parts.flat() };
  }

  #look(part: Part): Found {
    if (part.content?.$case !== "data") return NONE;
    const known = this.#foundIn.get(part);
    if (known !== undefined) return known;
    const value: Json = part.content.value ?? null;
    const found: Found = { isWhole: isOnlyFile(value), files: filesIn(value) };
    this.#foundIn.set(part, found);
    return found;
  }

  async #fill(answer: Answer, part: Part): Promise<Part[]> {
    const { isWhole, files } = this.#look(part);
    const filled: Part[] = [];
    for (const file of files) {
      const content = await this.#contentOf(answer, file);
      if (content === null) continue;
      const metadata = isWhole ? part.metadata : { payload: file.payload };
      filled.push({ content, metadata, filename: file.name, mediaType: file.mediaType });
    }
    return isWhole && filled.length > 0 ? filled : [part, ...filled];
  }

  /** Null when there is no way to give it. */
  async #contentOf(answer: Answer, file: FileReference): Promise<Part["content"] | null> {
    const content = file.bytes <= answer.leftBytes ? await this.#host.getPayload(answer.tenant, file.payload) : null;
    if (content !== null && content.byteLength <= answer.leftBytes) {
      answer.leftBytes -= content.byteLength;
      return { $case: "raw", value: Buffer.from(content) };
    }
    return this.#urls === null ? null : { $case: "url", value: this.#urls.urlFor(answer.tenant, file) };
  }
}

/** One after the other: what is given first fits first. */
async function inTurn<Item, Made>(items: readonly Item[], make: (item: Item) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = [];
  for (const item of items) made.push(await make(item));
  return made;
}
