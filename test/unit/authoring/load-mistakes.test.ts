import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { loadText } from "../../../src/authoring/file/load-file.ts";

const HEAD = 'tutti: "1.0"\nname: w\n';

/** `code line:column length`, then message and help, for each problem. */
function problems(text: string, options = {}): readonly string[] {
  const loaded = loadText(text, "w.yaml", options);
  if (loaded.ok) throw new Error("It loads.");
  return loaded.error.map(
    (found) => `${found.code} ${found.line}:${found.column} ${found.length} ${found.message}${found.help === null ? "" : ` ${found.help}`}`,
  );
}

describe("a mistake is shown with its place, and what to do", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "a plain value with a colon",
      `${HEAD}steps:\n  a:\n    text: Hello: world\n`,
      [
        'T1002 5:11 12 A value without quotes holds a ": ", which YAML reads as another key. Put the whole value in quotes; or, if it was meant to be a key, set it under the other keys of its step.',
      ],
    ],
    [
      "an expression in a flow map without quotes",
      `${HEAD}steps: { a: { with: { b: \${{ x }} } } }\n`,
      ['T1002 3:27 1 An expression stands inside { } or [ ] without quotes. Put it in quotes: "${{ … }}".'],
    ],
    ["a key that stands twice", "a: 1\na: 2\n", ["T1002 2:1 1 The same key stands here a second time. Take one of them away."]],
    ["a tab", "a:\n\t- b\n", ["T1002 2:1 1 The line is indented with a tab. YAML wants spaces."]],
    [
      "a list that is never closed",
      "a: [1,2\n",
      ["T1002 2:1 1 The file is not YAML here: Flow sequence in block collection must be sufficiently indented and end with a ]."],
    ],
    ["a token too many", "a: }\n", ['T1002 1:4 1 The file is not YAML here: Unexpected flow-map-end token in YAML stream: "}".']],
    [
      "a tag of another language",
      "a: !!js/function x\n",
      ["T1002 1:4 13 The file is not YAML here: Unresolved tag: tag:yaml.org,2002:js/function."],
    ],
    [
      "an alias to nothing",
      "a: *x\n",
      ["T1002 1:1 1 The file cannot be read: Unresolved alias (the anchor must be set before the alias): x."],
    ],
    [
      "a number that JSON cannot say",
      `${HEAD}description: .inf\n`,
      ["T1011 3:14 4 The number is not finite, which JSON cannot say. Write it as a text."],
    ],
    ["binary data", `${HEAD}output: !!binary aGk=\n`, ["T1011 3:18 4 A Buffer is not JSON. Write it as a text."]],
    [
      "half a character",
      `${HEAD}description: "\\ud800"\n`,
      ["T1011 3:14 8 The text holds half a character, which is not Unicode. Write it as a text."],
    ],
    ["an empty file", "", ["T1011 1:1 1 The file must be an object, not empty."]],
    ["a list", "- 1\n", ["T1011 1:1 3 The file must be an object, not a list."]],
    [
      "no format version, no name",
      "steps:\n  a: { capability: c }\n",
      [
        'T1012 1:1 6 The version of the file format is missing. Begin the file with tutti: "1.0".',
        "T1012 1:1 6 The workflow has no name. Add a line such as name: sales_report.",
      ],
    ],
    [
      "a later format",
      'tutti: "2.0"\nname: w\nsteps:\n  a: { capability: c }\n',
      ['T1013 1:8 5 The file format "2.0" is not known to this version. Begin the file with tutti: "1.0".'],
    ],
    ["no steps", HEAD, ["T1012 1:1 12 The workflow has no steps. Give it at least one under `steps`."]],
    ["steps that are none", `${HEAD}steps: {}\n`, ["T1012 3:1 5 The workflow has no steps. Give it at least one step."]],
    ["steps in a list", `${HEAD}steps: [1]\n`, ['T1011 3:1 5 "steps" must be an object, not a list.']],
    ["a step that is none", `${HEAD}steps:\n  a: work\n`, ['T1011 4:6 4 "a" must be an object, with `agent` or `capability`, not "work".']],
    [
      "a name that cannot be one",
      'tutti: "1.0"\nname: "a b"\nsteps:\n  a: { capability: c }\n',
      ['T1014 2:7 5 "a b" cannot be the name of a workflow. Use letters, digits, ".", "_" and "-", beginning with a letter.'],
    ],
    [
      "a version of two numbers",
      `${HEAD}version: 1.2\nsteps:\n  a: { capability: c }\n`,
      ['T1011 3:10 3 "version" must be a version of three numbers, not 1.2. Write for example 1.2.0.'],
    ],
    [
      "a misspelt key",
      `${HEAD}setps:\n  a: {}\nsteps:\n  a: { capability: c, timout: 3s }\n`,
      ['T1010 3:1 5 unknown key "setps". Did you mean "steps"?', 'T1010 6:23 6 unknown key "timout". Did you mean "timeout"?'],
    ],
    [
      "a key of a later version",
      `${HEAD}steps:\n  a: { capability: c, permissions: { files: none } }\n`,
      ["T1013 4:23 11 `permissions` is not supported by this version yet. Take it out, or use a newer version of tutti."],
    ],
    [
      "a step of no kind",
      `${HEAD}steps:\n  a: { with: {} }\n`,
      ['T1016 4:3 1 Step "a" does not say who does the work. Give it `agent: name` or `capability: name`.'],
    ],
    [
      "a misspelt kind",
      `${HEAD}steps:\n  a: { agnet: x }\n`,
      ['T1016 4:3 1 Step "a" does not say who does the work. Did you mean "agent" instead of "agnet"?'],
    ],
    [
      "a step of two kinds",
      `${HEAD}steps:\n  a: { agent: x, wait: 3s }\n`,
      ['T1016 4:18 4 Step "a" has `agent` and `wait`; a step is of one kind. Make two steps of it.'],
    ],
    [
      "a skill without an agent",
      `${HEAD}steps:\n  a: { capability: c, skill: s }\n`,
      ["T1011 4:23 5 `skill` belongs to `agent`; a capability is a skill already. Take it out, or name the agent."],
    ],
    ["a target that is no name", `${HEAD}steps:\n  a: { capability: [c] }\n`, ['T1011 4:8 10 "capability" must be a name, not a list.']],
    [
      "durations that are none",
      `${HEAD}timeout: 30\ndefaults: { timeout: soon }\nsteps:\n  a: { capability: c, timeout: 900w, retry: { max: true } }\n  b: { capability: c, timeout: 0s }\n`,
      [
        'T1015 3:10 2 "timeout" must be a duration with a unit, not 30. Write 30s, 30m or 30h.',
        'T1015 4:22 4 "soon" is not a duration; write a number and a unit, such as 500ms, 30s, 5m, 2h or 1d.',
        "T1015 6:32 4 900w is longer than ten years, the longest timer.",
        'T1015 6:52 4 "max" must be a duration with a unit, not true. Write for example 30s, 5m or 2h.',
        "T1015 7:32 2 A timeout of nothing would end the work at once. Leave it out for the default.",
      ],
    ],
    [
      "values of the wrong form",
      `${HEAD}description: 5\ndefaults: []\ninput: 5\nagents: 5\nsteps:\n  a: { capability: c, critical: maybe, needs: 5, rules: [5], with: 5, text: [], each: 5, concurrency: 0, onUnknown: resnd }\n  b: { capability: c, retry: 5, as: x, output: 5 }\n  c: { capability: c, retry: { attempts: 1.5, jitter: 5 }, fallback: [5, { agent: a, capability: b }], needs: [5] }\n  d: { capability: c, retry: [] }\n`,
      [
        'T1011 3:14 1 "description" must be a text, not 5.',
        'T1011 4:1 8 "defaults" must be an object, not a list.',
        'T1011 5:8 1 "input" must be a JSON Schema, not 5.',
        'T1011 6:9 1 "agents" must be an object, not 5.',
        'T1011 8:33 5 "critical" must be true or false, not "maybe".',
        'T1011 8:47 1 "needs" must be a text or a list of texts, not 5.',
        "T1011 8:58 1 This must be a text, not 5.",
        'T1011 8:68 1 "with" must be an object of parameters, not 5.',
        'T1011 8:71 4 "text" must be a text, not a list.',
        'T1011 8:87 1 "each" must be a list, or one expression in ${{ }} that gives a list, not 5.',
        'T1011 8:103 1 "concurrency" must be a whole number from 1 to 250000, not 0.',
        'T1011 8:117 5 "onUnknown" must be one of fail, resend, ask, or a nested step, not "resnd". Did you mean "resend"?',
        'T1011 9:30 1 "retry" must be an object, not 5. Write { attempts: 5 }.',
        "T1012 9:33 2 `as` means nothing without `each`. Add `each: ${{ … }}` with a list, or take it out.",
        'T1011 9:48 1 "output" must be a JSON Schema, not 5.',
        'T1011 10:42 3 "attempts" must be a whole number from 1 to 100, not 1.5.',
        'T1011 10:55 1 "jitter" must be one of full, none, not 5.',
        "T1011 10:71 1 This must be a capability, the name of an agent, or an object with one of `agent` and `capability`, not 5.",
        "T1011 10:74 27 This must be a capability, the name of an agent, or an object with one of `agent` and `capability`, not an object.",
        "T1011 10:112 1 This must be a text, not 5.",
        'T1011 11:23 5 "retry" must be an object, not a list.',
      ],
    ],
    [
      "agents that lead nowhere",
      `${HEAD}agents:\n  a b: { card: https://x.example.com }\n  c: {}\n  d: { card: https://x.example.com, module: ./x.ts }\n  e: { card: ftp://x }\n  f: { module: "" }\n  g: { card: "https://x.example.com", auth: { secret: "sk live!" } }\n  h: { local: 5 }\n  i: 5\n  j: { module: }\nsteps:\n  a: { capability: c }\n`,
      [
        'T1014 4:3 3 "a b" cannot be the name of an agent. Use letters, digits, "_" and "-", beginning with a letter.',
        "T1012 5:3 1 The agent leads nowhere. Give it exactly one of card, module and capability.",
        "T1012 6:3 1 The agent leads to card and module at once. Give it exactly one of card, module and capability.",
        'T1011 7:14 7 "ftp://x" is not the address of an agent. Write a URL that begins with https:// or http://.',
        'T1012 8:8 6 "module" is empty.',
        "T1403 9:55 10 A secret is given by its name, not by its value. Put the value into the environment, and write the name of the variable here.",
        'T1011 10:15 1 "local" must be a text, not 5.',
        'T1011 11:6 1 "i" must be an object, not 5.',
        'T1012 12:8 6 "module" is empty.',
      ],
    ],
    [
      "needs that are no steps",
      `${HEAD}steps:\n  plan: { capability: c }\n  b: { capability: c, needs: [paln, plan] }\n`,
      ['T1301 5:31 4 unknown step "paln". Did you mean "plan"?'],
    ],
    [
      "a circle",
      `${HEAD}steps:\n  a: { capability: c, needs: b }\n  b: { capability: c, if: steps.a.output }\n`,
      [
        "T1303 4:3 1 Steps wait for each other in a circle: a → b → a. A step waits for what it needs and for what its expressions read; take one of these away.",
      ],
    ],
    [
      "a name that leads out of the data",
      `${HEAD}agents: { __proto__: { local: x }, constructor: { local: x } }\nsteps:\n  __proto__: { capability: c }\n`,
      [
        'T1014 3:11 9 "__proto__" cannot be the name of an agent. Use letters, digits, "_" and "-", beginning with a letter.',
        'T1014 3:36 11 "constructor" cannot be the name of an agent. Use letters, digits, "_" and "-", beginning with a letter.',
        'T1014 5:3 9 "__proto__" cannot be the id of a step. It is a name of the language below; choose another.',
      ],
    ],
    [
      "an expression in quotes with escapes",
      `${HEAD}steps:\n  a: { capability: c, text: "x \\"y\\" \${{ nope }} \${{ nope }}" }\n`,
      ['T1202 4:42 4 The name "nope" is not known.', "T1202"],
    ],
    [
      "an expression in a block of text",
      `${HEAD}steps:\n  a:\n    capability: c\n    text: |\n      One\n        two \${{ input.x }} \${{ nope }}\n`,
      ['T1202 8:32 4 The name "nope" is not known.'],
    ],
    [
      "an expression in a rule",
      `${HEAD}steps:\n  a:\n    capability: c\n    rules:\n      - size(output) > 1\n      - size(outpt) > 1\n`,
      ['T1202 8:14 5 The name "outpt" is not known. Did you mean "output"?'],
    ],
    [
      "an agent of a list whose name cannot be an id",
      `${HEAD}agents: { triage: { local: x }, return: { local: y } }\nsteps:\n  a: { handoff: { agents: [triage, return] } }\n  b: { parallel: { agents: [triage, { capability: in }] } }\n`,
      [
        'T1014 5:36 6 "return" cannot be the id of a step, and in a list an agent\'s name is its id. Write an object, which gives each agent an id: agents: { return_agent: { agent: return }, … }.',
        'T1014 6:37 18 "in" cannot be the id of a step, and in a list an agent\'s name is its id. Write an object, which gives each agent an id: branches: { in_agent: { capability: in }, … }.',
      ],
    ],
    [
      "names that steps cannot have",
      `${HEAD}steps:\n  sign-off: { capability: c }\n  return: { capability: c }\n  Ä: { capability: c }\n`,
      [
        'T1014 4:3 8 "sign-off" cannot be the id of a step. Write "sign_off": lower-case letters, digits and underscores, beginning with a letter.',
        'T1014 5:3 6 "return" cannot be the id of a step. It is a word that CEL keeps for itself; write for example return_step.',
        'T1014 6:3 1 "Ä" cannot be the id of a step. Use lower-case letters, digits and underscores, beginning with a letter.',
      ],
    ],
    [
      "keys as other systems call them",
      `${HEAD}agents: { x: "https://x.example.com", y: ./y.ts, z: search }\nsteps:\n  a: { agent: x, retries: 3, depends_on: [b], onError: continue }\n  b: { parallel: { agents: [x, y], quorum: 2 } }\n  c: { approval: { approvers: [ann], title: Go } }\n  d: { emit: { event: e, to: "\${{ input.hook }}" } }\n`,
      [
        'T1011 3:14 23 "x" must be an object, not "https://x.example.com". Write { card: https://x.example.com }.',
        'T1011 3:42 6 "y" must be an object, not "./y.ts". Write { module: ./y.ts }.',
        'T1011 3:53 6 "z" must be an object, not "search". Write { capability: search }.',
        'T1010 5:18 7 unknown key "retries". Did you mean "retry"?',
        'T1010 5:30 10 unknown key "depends_on". Did you mean "needs"?',
        'T1011 5:56 8 "onError" must be fail, or a nested step, not "continue". For a run that goes on without this step, write critical: false.',
        "T1011 6:36 6 `quorum` belongs inside `succeed`. Write succeed: { quorum: … }.",
        'T1012 7:8 8 `approval` does not say whom it asks. Add for example to: ["role:compliance"].',
        'T1010 7:20 9 unknown key "approvers". Did you mean "to"?',
        'T1011 8:30 19 "to" must be `log`, or the address of a webhook, not "${{ input.hook }}". It is known before the run, so no expression can stand here; write a URL that begins with https://.',
      ],
    ],
    [
      "a schema",
      `${HEAD}input: { type: objct }\nsteps:\n  a: { capability: c, output: { $ref: "https://x.example.com/y" } }\n`,
      [
        'T1101 3:16 5 The schema cannot be used: "objct" is not a type; a type is string, number, integer, boolean, object, array or null.',
        'T1101 5:39 25 The schema refers to "https://x.example.com/y", outside of itself.',
      ],
    ],
    [
      "too many fallbacks",
      `${HEAD}steps:\n  a: { capability: c, fallback: [${"x, ".repeat(100)}x] }\n`,
      ["T1017 4:23 8 A step has at most 99 fallbacks."],
    ],
    [
      "a file that is too large",
      `# ${"x".repeat(8_500_000)}`,
      ["T1003 1:1 1 The file has 8500002 characters; the limit is 8388608. Keep data out of the definition: give it as input."],
    ],
    ["a value that is nested too deeply", `${HEAD}output: ${"[".repeat(300)}${"]".repeat(300)}\n`, ["T1017"]],
    ["a value so deep that no reader survives it", `${HEAD}output: ${"[".repeat(50_000)}${"]".repeat(50_000)}\n`, ["T1002"]],
    [
      "aliases that multiply",
      `a: &a [1,1,1,1,1,1,1,1,1,1]\n${["b", "c", "d", "e", "f", "g", "h"].map((name, index) => `${name}: &${name} [${`*${"abcdefg"[index]},`.repeat(9)}*${"abcdefg"[index]}]\n`).join("")}`,
      ["T1002 1:1 1 The file cannot be read: Excessive alias count indicates a resource exhaustion attack."],
    ],
  ];
  it.each(cases)("%s", (_, text, expected) => {
    const found = problems(text);
    // An expectation may be the beginning of what is said.
    expect(found.map((line, index) => line.slice(0, expected[index]?.length))).toEqual(expected);
  });

  it("an agent that nobody declares is a problem when the caller says which there are", () => {
    const text = `${HEAD}agents: { planner: { local: p } }\nsteps:\n  a: { agent: planer }\n`;
    expect(loadText(text, "w.yaml").ok).toBe(true);
    expect(problems(text, { agents: [] })).toEqual(['T1302 5:15 6 unknown agent "planer". Did you mean "planner"?']);
  });

  it("any text at all is loaded or refused with problems that point into it", () => {
    const piece = fc.constantFrom(
      "a: ",
      "b",
      "\n",
      "  ",
      "- ",
      "{",
      "}",
      "[",
      "]",
      '"',
      "'",
      ": ",
      "${{",
      "}}",
      "#",
      "&x ",
      "*x",
      "|",
      ">",
      "tutti: '1.0'\n",
      "name: w\n",
      "steps:\n",
      "  a: {capability: c}\n",
      "\u0000",
      "é😀",
      "!t ",
      "? ",
      "--- ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("");
        const loaded = loadText(text, "w.yaml");
        if (loaded.ok) return;
        const lines = text.split("\n");
        for (const found of loaded.error) {
          expect(found.line).toBeGreaterThanOrEqual(1);
          expect(found.line).toBeLessThanOrEqual(lines.length);
          expect(found.column).toBeGreaterThanOrEqual(1);
          expect(found.length).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
