import { tmpdir } from "node:os";
import { join } from "node:path";

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that start processes, open ports or kill them: slower, and by themselves, after all others. */
const PROCESS_TESTS = ["test/e2e/**/*.test.ts", "test/crash/**/*.test.ts"];

/** One kind of test: which files, and how long one test of it may take. */
function kind(name: string, include: readonly string[], testTimeout: number, exclude: readonly string[] = []) {
  return {
    extends: true as const,
    test: { name, include: [...include], exclude: [...exclude], testTimeout, hookTimeout: testTimeout },
  };
}

/** Tests that stay in their process. The files of a fork share what they import, which is two fifths of their work, measured. */
function inside(...given: Parameters<typeof kind>) {
  const { test, ...rest } = kind(...given);
  return { ...rest, test: { ...test, isolate: false } };
}

/** They mostly wait for the processes that they start: a third fork has room beside two. */
function processes() {
  const { test, ...rest } = kind("processes", PROCESS_TESTS, 180_000);
  return { ...rest, test: { ...test, maxWorkers: 3, sequence: { groupOrder: 1 } } };
}

/** The sweeps take longest, and vitest, which has no times of a fresh clone, would begin them last: alone, then, beside idle forks. */
class SweepsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const inOrder = await BaseSequencer.prototype.sort.call(this, files);
    const byProject = Map.groupBy(inOrder, ({ project }) => project.name);
    const isSweep = ({ moduleId }: TestSpecification): boolean => moduleId.includes("sweep");
    return [...byProject.values()].flatMap((all) => [...all.filter(isSweep), ...all.filter((file) => !isSweep(file))]);
  }
}

export default defineConfig({
  // `import … from "tutti"` in tests and examples means the sources, not the build (decision 0004).
  resolve: {
    conditions: ["source"],
    alias: [
      { find: /^tutti$/, replacement: join(import.meta.dirname, "src/index.ts") },
      { find: /^tutti\/testing$/, replacement: join(import.meta.dirname, "src/testing/index.ts") },
    ],
  },
  test: {
    pool: "forks",
    sequence: { sequencer: SweepsFirst },
    // Two forks: a laptop and a small CI machine stay usable, and timings stay comparable.
    maxWorkers: 2,
    // Processes that tests start share what one of them has compiled: a third of their work, measured.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), "tutti-test-compiled") },
    // Node resolves what Vite leaves alone, and child processes inherit it.
    execArgv: ["--conditions=source"],
    // What is waited for comes at once, but for a machine that does other things, too.
    expect: { poll: { timeout: 8_000 } },
    // What a test has replaced is put back, since the next file may be in the same process.
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      inside("house", ["test/*.test.ts"], 60_000),
      inside("unit", ["test/**/*.test.ts"], 10_000, ["test/*.test.ts", "test/{conformance,scenario,pins,types}/**", ...PROCESS_TESTS]),
      inside("conformance", ["test/conformance/**/*.test.ts"], 30_000),
      inside("scenario", ["test/scenario/**/*.test.ts"], 30_000),
      inside("pins", ["test/pins/**/*.test.ts", "test/types/**/*.test.ts"], 10_000),
      processes(),
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
      reportOnFailure: true,
      // Pure folders are tested whole (style.md, rule 29); elsewhere coverage is a lamp, not a target.
      thresholds: {
        "src/definition/**": { branches: 99, functions: 99, lines: 99, statements: 99 },
        "src/scheduler/**": { branches: 100, functions: 100, lines: 100, statements: 100 },
      },
    },
  },
});
