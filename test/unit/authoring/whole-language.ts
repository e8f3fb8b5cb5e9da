/** One file that uses all of the language, so that nobody who reads, prints or draws can forget a part. */
export const WHOLE_LANGUAGE = `
tutti: "1.0"
name: vendor_brief
version: 1.2.0
description: "Everything: at once"
input:
  type: object
  required: [vendor]
  properties:
    vendor: { type: string, minLength: 1 }
    depth: { type: integer, minimum: 1, maximum: 8, default: 4 }
agents:
  planner: { card: https://planner.agents.example.com, auth: { secret: PLANNER_TOKEN } }
  checker-a: { card: https://check-a.agents.example.com }
  checker_b: { card: https://check-b.agents.example.com }
  writer: { module: "./agents.ts#writer" }
  tidy: { capability: tidy }
  inside: { local: inside }
timeout: 5d
budget: { attempts: 100, subtasks: 500, time: 1h, tokens: 100000, cost: 2.5, depth: 2, hops: 3, onExceeded: ask }
usage: { tokens: usage.total_tokens, cost: usage.cost, model: model }
defaults:
  timeout: 5m
  retry: { attempts: 2, initial: 2s, factor: 3, max: 1m, jitter: none }
steps:
  plan:
    agent: planner
    skill: make_plan
    text: "List at most \${{ input.depth }} questions about \${{ input.vendor }}."
    output:
      type: object
      required: [questions]
      properties: { questions: { type: array, items: { type: string } } }
    rules: [size(output.questions) <= input.depth]
    idle: 30s
    ttl: 10s
    deadline: 1h
    limit: { concurrency: 4, rate: 10/m }
    budget: { tokens: 2000, cost: 0.5 }
    conversation: run
    deliver: stream
    files: [{ url: https://files.example.com/a.pdf, mediaType: application/pdf, name: a.pdf }, "\${{ input.vendor }}"]
    context: { read: [brief.style], write: [brief.plan] }
    onInvalid: { repair: 3, then: { capability: repair_plan } }
    onInputRequired: fail
    onAuthRequired: ask
    onRejected: fail
    onUnknown: ask
  research:
    each: \${{ steps.plan.output.questions }}
    as: question
    concurrency: 4
    succeed: { atLeast: 75%, within: 10m }
    capability: web_research
    fallback: [web_research_backup, writer, { agent: planner, skill: research }, { capability: checker_b }]
    text: \${{ question }}
    with: { vendor: "\${{ input.vendor }}" }
    onInvalid: fail
    output: true
    onUnknown: { capability: find_out, with: { why: "\${{ error.message }}" } }
    onInputRequired: { capability: ask_somebody, with: { question: "\${{ error.question }}" } }
  evidence:
    aggregate: { from: "\${{ steps.research.output }}", strategy: merge, key: item.url }
  best: { aggregate: { from: "\${{ steps.research.output }}", strategy: best, by: item.score } }
  counted: { aggregate: { from: "\${{ steps.research.output }}", value: size(items) } }
  combined:
    aggregate: { from: "\${{ steps.research.output }}", agent: writer, skill: combine }
    with: { style: short }
    timeout: 30s
  facts:
    parallel:
      agents: [checker-a, checker_b, { capability: check }, { agent: writer, skill: check }]
      succeed: { quorum: 2, on: result.verdict, within: 2m }
      onDisagree:
        approval: { to: ["role:compliance"], title: "The checkers disagree. Go on?", timeout: 1d }
    with: { claims: "\${{ steps.evidence.output }}" }
    output: { type: object, required: [verdict] }
    retry: { attempts: 1 }
  sides:
    if: false
    critical: false
    parallel:
      succeed: any
      branches:
        credit: { capability: credit, with: { name: "\${{ input.vendor }}" } }
        address:
          steps:
            find: { capability: find_address }
            check: { capability: check_address, with: { address: "\${{ steps.find.output }}" } }
          onError: { capability: guess_address }
  draft:
    needs: [facts]
    loop:
      max: 3
      until: steps.review.output.quality_score >= 0.9
      onExhausted: last
      steps:
        write:
          agent: writer
          conversation: loop
          with:
            claims: \${{ steps.evidence.output }}
            feedback: "\${{ iter.prev == null ? '' : iter.prev.review.output.feedback }}"
        review: { capability: review, with: { draft: "\${{ steps.write.output }}" } }
  scored:
    loop: { score: steps.judge.output.score, threshold: 0.8, steps: { judge: { capability: judge } } }
    onExhausted: { approval: { to: [anna], title: Enough? } }
    needs: [draft]
  desk:
    handoff: { agents: [planner, checker_b], start: checker_b, max: 4 }
    text: Help.
    output: { type: object }
    timeout: 1m
    onRejected: { capability: apologize }
  desk_named:
    handoff:
      agents:
        triage: { agent: planner, with: { first: true } }
        billing: { capability: billing, timeout: 2m }
  decompose:
    plan:
      capability: decompose
      allow: [web_research, summarize]
      maxSubtasks: 5
      maxDepth: 2
      approve: { to: ["role:lead"], title: "Is this a plan?", timeout: 1h, onTimeout: { capability: ask_again } }
      timeout: 3m
      retry: { attempts: 1 }
    text: "Plan \${{ input.vendor }}"
    fallback: planner
    context: { read: [brief] }
    onRejected: { capability: plan_b }
  sign_off:
    approval:
      to: ["role:compliance", bert]
      title: "Send the brief on \${{ input.vendor }}?"
      show: { draft: "\${{ steps.draft.output.write }}" }
      form: { type: object, properties: { note: { type: string } } }
      remind: 8h
      escalate: { after: 1d, to: ["role:lead"] }
      timeout: 2d
      onTimeout: reject
  ask_twice:
    approval: { to: [anna], title: "Sure?", timeout: 1h, onTimeout: { set: { "brief.sure": false } } }
  publish:
    if: steps.sign_off.output.decision == "approved"
    workflow: publish_brief@^2
    with: { brief: "\${{ steps.draft.output.write }}" }
    compensate: { agent: writer, skill: retract, with: { id: "\${{ steps.publish.output.id }}" } }
  publish_any: { workflow: publish_brief, critical: false }
  pause: { wait: 5m }
  pause_more: { wait: { for: "\${{ input.depth > 3 ? '5m' : '1m' }}" } }
  morning: { wait: { until: "2026-12-01T09:00:00Z" } }
  paid: { wait: { signal: payment.received, timeout: 2d }, onTimeout: { emit: unpaid } }
  remember: { set: { "brief.text": "\${{ steps.draft.output.write }}", brief.done: true } }
  told: { emit: { event: brief_published, to: "https://hooks.example.com/in", data: { vendor: "\${{ input.vendor }}" } } }
  logged: { emit: { event: brief_logged, to: log, data: [1, "two"] } }
  noted: { emit: brief_noted }
output:
  decision: \${{ steps.sign_off.output.decision }}
  sources: "\${{ steps.evidence.output.map(e, e.url) }}"
`;
