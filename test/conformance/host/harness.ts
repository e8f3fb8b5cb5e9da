import type { RunRef } from "../../../src/base/ids.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Host, Performer } from "../../../src/ports/host.ts";

/** What a kind of host must be able to do to run the conformance suite. */
export type HostHarness = {
  /**
   * Opens a host on the harness's storage and takes up what it finds there. Called again, it is a
   * restart after a crash: the host before is left as it is, with nothing written on its way out.
   */
  open(parts: { readonly performer: Performer; readonly clock: Clock }): Promise<Host>;
  /** The same storage through another pair of eyes: it sees what is durable, and nothing else. */
  reader(): Promise<Host>;
  /** The next commits fail, as on a full disk. */
  failCommits(count: number): void;
  /** From now on no fact of this run can be written, whatever else is in the commit; waiting does not help. */
  refuseFactsOf(run: RunRef): void;
  dispose(): Promise<void>;
};

export type MakeHarness = () => Promise<HostHarness>;
