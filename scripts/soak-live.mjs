// `npm run soak:live`: loads, attaches, runs and closes ten thousand times in one process, as root. Memory and descriptors are to stay as
// they are.
//
//   npm run soak:live -- [--cycles 10000]
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { compile } from "../test/vm/bundle.mjs";
import { build } from "./build.mjs";
import { main, root, StepError } from "./steps.mjs";

/** Lines that are printed. */
const MEASURES = 10;
/** Bytes that the process may have more in the second half than in the first, at its least: it goes up and down by 16 MB. */
const MOST_GROWTH = 8 * 2 ** 20;
const MEGABYTE = 2 ** 20;

/** Bytes that were resident at the least. */
const least = (measures) => Math.min(...measures.map(({ rss }) => rss));

await main(async () => {
  const { values } = parseArgs({ options: { cycles: { type: "string", default: "10000" } } });
  const cycles = Number(values.cycles);
  if (!(cycles >= MEASURES)) throw new StepError(`--cycles takes a number from ${MEASURES} on, not ${values.cycles}`);
  if (process.getuid?.() !== 0) throw new StepError("programs are loaded into the kernel by root only");
  build();
  const folder = join(root, ".cache/soak-live", String(process.pid));
  const path = await compile({ cycles: join(root, "test/soak/cycles.ts") }, folder);
  const object = join(root, "packages/loader/src/links/fixtures/attach.el.o");
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ["--max-semi-space-size=1", path("cycles"), object, cycles, Math.floor(cycles / MEASURES)].map(String),
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const closed = new Promise((resolve) => child.once("close", resolve));
  const measures = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const measure = JSON.parse(line);
    measures.push(measure);
    const { cycle, rss, heapUsed, descriptors, mappings } = measure;
    const megabytes = [rss, heapUsed].map((bytes) => (bytes / MEGABYTE).toFixed(1));
    console.log(
      `${cycle} cycles: ${megabytes[0]} MB resident, ${megabytes[1]} MB of it objects; ${descriptors} descriptors, ${mappings} mappings`,
    );
  }
  await closed;
  rmSync(folder, { recursive: true });
  const [first, last] = [measures[0], measures.at(-1)];
  if (child.exitCode !== 0 || last?.cycle !== Math.floor(cycles / MEASURES) * MEASURES) {
    throw new StepError(`the cycles ended with ${child.exitCode ?? child.signalCode}`);
  }
  const growth = least(measures.slice(MEASURES / 2)) - least(measures.slice(0, MEASURES / 2));
  const milliseconds = (performance.now() - started) / cycles;
  console.log(`${milliseconds.toFixed(2)} ms a cycle; ${(growth / MEGABYTE).toFixed(1)} MB more in the second half`);
  const problems = [];
  if (growth > MOST_GROWTH) problems.push("memory grows");
  if (last.descriptors !== first.descriptors) problems.push("descriptors are left open");
  if (last.mappings > 0) problems.push("mappings are left");
  if (problems.length === 0) return 0;
  console.log(problems.join("; "));
  return 1;
});
