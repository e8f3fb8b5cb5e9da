/** Mistakes in what is durable, what is acknowledged, and what is taken up after a crash. */
import type { PlantedBug } from "./planted-bug.ts";

export const HOST_BUGS: readonly PlantedBug[] = [
  {
    id: "acknowledged-before-written",
    sentence: "an input is acknowledged before its commit",
    file: "src/hosts/mailbox/decide-input.ts",
    text: "work.receipts.push(isApplied(batch, work, envelope, turn) ? APPLIED : IGNORED);",
    instead:
      "const receipt = isApplied(batch, work, envelope, turn) ? APPLIED : IGNORED;\n  work.receipts.push(receipt);\n  envelope.settle?.(receipt);",
  },
  {
    id: "performed-before-written",
    sentence: "commands are performed though their commit failed",
    file: "src/hosts/mailbox/mailbox.ts",
    text: "return isMixed && !isOfDisk ? this.#commitOneByOne(works, riders) : this.#undo(works, riders, error);",
    instead: "void (isMixed && isOfDisk);",
  },
  {
    id: "ahead-of-the-disk",
    sentence: "after a failed commit the run goes on from a state that was never written",
    file: "src/hosts/mailbox/mailbox.ts",
    text: "const again = this.residents.takeBack(resident, error);\n",
    instead: "const again = resident;\n",
  },
  {
    id: "commands-lost",
    sentence: "after a crash the commands that a run owes are not performed",
    file: "src/hosts/mailbox/mailbox.ts",
    text: "this.#perform(resident, commands, true);",
    instead: "",
  },
  {
    id: "owing-not-noted",
    sentence: "a run with one piece of work in flight does not count as owing anything",
    file: "src/scheduler/outstanding.ts",
    text: "return state.end === null && state.flightCount > state.waitingCount;",
    instead: "return state.end === null && state.flightCount > state.waitingCount + 1;",
  },
  {
    id: "deadline-lost-on-load",
    sentence: "a run that is read from the store is not woken for its timers",
    file: "src/hosts/mailbox/residents.ts",
    text: "this.#armWake(resident, wakeAt === null ? null : Math.max(wakeAt, notBefore));",
    instead: "",
  },
  {
    id: "timers-not-written",
    sentence: "the timers of a run that only waits are not durable",
    file: "src/hosts/mailbox/batch-writer.ts",
    text: "addTimer(batch, resident, owes, nextWakeAt(state), now);",
    instead: "",
  },
  {
    id: "snapshot-stale",
    sentence: "a snapshot says that it holds one fact fewer than it does",
    file: "src/hosts/mailbox/batch-writer.ts",
    text: "batch.snapshots.push({ run: resident.run, seq: state.seq, version: STATE_VERSION, body });",
    instead:
      'batch.snapshots.push({ run: resident.run, seq: state.seq, version: STATE_VERSION, body: body.replace(/"seq":(\\d+)/, (_, seq) => `"seq":${seq - 1}`) });',
  },
  {
    id: "fact-lost-to-readers",
    sentence: "who watches a run misses a fact after each page",
    file: "src/hosts/mailbox/mailbox-host.ts",
    text: "nextSeq = entry.seq + 1;",
    instead: "nextSeq = entry.seq + (entries.length === 1 ? 2 : 1);",
  },
  {
    id: "quiet-end",
    sentence: "nobody is told that a run is over",
    file: "src/hosts/mailbox/residents.ts",
    text: "if (isClosed) this.#options.watchers.notifyOver(resident.key);",
    instead: "",
  },
  {
    id: "patience-not-renewed",
    sentence: "a cancel that a crash cut off is given up at once",
    file: "src/scheduler/stop.ts",
    text: "return at - patienceAt > ABSENCE_MS;",
    instead: "return at - patienceAt > ABSENCE_MS * 1_000_000;",
  },
  {
    id: "clock-turns",
    sentence: "time goes backwards when the clock is set back",
    file: "src/hosts/mailbox/steady-clock.ts",
    text: "this.#lastAt = Math.max(this.#clock.now(), this.#lastAt + Math.floor(ticks - this.#ticks));",
    instead: "this.#lastAt = this.#clock.now();",
  },
];
