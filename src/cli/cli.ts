import type { FileProblem } from "../authoring/file/problem.ts";
import type { Json } from "../base/json.ts";
import type { Log } from "../ports/log.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** What the command needs from the composition root, which it may not import. */
export type OpenOrchestrator = (options: { readonly db: string; readonly log?: Log; readonly recover?: boolean }) => Promise<Orchestrator>;

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

/** Everything that a command uses of the process it runs in. */
export type Cli = {
  readonly openOrchestrator: OpenOrchestrator;
  readonly runScenarioFile: RunScenarioFile;
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
