/** Push notifications of what is served: from the runs' own histories, by the same view as every answer. */
import type { TaskFiles } from "../a2a/files/task-files.ts";
import { PushConfigs } from "../a2a/push/push-configs.ts";
import { PushDispatcher } from "../a2a/push/push-dispatcher.ts";
import type { EventView } from "../a2a/push/push-feed.ts";
import type { PushSigner } from "../a2a/push/push-request.ts";
import { TaskView } from "../a2a/task/task-view.ts";
import type { RunRef } from "../base/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { Egress } from "../runtime/egress/egress.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import type { ServedPath } from "./serving.ts";

export type Push = { readonly dispatcher: PushDispatcher; readonly configs: PushConfigs; close(): Promise<void> };

type PushParts = {
  readonly allow?: readonly string[];
  readonly signer: PushSigner | null;
  readonly files: TaskFiles;
  readonly clock?: Clock;
  readonly log?: Log;
};

export function openPush({ host }: Orchestrator, paths: readonly ServedPath[], { signer, files, ...options }: PushParts): Push {
  const egress = new Egress();
  const shapes = new Map(paths.flatMap(({ things }) => things.map(({ definition, shape }) => [definition.name, shape] as const)));
  const viewOf = async (run: RunRef): Promise<EventView | null> => {
    const shape = shapes.get((await host.get(run))?.workflow ?? "");
    return shape === undefined ? null : new TaskView(shape, run);
  };
  const { allow, clock, log } = options;
  const dispatcher = new PushDispatcher({
    host,
    viewOf,
    egress,
    files,
    ...(signer === null ? {} : { signer }),
    ...(allow === undefined ? {} : { allow }),
    ...(clock === undefined ? {} : { clock }),
    ...(log === undefined ? {} : { log }),
  });
  return {
    dispatcher,
    configs: new PushConfigs(dispatcher),
    async close() {
      await dispatcher.close();
      await egress.close();
    },
  };
}
