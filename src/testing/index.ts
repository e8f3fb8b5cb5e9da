/** Testing workflows: scripted agents, virtual time, and assertions. See docs/testing.md. */
export type { Act, Behaviour, CallRecord, Conditions, FailSpec, ProgressSpec, QuestionSpec, ScriptedCall } from "./behaviour.ts";
export { expectAttempts, expectDag, expectOrder, expectOutput } from "./expectations.ts";
export { attemptsOf, type Dag, dagOf, orderOf, skippedOf, type OpenAsk, type WithHistory } from "./history.ts";
export { scripted, type ScriptedAgent, type ScriptedOptions } from "./scripted.ts";
export { TestRun } from "./test-run.ts";
export type { TestAgent } from "./test-world.ts";
export { startWorkflow, type Testable, type TestOptions, testWorkflow } from "./test-workflow.ts";
