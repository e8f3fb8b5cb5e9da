import { TuttiError } from "../base/errors.ts";
import { parseRunId } from "../base/ids.ts";
import type { RunStatus } from "../scheduler/index.ts";
import type { RunRecord } from "../ports/host.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";

const RUNS_PER_PAGE = 500;
/** Pages that are searched for the beginning of an id: ten thousand runs. */
const PAGES = 20;
const SHOWN = 4;

/** A run by its id, by the beginning of its id if only one begins so, or by `@latest` or `@failed`. */
export async function findRun(orchestrator: Orchestrator, named: string): Promise<RunRecord> {
  if (named === "@latest") return newest(orchestrator, named);
  if (named === "@failed") return newest(orchestrator, named, ["failed"]);
  const parsed = parseRunId(named);
  if (!parsed.ok) throw new TuttiError("T2002", parsed.error);
  const exact = await orchestrator.host.get({ tenant: orchestrator.tenant, id: parsed.value });
  return exact ?? byPrefix(orchestrator, named);
}

async function newest(orchestrator: Orchestrator, named: string, status?: readonly RunStatus[]): Promise<RunRecord> {
  const { items } = await orchestrator.host.list({ tenant: orchestrator.tenant, limit: 1, ...(status === undefined ? {} : { status }) });
  const [record] = items;
  if (record !== undefined) return record;
  throw new TuttiError("T4001", `There is no run for ${named}: no run of this database ${status === undefined ? "exists" : "has failed"}.`);
}

async function byPrefix(orchestrator: Orchestrator, prefix: string): Promise<RunRecord> {
  const found: RunRecord[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const listed = await orchestrator.host.list({
      tenant: orchestrator.tenant,
      limit: RUNS_PER_PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    found.push(...listed.items.filter(({ run }) => run.id.startsWith(prefix)));
    cursor = listed.nextCursor;
    if (cursor === null || found.length > SHOWN) break;
  }
  const [only, ...others] = found;
  if (only === undefined)
    throw new TuttiError("T4001", `There is no run ${prefix}.`, { help: "`tutti list` shows the runs of this database." });
  if (others.length === 0) return only;
  const ids = found.slice(0, SHOWN).map(({ run }) => run.id);
  throw new TuttiError(
    "T2103",
    `${found.length > SHOWN ? `More than ${SHOWN}` : found.length} runs begin with ${prefix}: ${ids.join(", ")}${found.length > SHOWN ? ", …" : ""}.`,
    { help: "Write more of the id." },
  );
}
