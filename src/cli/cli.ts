import type { FileProblem } from "../authoring/file/problem.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import type { LocalAgent } from "../ports/agents.ts";
import type { Log } from "../ports/log.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import type { GivenWorkflow } from "../runtime/workflows/versions.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** What the command needs from the composition root, which it may not import. */
export type OpenOrchestrator = (options: { readonly db: string; readonly log?: Log; readonly recover?: boolean }) => Promise<Orchestrator>;

/** A workflow with the sub-workflows that it brings along. */
export type WorkflowToServe = { readonly definition: Definition; readonly children: readonly GivenWorkflow[] };

/** Owns a database and serves its workflows, and agents of this process, over A2A. */
export type OpenServer = (options: {
  readonly db: string;
  readonly log: Log;
  readonly workflows: readonly WorkflowToServe[];
  readonly agents: readonly LocalAgent[];
  readonly host: string;
  readonly port: number;
  /** Callers must send it; asked for at each request. */
  readonly token?: () => string | undefined;
  /** Callers with names, whose tokens are asked for at each request. */
  readonly callers: readonly NamedCaller[];
  /** False: no streams. */
  readonly streaming: boolean;
  readonly publicUrl?: string;
  readonly grpc?: { readonly port: number };
  /** Names of the secrets with the keys that sign; `readSecret` gives them. */
  readonly signing: readonly { readonly secret: string }[];
  readonly readSecret: (name: string) => string | undefined;
  /** Origins that push notifications may go to although they are private or use http. */
  readonly push: { readonly allow: readonly string[] };
  /** How long closing waits for what is open. In milliseconds. */
  readonly drainMs: number;
}) => Promise<OpenedServer>;

/** A caller that is known by its token; `roles` are as whom it may decide besides its name. */
export type NamedCaller = {
  readonly name: string;
  readonly token: () => string | undefined;
  readonly tenants?: readonly string[];
  readonly roles: readonly string[];
};

export type OpenedServer = {
  readonly url: string;
  /** Null without gRPC. */
  readonly grpcUrl: string | null;
  /** The card of the whole server first. */
  readonly cards: readonly { readonly name: string; readonly url: string }[];
  /** Takes nothing new, lets what is open end for a while, and gives the database back. */
  readonly close: () => Promise<void>;
};

/** What became of the scenarios of a file; `tutti/testing` runs them. */
export type ScenarioFileReport = {
  readonly file: string;
  /** With problems, nothing of the file is run. */
  readonly problems: readonly FileProblem[];
  readonly scenarios: readonly ScenarioReport[];
};

export type ScenarioReport = {
  readonly name: string;
  readonly line: number;
  readonly passed: boolean;
  readonly status: string;
  /** Virtual time. */
  readonly elapsedMs: number;
  readonly mismatches: readonly {
    readonly what: string;
    readonly line: number;
    readonly message: string;
    readonly expected?: Json;
    readonly actual?: Json;
  }[];
};

export type RunScenarioFile = (file: string) => Promise<ScenarioFileReport>;

/** Plays a workflow under seeds of faults; `src/simulation` does it. */
export type SurveyWorkflow = (options: {
  /** The workflow, and then those that it runs. */
  readonly definitions: readonly [Definition, ...Definition[]];
  /** Null: made from the schema of the input. */
  readonly input: Json | null;
  /** A scenario file whose scripts say what agents answer. */
  readonly agentsFile: string | null;
  readonly firstSeed: number;
  readonly seedCount: number;
  /** Names of faults; null: the usual ones. */
  readonly faults: readonly string[] | null;
  readonly mayGoOn: () => boolean;
  readonly onProgress: (played: number) => void;
}) => Promise<SurveyReport>;

/** What can become of a workflow. */
export type SurveyReport = {
  readonly workflow: string;
  readonly firstSeed: number;
  readonly seedCount: number;
  /** True when the time was up before all seeds were played. */
  readonly isCutShort: boolean;
  readonly broken: readonly SurveyFinding[];
  /** What no workflow can prevent. */
  readonly noted: readonly SurveyFinding[];
  readonly outcomes: readonly SurveyOutcome[];
};

type Explained = {
  /** In how many seeds. */
  readonly count: number;
  readonly seed: number;
  /** The fewest faults that bring it about, in words. */
  readonly faults: readonly string[];
  readonly schedule: readonly { readonly point: string; readonly fault: string; readonly amount?: number }[];
  /** As it stands in a scenario file; null: nobody looked for the fewest faults. */
  readonly scenario: JsonObject | null;
};

export type SurveyFinding = Explained & { readonly promise: string; readonly step: string | null; readonly sentence: string };

export type SurveyOutcome = Explained & {
  readonly outcome: string;
  readonly code: string | null;
  readonly step: string | null;
  readonly message: string;
};

/** Everything that a command uses of the process it runs in. */
export type Cli = {
  readonly openOrchestrator: OpenOrchestrator;
  readonly openServer: OpenServer;
  readonly runScenarioFile: RunScenarioFile;
  readonly surveyWorkflow: SurveyWorkflow;
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** The program file, to start it again in the background. */
  readonly program: string;
  /** Standard input, when a person sits there. */
  readonly keyboard: NodeJS.ReadStream | null;
  readonly readInput: () => Promise<string>;
  /** Says how the command ended. */
  readonly exit: (code: ExitCode) => void;
};
