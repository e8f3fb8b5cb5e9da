/** Agents that are left alone for a while (requirement R024). */
import { describe, expect, it } from "vitest";

import { Breakers } from "../../../src/runtime/permits/breaker.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const AGENT = "https://far.test";

function stage(random = 1) {
  const clock = new ManualClock();
  const events: string[] = [];
  const log = (_level: string, event: string): void => void events.push(event);
  const breakers = new Breakers({ clock, random: () => random, log, threshold: 3, coolDownMs: 1_000 });
  const fail = (times: number): void => {
    for (let time = 0; time < times; time += 1) breakers.failed(AGENT);
  };
  const stateOf = (): string => breakers.views().find(({ agent }) => agent === AGENT)?.state ?? "closed";
  return { clock, breakers, events, fail, stateOf };
}

describe("a breaker", () => {
  it("opens after as many failures in a row as its threshold says, and not before", () => {
    const { breakers, events, fail, stateOf } = stage();
    fail(2);
    breakers.succeeded(AGENT);
    fail(2);
    expect(stateOf()).toBe("closed");
    expect(breakers.admit(AGENT)).toBeNull();
    fail(1);
    expect(stateOf()).toBe("open");
    expect(breakers.isAvailable(AGENT)).toBe(false);
    expect(events).toEqual(["breaker_opened"]);
  });

  it("says, while it is open, for how long an attempt should wait", () => {
    const { clock, breakers, fail } = stage(0.5);
    fail(3);
    // Half of the cool-down is certain, the other half is drawn; the wait is longer than it, by up to a fifth.
    expect(breakers.admit(AGENT)).toBe(Math.ceil(750 * 1.1));
    clock.advance(500);
    expect(breakers.admit(AGENT)).toBe(Math.ceil(250 * 1.1));
  });

  it("lets one probe through when its time is over, and closes when that succeeds", () => {
    const { clock, breakers, events, fail, stateOf } = stage();
    fail(3);
    clock.advance(1_000);
    expect(breakers.isAvailable(AGENT)).toBe(true);
    expect(breakers.admit(AGENT)).toBeNull();
    expect(breakers.admit(AGENT)).toBeGreaterThan(0);
    expect(breakers.isAvailable(AGENT)).toBe(false);
    expect(stateOf()).toBe("halfOpen");
    breakers.succeeded(AGENT);
    expect(breakers.admit(AGENT)).toBeNull();
    expect(breakers.admit(AGENT)).toBeNull();
    expect(events).toEqual(["breaker_opened", "breaker_closed"]);
  });

  it("stays open for twice as long when the probe fails, up to a minute", () => {
    const { clock, breakers, fail } = stage();
    fail(3);
    let coolDownMs = 1_000;
    for (let probe = 0; probe < 8; probe += 1) {
      clock.advance(coolDownMs - 1);
      expect(breakers.isAvailable(AGENT)).toBe(false);
      clock.advance(1);
      expect(breakers.admit(AGENT)).toBeNull();
      fail(1);
      coolDownMs = Math.min(60_000, coolDownMs * 2);
    }
    expect(coolDownMs).toBe(60_000);
  });

  it("gives the probe's place away when nobody hears of it again", () => {
    const { clock, breakers, fail } = stage();
    fail(3);
    clock.advance(1_000);
    expect(breakers.admit(AGENT)).toBeNull();
    clock.advance(29_999);
    expect(breakers.admit(AGENT)).toBeGreaterThan(0);
    clock.advance(1);
    expect(breakers.admit(AGENT)).toBeNull();
  });

  it("waits as long as the agent itself asks for", () => {
    const { clock, breakers, fail } = stage();
    fail(2);
    breakers.failed(AGENT, 20_000);
    clock.advance(19_999);
    expect(breakers.isAvailable(AGENT)).toBe(false);
    clock.advance(1);
    expect(breakers.isAvailable(AGENT)).toBe(true);
  });

  it("is not held open by failures that come late", () => {
    const { clock, breakers, fail } = stage();
    fail(3);
    clock.advance(500);
    fail(10);
    clock.advance(500);
    expect(breakers.admit(AGENT)).toBeNull();
  });

  it("is one agent's own", () => {
    const { breakers, fail } = stage();
    fail(3);
    expect(breakers.admit("https://near.test")).toBeNull();
    breakers.succeeded("https://near.test");
    expect(breakers.isAvailable(AGENT)).toBe(false);
  });
});

it("no more agents are kept in mind than there are connections", () => {
  const { breakers } = stage();
  for (let index = 0; index < 3_000; index += 1) breakers.failed(`https://a${index}.test`);
  expect(breakers.views()).toHaveLength(1_024);
});
