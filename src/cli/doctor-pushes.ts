/** Push notifications that were given up: who is not told, why, and how they get a new chance. */
import { type DeadPush, deadPushes } from "../a2a/push/push-configs.ts";
import { askToRevive } from "../a2a/push/revive-pushes.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import type { Terminal } from "./terminal.ts";
import { clean, counted } from "./text.ts";

const ROWS_PER_PAGE = 500;
/** Those that are told one by one. */
const TOLD = 20;

export async function examinePushes({ host, tenant }: Orchestrator): Promise<readonly DeadPush[]> {
  const all: DeadPush[] = [];
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof deadPushes>> = await deadPushes(host, tenant, { limit: ROWS_PER_PAGE, after });
    all.push(...page.dead);
    if (page.next === null) return all;
    after = page.next;
  }
}

/** Asks for a new chance for those of one task, or of all. Gives how many there are. */
export async function revivePushes(orchestrator: Orchestrator, task: string | null): Promise<number> {
  const { host, tenant } = orchestrator;
  const wanted = (await examinePushes(orchestrator)).filter((push) => task === null || push.task === task);
  for (const push of wanted) await askToRevive(host, tenant, push);
  return wanted.length;
}

export function tellPushes(terminal: Terminal, dead: readonly DeadPush[], hint: string): void {
  if (dead.length === 0) return;
  terminal.print(
    `${terminal.paint("warn", "!")} ${counted(dead.length, "push notification")} given up; when their receivers are well: tutti doctor --revive-pushes${hint}`,
  );
  for (const { task, url, reason, at } of dead.slice(0, TOLD)) {
    terminal.print(`    task ${task} to ${new URL(url).origin}: ${clean(reason)} ${new Date(at).toISOString()}`);
  }
  if (dead.length > TOLD) terminal.print(`    and ${dead.length - TOLD} more: tutti doctor --json${hint}`);
}
