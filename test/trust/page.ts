/** The report as a page, and as sentences for the README. */
import type { Figures } from "../support/trust-figures.ts";
import type { About } from "./about.ts";
import type { LongRun, Planted, SeedRun, Trial, TrustReport } from "./report.ts";

/** What a test with real processes tried, by the name of its figures. */
const TRIALS: { readonly [name: string]: string } = {
  "crash-sweep": "SIGKILL at the failpoints of a process that runs workflows",
  "served-sweep": "SIGKILL at the failpoints of a server with tasks in every state",
  "disk-full": "a disk that is full (a small tmpfs)",
  "file-size": "a file that may not grow (`prlimit --fsize`)",
  "io-errors": "I/O errors at the Nth write",
  "frozen-owner": "a process that is stopped (SIGSTOP) and goes on",
  "clock-jumps": "a clock that jumps (libfaketime)",
  "wire-fuzz": "requests of random bytes and broken messages",
  "file-fuzz": "broken workflow files",
  "expression-fuzz": "random expressions",
  "private-addresses": "spellings of private addresses, against the way out",
};

export function pageOf(report: TrustReport): string {
  const { last, longest } = report;
  return [
    "# Trust report",
    "Made by `npm run trust` and `npm run simulate:seeds`; never edited by hand. The real bugs that this work has found are in [found-bugs.md](found-bugs.md).",
    "A *simulated world* is the real scheduler, host, effects and A2A client on simulated time, disk, network and agents, all from one number; an auditor that knows nothing of the engine reads the histories and the agents' diaries. In a quarter of the worlds two tenants have runs of the same ids in one process, and try to see each other's. A *planted bug* is a mistake put into the engine on purpose, which the audit has to notice.",
    ...(longest === null ? [] : pageOfLongest(longest)),
    ...(last === null ? [] : pageOfTrial(last)),
  ].join("\n\n");
}

function pageOfLongest({ about, seeds }: LongRun): readonly string[] {
  return ["## The longest run of seeds", madeBy(about, seeds.seconds), seedTable(seeds)];
}

function pageOfTrial(trial: Trial): readonly string[] {
  const { about, seconds, seeds, planted, tests, figures, size } = trial;
  const failed = tests.failed.map((title) => `- failed: ${title}`);
  return [
    "## The last time that everything was tried",
    madeBy(about, seconds),
    `### Simulated worlds\n\n${seedTable(seeds)}`,
    `Faults that struck, and were survived:\n\n${faultTable(seeds)}`,
    `### Planted bugs\n\n${planted.found} of ${planted.planted} bugs planted into the engine were found; in the engine without one, ${planted.foundInSound === null ? "nothing was" : `this was, too: ${planted.foundInSound}`}.\n\n${plantedTable(planted)}`,
    `### Real processes, files and sockets\n\n${tests.passed} tests passed, ${tests.failed.length} failed, ${skipsIn(trial)}; size of the sweeps: ${size}.\n\n${figureTable(figures)}`,
    ...(failed.length === 0 ? [] : [failed.join("\n")]),
  ];
}

/** Every test that is skipped says why; the reasons are in the table of figures. */
function skipsIn({ tests: { skipped }, figures }: Trial): string {
  const silent = skipped - total(figures, "skipped");
  return `${skipped} were skipped${silent > 0 ? `, ${silent} of them without a reason` : ""}`;
}

function madeBy({ commit, isChanged, date, machine, versions }: About, seconds: number): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${date}, commit \`${commit}\`${isChanged ? " with changes" : ""}, in ${duration(seconds)} on ${machine}; ${programs.join(", ")}.`;
}

function duration(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} minutes`;
}

function seedTable({ first, seeds, cases, runs, facts, deaths, faults, violations }: SeedRun): string {
  const struck = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const ends = Object.entries(runs).map(([status, count]) => `${number(count)} ${status}`);
  return table(
    ["", ""],
    [
      ["seeds", `${number(seeds)}, from ${first} on`],
      ["random workflows", number(cases)],
      ["runs", ends.toSorted().join(", ")],
      ["facts audited", number(facts)],
      ["deaths of a process", number(deaths)],
      ["faults that struck", number(struck)],
      ["broken promises", number(violations)],
    ],
  );
}

function faultTable({ faults }: SeedRun): string {
  const rows = Object.entries(faults).toSorted(([, a], [, b]) => b - a);
  return table(
    ["fault", "times"],
    rows.map(([name, count]) => [name, number(count)]),
  );
}

function plantedTable({ bugs }: Planted): string {
  return table(
    ["bug", "what the engine does wrong", "found after", "by"],
    bugs.map(({ id, sentence, seeds, foundBy }) => [
      id,
      sentence,
      foundBy === null ? "**not found**" : `${seeds} ${seeds === 1 ? "seed" : "seeds"}`,
      foundBy ?? "",
    ]),
  );
}

function figureTable(figures: Trial["figures"]): string {
  return table(
    ["what was tried", "figures"],
    Object.entries(figures).map(([name, of]) => [TRIALS[name] ?? name.replaceAll("-", " "), figuresIn(of)]),
  );
}

function figuresIn(figures: Figures): string {
  const { reason, skipped } = figures;
  if (typeof reason === "string") return `${String(skipped)} skipped: ${reason}`;
  return Object.entries(figures)
    .map(([name, value]) => `${wordsOf(name)} ${typeof value === "number" && name !== "seed" ? number(value) : String(value)}`)
    .join(", ");
}

function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function number(value: number): string {
  return value.toLocaleString("en");
}

/** What the README says of the report; the test of it fails when the two disagree. */
export function sentencesOf({ last, longest }: TrustReport): string {
  const long =
    longest === null
      ? []
      : [
          `- **${number(longest.seeds.seeds)} simulated worlds** (${longest.about.date}): ${number(longest.seeds.cases)} random workflows under crashes, lost and doubled messages, and agents that fail; every history audited: ${number(longest.seeds.violations)} broken promises.`,
        ];
  return [...long, ...(last === null ? [] : trialSentences(last, longest === null ? "simulated worlds" : "of them in every report"))].join(
    "\n",
  );
}

function trialSentences({ about, seeds, planted, tests, figures }: Trial, what: string): readonly string[] {
  const [points, doubles] = [total(figures, "points"), total(figures, "doubles")];
  const [lost, duplicates, stuck] = ["lost", "duplicates", "stuck"].map((name) => total(figures, name));
  return [
    `- **${number(seeds.seeds)} ${what}** (${about.date}, commit \`${about.commit}\`): ${number(seeds.violations)} broken promises.`,
    `- **${planted.found} of ${planted.planted} planted bugs found**: mistakes put into the engine on purpose, one at a time, each given away by an audit.`,
    `- **${number(points)} kills and other blows at real processes**, and ${number(doubles)} at processes that were taking up what another one had left: ${lost} runs lost, ${duplicates} completions doubled, ${stuck} stuck.`,
    ...(tests.skipped === 0 ? [] : [`- ${number(tests.skipped)} tests could not be tried on that machine: ${reasonsIn(figures)}.`]),
  ];
}

function reasonsIn(figures: Trial["figures"]): string {
  const skipped = Object.entries(figures).filter(([, { reason }]) => typeof reason === "string");
  return skipped.map(([name, { reason }]) => `${TRIALS[name] ?? name} (${String(reason)})`).join(", ") || "nobody says why";
}

function total(figures: Trial["figures"], name: string): number {
  return Object.values(figures).reduce((sum, of) => sum + (typeof of[name] === "number" ? of[name] : 0), 0);
}
