/** Mistakes in what goes out: messages, tasks, cancels, sub-workflows, limits. */
import type { PlantedBug } from "./planted-bug.ts";

export const EFFECT_BUGS: readonly PlantedBug[] = [
  {
    id: "new-message-id",
    sentence: "a message that is sent again has another messageId",
    file: "src/runtime/effects/remote-effect.ts",
    text: "const message: Message = { agent, work, intent: command.intent };",
    instead:
      "const intent = command.again ? { ...command.intent, messageId: `${command.intent.messageId}-again` } : command.intent;\n  const message: Message = { agent, work, intent };",
  },
  {
    id: "intent-not-recorded",
    sentence: "a message leaves before the intent to send it is a fact",
    file: "src/scheduler/decide.ts",
    text: 'turn.record({ kind: "messageIntended", path, attempt, turn: turnNumber, intent });',
    instead: "",
  },
  {
    id: "sends-without-asking",
    sentence: "after a crash a message is sent again without asking whether it had arrived",
    file: "src/runtime/effects/remote-effect.ts",
    text: 'const earlier = command.again ? orSend(command, await whatBecame(context, flight, message)) : "absent";',
    instead: 'const earlier = "absent" as Awaited<ReturnType<typeof whatBecame>>;',
  },
  {
    id: "ambiguous-is-not-sent",
    sentence: "a send without an answer is taken for one that did not arrive",
    file: "src/runtime/effects/send-until-known.ts",
    text: "const became = await whatBecame(context, flight, message);",
    instead: 'const became = "absent" as Awaited<ReturnType<typeof whatBecame>>;',
  },
  {
    id: "none-too-early",
    sentence: '"no such task" is believed while the message may still be on its way',
    file: "src/runtime/effects/send-until-known.ts",
    text: "if (context.clock.monotonic() >= conclusiveAt &&",
    instead: "if (conclusiveAt > 0 &&",
  },
  {
    id: "finds-any-task",
    sentence: "a message is looked for, and any task of its context counts as its own",
    file: "src/a2a/client/find-message.ts",
    text: "return task.history.some(({ messageId }) => messageId === intent.messageId);",
    instead: "return task.history.length > 0 || intent.messageId === '';",
  },
  {
    id: "not-re-attached",
    sentence: "after a crash the work of a remote task is sent again, instead of looking after the task",
    file: "src/scheduler/outstanding.ts",
    text: 'if (task !== null) return [{ ...delegationOf(source, path), kind: "attend", task }];',
    instead:
      'if (task !== null && intent !== null) return [{ ...delegationOf(source, path), kind: "send", again: false, regardless: false, intent }];',
  },
  {
    id: "orphan-left",
    sentence: "a task that is accepted after its run has gone on is left at work",
    file: "src/runtime/effects/remote-effect.ts",
    text: "if (receipt === null || receipt.applied || (await isWanted(context, flight, command, task))) return;",
    instead: "return;",
  },
  {
    id: "orphans-forgotten",
    sentence: "a task whose agent was away too long is never canceled",
    file: "src/runtime/effects/abort-effect.ts",
    text: "if (!isRemembered) await context.orphans.remember(flight.placed, task);",
    instead: "",
  },
  {
    id: "child-cancel-lost",
    sentence: "a sub-workflow goes on when the run above is canceled",
    file: "src/runtime/effects/effects.ts",
    text: "if (isOfWorkflow(placed, earlier)) this.#abortChild(placed, command, earlier);",
    instead: "",
  },
  {
    id: "child-started-twice",
    sentence: "after a crash a sub-workflow is started anew",
    file: "src/runtime/effects/child-effect.ts",
    text: "const child = childOf(flight.placed.run, command);",
    instead: "const child = childOf(flight.placed.run, flight.placed.recovered ? { ...command, turn: 99 } : command);",
  },
  {
    id: "child-end-lost",
    sentence: "the run above never hears that its sub-workflow is over",
    file: "src/runtime/effects/child-effect.ts",
    text: 'failpoint("child.over");',
    instead: "return;",
  },
  {
    id: "child-not-paused",
    sentence: "a sub-workflow goes on while the run above is paused",
    file: "src/scheduler/pause.ts",
    text: 'turn.record({ kind: "runPaused", by });\n  steerChildren(turn, true);',
    instead: 'turn.record({ kind: "runPaused", by });',
  },
  {
    id: "limit-off-by-one",
    sentence: "a limit lets one more be at work at once",
    file: "src/runtime/permits/limiter.ts",
    text: "subject.count < limit.concurrency;",
    instead: "subject.count <= limit.concurrency;",
  },
  {
    id: "limit-forgets-attended",
    sentence: "after a restart, work that goes on at agents does not count against its limit",
    file: "src/runtime/effects/effects.ts",
    text: "this.#context.permits.holdStep(flight, command);\n        return this.#inBackground(flight, attendRemotely(",
    instead: "return this.#inBackground(flight, attendRemotely(",
  },
  {
    id: "answer-not-repeated",
    sentence: "an answer that could not be stored is dropped",
    file: "src/runtime/effects/courier.ts",
    text: "return !(error instanceof TuttiError && HOPELESS.has(error.code));",
    instead: "return error === HOPELESS;",
  },
];
