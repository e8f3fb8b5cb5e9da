/** The scheduler: what hosts, the runtime and the tests use of it. */
export { asksOf } from "./asks.ts";
export { effectKey, type Assignment, type Command } from "./command.ts";
export { decide } from "./decide.ts";
export { endOf, isEnd } from "./end.ts";
export { evolve } from "./evolve.ts";
export { FACT_VERSION, type Fact } from "./fact.ts";
export { brokenInvariants } from "./invariants.ts";
export { lookUpsOf, taskKey } from "./look-ups.ts";
export { hasOutstanding, outstanding } from "./outstanding.ts";
export { isOver, statusOf, STATE_VERSION, type RunEnd, type RunState, type RunStatus } from "./state.ts";
export { nextWakeAt } from "./timers.ts";
