/**
 * Where the command writes. Data goes to standard output, prose to standard error; nothing else
 * writes to either.
 *
 * 1. A text from outside (an agent, a file) never moves the cursor: control characters are removed.
 * 2. Colour never says anything that a word does not say as well.
 */
import { styleText } from "node:util";

export type Style = "good" | "bad" | "warn" | "dim" | "strong" | "accent";

/** A stream as far as the command needs one. */
export type Sink = {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

const FORMATS = { good: "green", bad: "red", warn: "yellow", dim: "dim", strong: "bold", accent: "cyan" } as const satisfies {
  [style in Style]: string;
};
const WIDTH = 80;
const HEIGHT = 24;

export class Terminal {
  readonly #out: Sink;
  readonly #err: Sink;
  readonly #environment: NodeJS.ProcessEnv;
  #isColorful: boolean;

  constructor(streams: { readonly out: Sink; readonly err: Sink; readonly environment: NodeJS.ProcessEnv }) {
    this.#out = streams.out;
    this.#err = streams.err;
    this.#environment = streams.environment;
    this.#isColorful = wantsColor(streams.err, streams.environment);
  }

  /** `--no-color`. */
  setColor(isColorful: boolean): void {
    this.#isColorful = isColorful && wantsColor(this.#err, this.#environment);
  }

  /** Writes data. */
  print(text: string): void {
    this.#out.write(`${text}\n`);
  }

  /** Writes prose. */
  say(text = ""): void {
    this.#err.write(`${text}\n`);
  }

  /** Writes to standard error as it is: for redrawing. */
  draw(text: string): void {
    this.#err.write(text);
  }

  /** JSON as data: readable on a terminal, one line for programs. */
  printJson(value: unknown): void {
    this.print(this.#out.isTTY === true ? JSON.stringify(value, null, 2) : JSON.stringify(value));
  }

  paint(style: Style, text: string): string {
    return this.#isColorful ? styleText(FORMATS[style], text, { validateStream: false }) : text;
  }

  /** True when a person sees what is said. */
  get isLive(): boolean {
    return this.#err.isTTY === true && this.#environment["TERM"] !== "dumb";
  }

  /** True when a person reads the data. */
  get isDataSeen(): boolean {
    return this.#out.isTTY === true;
  }

  get columns(): number {
    return this.#err.columns ?? this.#out.columns ?? WIDTH;
  }

  get rows(): number {
    return this.#err.rows ?? HEIGHT;
  }
}

function wantsColor(err: Sink, environment: NodeJS.ProcessEnv): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  if ((environment["FORCE_COLOR"] ?? "") !== "") return environment["FORCE_COLOR"] !== "0";
  return err.isTTY === true && environment["TERM"] !== "dumb";
}
