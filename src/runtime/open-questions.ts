import type { Tenant } from "../base/ids.ts";
import type { Host } from "../ports/host.ts";
import type { Question } from "../scheduler/outcome.ts";

/** A question that parks a subtask, with everything that is needed to answer it. */
export type OpenQuestion = {
  readonly id: string;
  readonly run: string;
  readonly workflow: string;
  readonly path: string;
  readonly agent: string;
  readonly question: Question;
};

export async function openQuestions(host: Host, tenant: Tenant, limit: number): Promise<readonly OpenQuestion[]> {
  const found: OpenQuestion[] = [];
  for (const { key, run, path } of await host.questions(tenant, limit)) {
    const state = await host.inspect(run);
    const flight = state?.flights[path];
    // Answered or canceled since the list was read.
    if (state == null || flight?.question?.id !== key) continue;
    found.push({ id: key, run: run.id, workflow: state.workflow, path, agent: flight.agent ?? "", question: flight.question.question });
  }
  return found;
}
