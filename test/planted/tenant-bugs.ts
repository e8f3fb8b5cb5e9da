/** Holes in the wall between two tenants: something is found, named or counted by a run's id alone. */
import type { PlantedBug } from "./planted-bug.ts";

export const TENANT_BUGS: readonly PlantedBug[] = [
  {
    id: "mailbox-without-tenant",
    scene: "neighbors",
    sentence: "what is for a run goes to the run of the same id that is in memory, whosever it is",
    file: "src/hosts/mailbox/residents.ts",
    text: "return this.#byKey.get(keyOf(run));",
    instead: "return [...this.#byKey.values()].find((resident) => resident.run.id === run.id);",
  },
  {
    id: "store-without-tenant",
    scene: "neighbors",
    sentence: "two runs of one id are one, whosever they are",
    file: "src/hosts/mailbox/store.ts",
    text: "return `${run.tenant}/${run.id}`;",
    instead: "return run.id;",
  },
  {
    id: "look-up-without-tenant",
    scene: "neighbors",
    sentence: "a question is found by its id, whosever it is",
    file: "src/hosts/memory/memory-store.ts",
    text: "return this.#lookUps.get(`${tenant}/${kind}/${key}`) ?? null;",
    instead: "return [...this.#lookUps.values()].find((found) => found.kind === kind && found.key === key && tenant !== '') ?? null;",
  },
  {
    id: "questions-of-everyone",
    scene: "neighbors",
    sentence: "the list of open questions holds those of all tenants",
    file: "src/hosts/memory/memory-store.ts",
    text: ".filter((found) => found.run.tenant === tenant && found.kind === kind && isOpen(found))",
    instead: ".filter((found) => tenant !== '' && found.kind === kind && isOpen(found))",
  },
  {
    id: "payload-without-tenant",
    scene: "neighbors",
    sentence: "what is kept apart from its fact is found by its hash, whosever it is",
    file: "src/hosts/memory/memory-store.ts",
    text: "return this.#payloads.get(`${tenant}/${hash}`) ?? null;",
    instead: "return [...this.#payloads].find(([key]) => tenant !== '' && key.endsWith(`/${hash}`))?.[1] ?? null;",
  },
  {
    id: "work-without-tenant",
    scene: "neighbors",
    sentence: "work counts as begun when a run of the same id has begun the same, whosever it is",
    file: "src/hosts/mailbox/mailbox.ts",
    text: "const { run, key: runKey, program, state } = resident;",
    instead: "const { run, program, state } = resident;\n    const runKey: string = run.id;",
  },
  {
    id: "message-id-without-tenant",
    scene: "neighbors",
    sentence: "two tenants' messages have one id",
    file: "src/runtime/effects/effect-keys.ts",
    text: "return derivedId(keyOfEffect(run, effect));",
    instead: "return derivedId(effectKey('', run.id, effect));",
  },
  {
    id: "conversation-without-tenant",
    scene: "neighbors",
    sentence: "two tenants speak with an agent in one conversation",
    file: "src/runtime/effects/effect-keys.ts",
    text: "return derivedId(`${run.tenant}/${run.id}/${path}`);",
    instead: "return derivedId(`${run.id}/${path}`);",
  },
];
