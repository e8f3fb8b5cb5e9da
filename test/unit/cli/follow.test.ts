/** Watching a run with very many questions. */
import { expect, it, vi } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Cli } from "../../../src/cli/cli.ts";
import { follow } from "../../../src/cli/follow.ts";
import { noView } from "../../../src/cli/progress/view.ts";
import type { Session } from "../../../src/cli/session.ts";
import { RunBoard } from "../../../src/runtime/board/run-board.ts";
import { FarWorld, turns } from "../runtime/far-world.ts";

const steps = { sign: { each: "${{ input.items }}", approval: { to: ["ann"], title: "Go on?" } }, nap: { wait: "1m" } };
const definition = workflowFromObject({ name: "signed", steps });

it("a run whose questions are asked together is looked at once for all of them", async () => {
  const orchestrator = await new FarWorld().open([]);
  const { run } = await orchestrator.start(definition, { items: Array.from({ length: 300 }, () => 1) });
  await turns(5);
  const looks = vi.spyOn(orchestrator.host, "inspect");
  const session = { orchestrator, role: "owner" } as Session;
  const following = { session, run, board: new RunBoard(definition), view: noView, untilAt: 0, onQuestion: "stop" } as const;
  expect(await follow({ keyboard: null } as Cli, following)).toBe("waitOver");
  expect(following.board.seq).toBeGreaterThan(300);
  expect(looks.mock.calls.length).toBeLessThan(5);
});
