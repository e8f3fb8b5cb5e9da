/**
 * The server of one story, through all its lives: each one that dies is followed by the next, at the
 * same address. Clients that lose it wait here for the next one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { FailAt } from "../world/orchestrate.ts";
import type { ServedLife, ServedReport } from "./serve.ts";

export type LivesOptions = Omit<ServedLife, "life" | "failAt" | "port" | "grpcPort"> & {
  readonly deaths: readonly FailAt[];
  /** Whether gRPC is spoken as well. */
  readonly grpc?: boolean;
};

/** The ports of a server, the same in all its lives. */
type Ports = Pick<ServedLife, "port" | "grpcPort">;

export class ServerLives {
  readonly url: string;
  /** Of gRPC. */
  readonly target: string;
  readonly #options: LivesOptions;
  readonly #ports: Ports;
  /** The deaths that came true. */
  readonly deaths: FailAt[] = [];
  #life = 0;
  #child: ChildProcess | null = null;
  #listening = Promise.withResolvers<number>();
  readonly #failed = Promise.withResolvers<never>();
  #points: readonly string[] = [];
  #isEnding = false;

  private constructor(options: LivesOptions, ports: Ports) {
    this.#options = options;
    this.#ports = ports;
    this.url = `http://127.0.0.1:${ports.port}`;
    this.target = `127.0.0.1:${ports.grpcPort}`;
    for (const { promise } of [this.#listening, this.#failed]) promise.catch(() => undefined);
  }

  /** Rejects when a life ends otherwise than by a death that was planned. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  static async start(options: LivesOptions): Promise<ServerLives> {
    const grpcPort = options.grpc === true ? await freePort() : null;
    const lives = new ServerLives(options, { port: await freePort(), grpcPort });
    lives.#begin();
    return lives;
  }

  /** The number of the life that listens: of one after `lost`, when that one was found dead. */
  async listening(lost = 0): Promise<number> {
    for (;;) {
      const { promise } = this.#listening;
      const life = await promise;
      if (life > lost) return life;
      // Its death is on its way to us.
      if (promise === this.#listening.promise) await this.#gone();
    }
  }

  /** Ends the last life in peace; the failpoints that it has passed. */
  async end(): Promise<readonly string[]> {
    this.#isEnding = true;
    const child = this.#child;
    child?.stdin?.end();
    if (child !== null && child.exitCode === null) await once(child, "close");
    return this.#points;
  }

  kill(): void {
    this.#isEnding = true;
    this.#child?.kill("SIGKILL");
  }

  #whenGone = Promise.withResolvers<void>();

  #gone(): Promise<void> {
    return this.#whenGone.promise;
  }

  #begin(): void {
    this.#life += 1;
    const { deaths, db, diary, signingKey } = this.#options;
    const failAt = deaths[this.#life - 1] ?? null;
    const life: ServedLife = { db, diary, signingKey, life: this.#life, ...this.#ports, failAt };
    const program = join(import.meta.dirname, "serve.ts");
    const child = spawn(process.execPath, ["--conditions=source", program, JSON.stringify(life)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    createInterface(child.stdout).on("line", (line) => this.#hear(JSON.parse(line) as ServedReport, life.life));
    child.once("close", (code, signal) => this.#closed(signal ?? String(code)));
  }

  #hear(report: ServedReport, life: number): void {
    switch (report.kind) {
      case "listening":
        return this.#listening.resolve(life);
      case "dying":
        this.deaths.push({ name: report.name, count: report.count });
        return;
      case "done":
        this.#points = report.points;
    }
  }

  #closed(how: string): void {
    const { resolve } = this.#whenGone;
    this.#whenGone = Promise.withResolvers();
    const failed = this.#listening;
    this.#listening = Promise.withResolvers();
    this.#listening.promise.catch(() => undefined);
    if (this.#isEnding || how !== "SIGKILL") {
      const error = new Error(`The server's life ${this.#life} ended (${how}).`);
      failed.reject(error);
      this.#failed.reject(error);
      this.#listening.reject(error);
    } else {
      this.#begin();
      // Whoever waited for a life that never listened waits for this one.
      failed.resolve(this.#listening.promise);
    }
    resolve();
  }
}

/** A port that nobody has, below those that outgoing connections are given. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (isFree) await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}
