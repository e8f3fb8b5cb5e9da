import type { Log } from "../ports/log.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** What the command needs from the composition root, which it may not import. */
export type OpenOrchestrator = (options: { readonly db: string; readonly log?: Log; readonly recover?: boolean }) => Promise<Orchestrator>;

/** Everything that a command uses of the process it runs in. */
export type Cli = {
  readonly openOrchestrator: OpenOrchestrator;
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
