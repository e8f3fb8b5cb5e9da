/** Everything that a program needs to run workflows of agents. */
export type { PublicKey } from "./a2a/card/signing-key.ts";
export type { CardSignaturePolicy } from "./a2a/client/check-card.ts";
export { ask, askAuth, fail, handOver, type HandOver, message, refuse, result, type ResultExtras, type Usage } from "./agents/answers.ts";
export { defineAgent, type FunctionAgent } from "./agents/function-agent.ts";
export { remoteAgent, type RemoteAgentOptions } from "./agents/remote-agent.ts";
export { handoff, type HandoffOptions } from "./authoring/builder/handoff.ts";
export { loop, type LoopOptions } from "./authoring/builder/loop.ts";
export { parallel, type ParallelOptions } from "./authoring/builder/parallel.ts";
export { sequential, type SequentialOptions } from "./authoring/builder/sequential.ts";
export { cel, text } from "./authoring/builder/tags.ts";
export { workflow, type WorkflowOptions } from "./authoring/builder/workflow.ts";
export type { Block, Branches, Buildable, Workflow } from "./authoring/builder/block-types.ts";
export type { Expr, Ref } from "./authoring/builder/expression-types.ts";
export type { Member, Shape } from "./authoring/builder/shape.ts";
export { loadFile, loadText, type LoadedFile } from "./authoring/file/load-file.ts";
export { workflowFromObject } from "./authoring/file/workflow-from-object.ts";
export { ERROR_CODES, type ErrorCode } from "./base/codes.ts";
export { TuttiError } from "./base/errors.ts";
export type { Json, JsonObject } from "./base/json.ts";
export {
  AgentUnavailableError,
  CyclicDependencyError,
  InvalidWorkerOutputError,
  MaxIterationsExceededError,
  NetworkError,
  WorkflowExecutionError,
  WorkflowSubtaskFailedError,
  WorkflowTimeoutError,
} from "./base/named-errors.ts";
export type { TuttiConfig } from "./cli/config-form.ts";
export { createServer, type Server, type ServerOptions } from "./compose/create-server.ts";
export type { ExtendedCard, SigningSecret } from "./compose/served-cards.ts";
export { openOrchestrator, type OrchestratorOptions } from "./compose/open-orchestrator.ts";
export type { AgentBinding, Definition } from "./definition/definition.ts";
export type { Agent, Capability, LocalAgent, RemoteAgent } from "./ports/agents.ts";
export type { Clock } from "./ports/clock.ts";
export type { DefinitionRecord, Host, HistoryEntry, RunRecord } from "./ports/host.ts";
export type { Log } from "./ports/log.ts";
export type { RunnableWorkflow } from "./runtime/workflows/built-workflow.ts";
export type { ForkedStep, ForkPlan } from "./runtime/fork/fork.ts";
export type { ForkOptions } from "./runtime/fork/fork-run.ts";
export type { SetValue } from "./runtime/fork/fork-set.ts";
export type { OpenQuestion } from "./runtime/open-questions.ts";
export { Orchestrator, RunHandle, type StartOptions } from "./runtime/orchestrator.ts";
export type { DecisionOptions } from "./runtime/run-handle.ts";
export type { RunResult } from "./runtime/run-result.ts";
export type { GivenWorkflow } from "./runtime/workflows/versions.ts";
export type { WorkflowLibrary } from "./runtime/workflows/workflow-library.ts";
export type { Authentication, KnownCaller, VerifiedCaller } from "./server/authentication.ts";
export type { Fact, RunState, RunStatus } from "./scheduler/index.ts";
export { serveAgent, type ServedAgent, type ServeOptions } from "./compose/serve-agent.ts";
