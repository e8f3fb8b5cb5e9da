/** How far a remote agent is trusted is said in a module, for the command as for a program. */
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { Place } from "./harness.ts";

const REMOTE_AGENT = fileURLToPath(new URL("../../../src/agents/remote-agent.ts", import.meta.url));

it("an agent that a module pins is asked with its right card, and with no other (T6005)", async () => {
  await using place = new Place();
  const url = await place.serve();
  const bound = (pin: string) =>
    place.write(
      "agents.ts",
      `import { remoteAgent } from ${JSON.stringify(REMOTE_AGENT)};\nexport const far = remoteAgent("${url}", ${pin});\n`,
    );
  place.write("tutti.config.ts", 'export default { agents: { far: "./agents.ts#far" } };');
  place.write("ask.tutti.yaml", 'tutti: "1.0"\nname: ask\nversion: 1.0.0\nsteps:\n  say: { agent: far, skill: echo, with: { n: 1 } }\n');
  bound('{ pin: "0000" }');
  const refused = await place.run("run", "ask", "--id", "one");
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("and 0000 is pinned")]);
  const [, print = ""] = /the print ([0-9a-f]{64})/.exec(refused.stderr) ?? [];
  bound(`{ pin: ${JSON.stringify(print)} }`);
  expect(await place.run("run", "ask", "--id", "two")).toMatchObject({ code: 0, stdout: expect.stringContaining('"n"') });
  // It goes by the name that it is bound to, by which its tasks are found again.
  const history = await place.run("history", "two", "--json");
  expect(history.stdout).toMatch(/"agent": ?"far"/);
});
