/** `tutti simulate` as a user types it. What it finds is shown in test/scenario/simulate-command.test.ts. */
import { expect, it } from "vitest";

import { Place } from "./harness.ts";

const HANG = `tutti: "1.0"
name: hang
agents: { worker: { card: "http://127.0.0.1:9" } }
steps:
  prepare: { agent: worker, with: { x: 1 } }
  go: { needs: [prepare], wait: { signal: go } }
  finish: { needs: [go], agent: worker, text: Finish. }
`;

it("a workflow that waits for a signal without an end can hang: 3, and the kept scenario shows it in tutti test", async () => {
  await using place = new Place();
  place.write("hang.tutti.yaml", HANG);
  const { code, stdout, stderr } = await place.run(
    "simulate",
    "hang.tutti.yaml",
    "--seeds",
    "20",
    "--fault",
    "noSignal",
    "--keep",
    "found",
  );
  expect({ code, stderr }).toEqual({ code: 3, stderr: "" });
  expect(stdout).toContain("go: waits for a signal with no end but the run's own timeout, and nobody is asked");
  expect(stdout).toContain("- go: the signal never comes");
  expect(stdout).toContain("again: tutti simulate hang.tutti.yaml --fault noSignal --seed");
  expect(stdout).toContain("kept: found/hang-ends-go.scenario.yaml");
  const tested = await place.run("test", "found");
  expect(tested.code).toBe(1);
  expect(tested.stdout).toContain("status: The run is waiting, not completed");
});
