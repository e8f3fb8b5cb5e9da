/** A process of its own, so that its memory is: attends a task whose answer is a hundred megabytes, and says what that took. */
import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { Egress } from "../../../src/runtime/egress/egress.ts";

const [url = ""] = process.argv.slice(2);
const agent = remoteAgent(url, { name: "raw", egress: new Egress(), log: () => undefined });
const task = { agent: "raw", url, binding: "JSONRPC", tenant: "", taskId: "t1", contextId: "c1" };
const watch = { signal: new AbortController().signal, progress: () => undefined, chunk: () => undefined };
const before = process.memoryUsage().rss;
let peak = before;
const look = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
const outcomes: string[] = [];
for (let count = 0; count < 5; count += 1) {
  const outcome = await agent.attend(task, watch);
  outcomes.push("failure" in outcome ? outcome.failure.code : outcome.kind);
}
clearInterval(look);
process.stdout.write(JSON.stringify({ outcomes, grownBytes: Math.max(peak, process.memoryUsage().rss) - before }));
process.exit(0);
