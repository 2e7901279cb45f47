import { fileURLToPath } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { childProgram } from "../child-process.ts";
import { requireKernel } from "../kernel.ts";

const object = fileURLToPath(new URL("../../packages/loader/src/links/fixtures/attach.el.o", import.meta.url));

/** After so many cycles, what is made once is made and compiled. */
const WARM = 300;
const CYCLES = 600;
/** Bytes. What the process has resident goes up and down by half of it; ten thousand cycles (`npm run soak:live`) are more exact. */
const MOST_GROWTH = 32 * 2 ** 20;
const MOST_OBJECTS = 2 * 2 ** 20;

interface Measure {
  readonly cycle: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly descriptors: number;
  readonly mappings: number;
}

beforeEach(requireKernel);

it("loading, attaching, running and closing takes no memory and no descriptor", { timeout: 300_000 }, async () => {
  using child = await childProgram(new URL("cycles.ts", import.meta.url));
  // Young objects are collected early, so that memory is what is used.
  const flags = ["env", "NODE_OPTIONS=--max-semi-space-size=1"];
  const { stdout, stderr, status } = await child.run(flags, [object, String(CYCLES), String(WARM)]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const measures = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Measure);
  const [first, last] = [measures[0]!, measures.at(-1)!];
  expect([first.cycle, last.cycle]).toEqual([WARM, CYCLES]);
  expect(last.descriptors).toBe(first.descriptors);
  expect([first.mappings, last.mappings]).toEqual([0, 0]);
  expect(last.rss - first.rss).toBeLessThan(MOST_GROWTH);
  expect(last.heapUsed - first.heapUsed).toBeLessThan(MOST_OBJECTS);
});
