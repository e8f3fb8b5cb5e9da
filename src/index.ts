/** Everything that a program needs to run workflows of agents. */
export { ask, askAuth, fail, message, refuse, result } from "./agents/answers.ts";
export { defineAgent, type FunctionAgent } from "./agents/function-agent.ts";
export { remoteAgent, type RemoteAgentOptions } from "./agents/remote-agent.ts";
export { loadFile, loadText, type LoadedFile } from "./authoring/load-file.ts";
export { workflowFromObject } from "./authoring/workflow-from-object.ts";
export { ERROR_CODES, type ErrorCode } from "./base/codes.ts";
export { TuttiError } from "./base/errors.ts";
export type { Json, JsonObject } from "./base/json.ts";
export {
  AgentUnavailableError,
  CyclicDependencyError,
  InvalidWorkerOutputError,
  NetworkError,
  WorkflowExecutionError,
  WorkflowSubtaskFailedError,
  WorkflowTimeoutError,
} from "./base/named-errors.ts";
export type { TuttiConfig } from "./cli/config.ts";
export { openOrchestrator, type OrchestratorOptions } from "./compose.ts";
export type { AgentBinding, Definition } from "./definition/definition.ts";
export type { Agent, Capability, LocalAgent, RemoteAgent } from "./ports/agents.ts";
export type { Clock } from "./ports/clock.ts";
export type { Host, HistoryEntry, RunRecord } from "./ports/host.ts";
export type { Log } from "./ports/log.ts";
export type { OpenQuestion } from "./runtime/open-questions.ts";
export { Orchestrator, RunHandle, type StartOptions } from "./runtime/orchestrator.ts";
export type { RunResult } from "./runtime/run-result.ts";
export type { Fact, RunState, RunStatus } from "./scheduler/index.ts";
export { serveAgent, type ServedAgent } from "./server/serve-agent.ts";
