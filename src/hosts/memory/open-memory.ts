import { MailboxHost, type MailboxHostOptions } from "../mailbox/mailbox-host.ts";
import { MemoryStore } from "./memory-store.ts";

/** A host without a disk: for tests and simulation. A host on the store of another is a restart of it. */
export function openMemory(options: MailboxHostOptions & { readonly store?: MemoryStore }): MailboxHost {
  return new MailboxHost(options.store ?? new MemoryStore(), options);
}
