import { describe, expect, it } from "vitest";

import { Gate } from "../../../src/runtime/permits/gate.ts";

describe("the gate of work in this process", () => {
  it("lets ten thousand through that leave at once, without a deep stack", () => {
    const gate = new Gate(1, 1);
    let count = 0;
    gate.enter("run", () => undefined);
    for (let waiter = 0; waiter < 10_000; waiter += 1) {
      gate.enter("run", () => {
        count += 1;
        gate.leave("run");
      });
    }
    expect(count).toBe(0);
    gate.leave("run");
    expect(count).toBe(10_000);
    gate.enter("run", () => (count += 1));
    expect(count).toBe(10_001);
  });

  it("lets runs take turns, each within its own limit and all within that of the process", () => {
    const gate = new Gate(3, 2);
    const begun: string[] = [];
    for (const name of ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]) gate.enter(name.charAt(0), () => begun.push(name));
    expect(begun).toEqual(["a1", "a2", "b1"]);
    gate.leave("b");
    expect(begun).toEqual(["a1", "a2", "b1", "b2"]);
    gate.leave("a");
    expect(begun.slice(4)).toEqual(["a3"]);
    // Both have room now, and a had its turn last.
    gate.leave("a");
    expect(begun.slice(5)).toEqual(["c1"]);
    gate.leave("b");
    expect(begun.slice(6)).toEqual(["a4"]);
  });

  it("stays open when what begins throws", () => {
    const gate = new Gate(1, 1);
    const begun: number[] = [];
    gate.enter("run", () => undefined);
    gate.enter("run", () => {
      throw new Error("a bug");
    });
    gate.enter("run", () => begun.push(2));
    expect(() => gate.leave("run")).toThrow("a bug");
    gate.leave("run");
    expect(begun).toEqual([2]);
  });
});
