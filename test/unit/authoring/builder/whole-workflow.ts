/** The workflow of whole-language.ts, written with the builder: the two are one definition. */
import { cel, text, workflow } from "tutti";

const Questions = {
  type: "object",
  required: ["questions"],
  properties: { questions: { type: "array", items: { type: "string" } } },
} as const;
const Input = {
  type: "object",
  required: ["vendor"],
  properties: { vendor: { type: "string", minLength: 1 }, depth: { type: "integer", minimum: 1, maximum: 8, default: 4 } },
} as const;
type Source = { readonly url: string; readonly score: number };

const begun = workflow("vendor_brief", {
  version: "1.2.0",
  description: "Everything: at once",
  input: Input,
  timeout: "5d",
  budget: { attempts: 100, subtasks: 500, time: "1h", tokens: 100_000, cost: 2.5, depth: 2, hops: 3, onExceeded: "ask" },
  usage: { tokens: "usage.total_tokens", cost: "usage.cost", model: "model" },
  defaults: { timeout: "5m", retry: { attempts: 2, initial: "2s", factor: 3, max: "1m", jitter: "none" } },
}).agents({
  planner: { card: "https://planner.agents.example.com", auth: { secret: "PLANNER_TOKEN" } },
  "checker-a": { card: "https://check-a.agents.example.com" },
  checker_b: { card: "https://check-b.agents.example.com" },
  writer: { module: "./agents.ts#writer" },
  tidy: { capability: "tidy" },
  inside: { local: "inside" },
});

const gathered = begun
  .step("plan", {
    agent: "planner",
    skill: "make_plan",
    text: ({ input }) => text`List at most ${input.depth} questions about ${input.vendor}.`,
    output: Questions,
    rules: ({ output, input }) => cel`size(${output.questions}) <= ${input.depth}`,
    idle: "30s",
    ttl: "10s",
    deadline: "1h",
    limit: { concurrency: 4, rate: "10/m" },
    budget: { tokens: 2000, cost: 0.5 },
    conversation: "run",
    deliver: "stream",
    files: ({ input }) => [{ url: "https://files.example.com/a.pdf", mediaType: "application/pdf", name: "a.pdf" }, input.vendor],
    context: { read: ["brief.style"], write: ["brief.plan"] },
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the language
    onInvalid: { repair: 3, then: { capability: "repair_plan" } },
    onInputRequired: "fail",
    onAuthRequired: "ask",
    onRejected: "fail",
    onUnknown: "ask",
  })
  .step("research", {
    each: ({ steps }) => steps.plan.output.questions,
    as: "question",
    concurrency: 4,
    succeed: { atLeast: "75%", within: "10m" },
    capability: "web_research",
    fallback: ["web_research_backup", "writer", { agent: "planner", skill: "research" }, { capability: "checker_b" }],
    text: ({ question }) => question,
    with: ({ input }) => ({ vendor: input.vendor }),
    onInvalid: "fail",
    output: true,
    onUnknown: { capability: "find_out", with: ({ error }) => ({ why: error.message }) },
    onInputRequired: { capability: "ask_somebody", with: ({ error }) => ({ question: error.question }) },
  })
  .step("evidence", {
    aggregate: { from: ({ steps }) => steps.research.output, strategy: "merge", key: ({ item }) => item.as<Source>().url },
  })
  .step("best", { aggregate: { from: ({ steps }) => steps.research.output, strategy: "best", by: ({ item }) => item.as<Source>().score } })
  .step("counted", { aggregate: { from: ({ steps }) => steps.research.output, value: ({ items }) => cel`size(${items})` } })
  .step("combined", {
    aggregate: { from: ({ steps }) => steps.research.output, agent: "writer", skill: "combine" },
    with: { style: "short" },
    timeout: "30s",
  });

const drafted = gathered
  .step("facts", {
    parallel: {
      agents: ["checker-a", "checker_b", { capability: "check" }, { agent: "writer", skill: "check" }],
      succeed: { quorum: 2, on: ({ result }) => result.as<{ verdict: string }>().verdict, within: "2m" },
      onDisagree: { approval: { to: ["role:compliance"], title: "The checkers disagree. Go on?", timeout: "1d" } },
    },
    with: ({ steps }) => ({ claims: steps.evidence.output }),
    output: { type: "object", required: ["verdict"] },
    retry: { attempts: 1 },
  })
  .step("sides", {
    if: false,
    critical: false,
    parallel: {
      succeed: "any",
      branches: (branches) =>
        branches.step("credit", { capability: "credit", with: ({ input }) => ({ name: input.vendor }) }).step("address", {
          steps: (block) =>
            block
              .step("find", { capability: "find_address" })
              .step("check", { capability: "check_address", with: ({ steps }) => ({ address: steps.find.output }) }),
          onError: { capability: "guess_address" },
        }),
    },
  })
  .step("draft", {
    needs: ["facts"],
    loop: {
      max: 3,
      onExhausted: "last",
      steps: (block) =>
        block
          .step("write", {
            agent: "writer",
            conversation: "loop",
            with: ({ steps, iter }) => ({
              claims: steps.evidence.output,
              feedback: cel`${iter.prev} == null ? '' : ${iter.prev.as<{ review: { output: { feedback: string } } }>().review.output.feedback}`,
            }),
          })
          .step("review", { capability: "review", with: ({ steps }) => ({ draft: steps.write.output }) }),
      until: ({ steps }) => cel`${steps.review.output.as<{ quality_score: number }>().quality_score} >= 0.9`,
    },
  })
  .step("scored", {
    needs: "draft",
    loop: {
      steps: (block) => block.step("judge", { capability: "judge" }),
      score: ({ steps }) => steps.judge.output.as<Source>().score,
      threshold: 0.8,
    },
    onExhausted: { approval: { to: ["anna"], title: "Enough?" } },
  });

const decided = drafted
  .step("desk", {
    handoff: { agents: ["planner", "checker_b"], start: "checker_b", max: 4 },
    text: "Help.",
    output: { type: "object" },
    timeout: "1m",
    onRejected: { capability: "apologize" },
  })
  .step("desk_named", {
    handoff: { agents: { triage: { agent: "planner", with: { first: true } }, billing: { capability: "billing", timeout: "2m" } } },
  })
  .step("decompose", {
    plan: {
      capability: "decompose",
      allow: ["web_research", "summarize"],
      maxSubtasks: 5,
      maxDepth: 2,
      approve: { to: "role:lead", title: "Is this a plan?", timeout: "1h", onTimeout: { capability: "ask_again" } },
      timeout: "3m",
      retry: { attempts: 1 },
    },
    text: ({ input }) => text`Plan ${input.vendor}`,
    fallback: "planner",
    context: { read: "brief" },
    onRejected: { capability: "plan_b" },
  })
  .step("sign_off", {
    approval: {
      to: ["role:compliance", "bert"],
      title: ({ input }) => text`Send the brief on ${input.vendor}?`,
      show: ({ steps }) => ({ draft: steps.draft.output.write }),
      form: { type: "object", properties: { note: { type: "string" } } },
      remind: "8h",
      escalate: { after: "1d", to: "role:lead" },
      timeout: "2d",
      onTimeout: "reject",
    },
  })
  .step("ask_twice", {
    approval: { to: "anna", title: "Sure?", timeout: "1h", onTimeout: { set: { "brief.sure": false } } },
  });

export const WHOLE_WORKFLOW = decided
  .step("publish", {
    if: ({ steps }) => cel`${steps.sign_off.output.decision} == "approved"`,
    workflow: "publish_brief@^2",
    with: ({ steps }) => ({ brief: steps.draft.output.write }),
    compensate: { agent: "writer", skill: "retract", with: ({ steps }) => ({ id: steps.publish.output.as<{ id: string }>().id }) },
  })
  .step("publish_any", { workflow: "publish_brief", critical: false })
  .step("pause", { wait: "5m" })
  .step("pause_more", { wait: { for: ({ input }) => cel`${input.depth} > 3 ? '5m' : '1m'` } })
  .step("morning", { wait: { until: "2026-12-01T09:00:00Z" } })
  .step("paid", { wait: { signal: "payment.received", timeout: "2d" }, onTimeout: { emit: "unpaid" } })
  .step("remember", { set: ({ steps }) => ({ "brief.text": steps.draft.output.write, "brief.done": true }) })
  .step("told", { emit: { event: "brief_published", to: "https://hooks.example.com/in", data: ({ input }) => ({ vendor: input.vendor }) } })
  .step("logged", { emit: { event: "brief_logged", to: "log", data: [1, "two"] } })
  .step("noted", { emit: "brief_noted" })
  .output(({ steps }) => ({
    decision: steps.sign_off.output.decision,
    sources: cel`${steps.evidence.output}.map(e, e.url)`,
  }));
