import { isAgentObject } from "./agent-book.ts";
import type { BlockDraft } from "./block-draft.ts";
import type { Expr, Loose } from "./expression-types.ts";
import { expression, reference } from "./reference.ts";
import { expectMembers, inputOf, type Member, named, type Shape, shapeDraft, type ShapeOptions, targetOf } from "./shape.ts";
import type { Options } from "./step-to-file.ts";
import type { StrategyName, Succeed } from "./step-types.ts";

/** When the agents have succeeded, and how their answers become one, besides what every shape takes (requirement W049). */
export type ParallelOptions = ShapeOptions & {
  /** When the agents together have succeeded; all of them without it. */
  readonly succeed?: Succeed<unknown>;
  /**
   * How the answers become one: a strategy, or an agent that gets them under `results`. Without it they
   * stay an object by agent.
   */
  readonly aggregate?: StrategyName | Combining | Exclude<Member, string>;
};

type Combining = { readonly strategy: StrategyName; readonly key?: OfAnswer; readonly by?: OfAnswer };
type OfAnswer = (scope: { readonly item: Loose }) => Expr<unknown>;

/**
 * The same input for several agents at the same time (requirements W031, W049, B010). The run gives
 * their answers as an object by agent, with null for one that failed or was not waited for; with
 * `aggregate`, one value.
 *
 * @example
 * const verdict = parallel([checkerA, checkerB, checkerC], {
 *   succeed: { quorum: 2, on: ({ result }) => result["verdict"] },
 *   aggregate: "majority",
 * });
 */
export function parallel(members: readonly Member[] | { readonly [id: string]: Member }, options: ParallelOptions = {}): Shape {
  const { succeed, aggregate, ...head } = options;
  const draft = shapeDraft("parallel", head);
  const work = inputOf(draft);
  const branches = branchesOf(members);
  expectMembers("parallel", branches.length, 2);
  const answered = draft.step(
    "answers",
    isList(members)
      ? { ...work, parallel: { agents: members, succeed } }
      : {
          parallel: {
            branches: (block: BlockDraft) => branches.reduce((made, { id, target }) => made.step(id, { ...target, ...work }), block),
            succeed,
          },
        },
  );
  const answers = reference("steps", ["answers", "output"]);
  if (aggregate === undefined) return answered.output(answers);
  const ids = branches.map(({ id }) => id);
  return answered
    .step("combined", { aggregate: combining(aggregate, { answers, list: () => listOf(ids, succeed) }) })
    .output(reference("steps", ["combined", "output"]));
}

function isList(members: readonly Member[] | { readonly [id: string]: Member }): members is readonly Member[] {
  return Array.isArray(members);
}

function branchesOf(
  members: readonly Member[] | { readonly [id: string]: Member },
): readonly { readonly id: string; readonly target: Options }[] {
  return isList(members) ? named(members) : Object.entries(members).map(([id, member]) => ({ id, target: targetOf(member) }));
}

type Answers = { readonly answers: object; readonly list: () => object };

/** An agent gets the answers by their names; a strategy works on a list. */
function combining(aggregate: NonNullable<ParallelOptions["aggregate"]>, { answers, list }: Answers): Options {
  if (typeof aggregate === "string") return { from: list(), strategy: aggregate };
  if (isAgentObject(aggregate) || !("strategy" in aggregate)) return { from: answers, ...targetOf(aggregate) };
  return { from: list(), ...aggregate };
}

/** The answers in the order of the agents; where some may be missing, without them. */
function listOf(ids: readonly string[], succeed: ParallelOptions["succeed"]): object {
  const all = `[${ids.map((id) => `steps.answers.output.${id}`).join(", ")}]`;
  return expression(succeed === undefined || succeed === "all" ? all : `${all}.filter(it, it != null)`, true);
}
