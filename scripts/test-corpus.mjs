// `npm run test:corpus`: what we read from objects of other projects and load of them, beside what libbpf does.
// `--only NAME` takes one corpus, `--match TEXT` objects with a text in their name, `--json FILE` writes all reports.
import { writeFileSync } from "node:fs";
import { endianness, release } from "node:os";
import { parseArgs } from "node:util";
import { compileWithLibbpf, PeerError } from "../test/bench/peers.mjs";
import { reportBindings } from "../test/corpus/bindings-report.mjs";
import { differences } from "../test/corpus/compare.mjs";
import { installTools } from "../test/corpus/debian.mjs";
import { decided } from "../test/corpus/decided.mjs";
import { reportDisassembly } from "../test/corpus/disassembly-report.mjs";
import { orderDependent, unexpected } from "../test/corpus/expected.mjs";
import { ciliumObjects, selftestObjects, toolchain, xdpToolsObjects } from "../test/corpus/objects.mjs";
import { inParallel, output } from "../test/corpus/pool.mjs";
import { printDifferences, printTable } from "../test/corpus/print.mjs";
import { reportHeader } from "../test/corpus/vmlinux-header.mjs";
import { build } from "./build.mjs";
import { main, root, StepError } from "./steps.mjs";

/** An object whose programs run into the verifier's limit of a million instructions, several times, takes the longest. */
const SECONDS = 180;

const say = (text) => process.stderr.write(`${text}\n`);

const seconds = (from, to) => ((to - from) / 1000).toFixed(0);

/** Asks libbpf and us about an object. */
async function examine(tools, object) {
  const { corpus, name, path, failure } = object;
  if (failure !== undefined) return { ...object, found: [] };
  const [theirs, ours] = [
    await report(tools.oracle.program, [path]),
    await report(process.execPath, [`${root}test/corpus/ours.mjs`, path, ...(isForeign(name) ? ["--read"] : [])]),
  ];
  const silent = [theirs, ours].find((side) => side.error !== undefined);
  const found =
    silent === undefined
      ? [...differences(theirs, ours), ...(corpus === "cilium" ? unexpected(name, ours) : [])]
      : [{ subject: "object", field: "report", libbpf: theirs.error ?? "", ours: ours.error ?? "", why: "" }];
  for (const difference of found) {
    const { subject, field, libbpf, ours } = difference;
    difference.text = `${corpus}/${name} ${subject} ${field}: libbpf ${libbpf}, ours ${ours}`;
    difference.reason = decided.get(difference.text);
  }
  return { ...object, theirs, ours, found };
}

/** Objects of the other byte order are read only. */
function isForeign(name) {
  return name.endsWith(endianness() === "LE" ? "-eb" : "-el");
}

/** Objects whose other byte order is read differently. */
function addOrderDifferences(examined) {
  const byName = new Map(examined.map((object) => [object.name, object]));
  for (const object of examined) {
    const other = object.name.endsWith("-el") ? byName.get(object.name.replace(/el$/, "eb")) : undefined;
    if (object.ours === undefined || other?.ours === undefined) continue;
    for (const part of orderDependent(object.ours, other.ours)) {
      object.found.push({ text: `${object.corpus}/${object.name} ${part}: ours differ by byte order`, why: "" });
    }
  }
}

async function report(command, args) {
  const { status, signal, stdout, stderr } = await output(command, args, SECONDS);
  if (status === 0) return JSON.parse(stdout);
  return {
    error: signal === "SIGKILL" ? `no answer within ${SECONDS} s` : `ended with ${status ?? signal}: ${stderr.trim()}`,
  };
}

async function objectsOf(tools, only) {
  const corpora = {
    cilium: () => ciliumObjects(tools),
    "xdp-tools": () => xdpToolsObjects(say),
    selftests: () => selftestObjects(tools, say),
  };
  const names = only === undefined ? Object.keys(corpora) : [only];
  const lists = [];
  for (const name of names) {
    if (corpora[name] === undefined)
      throw new StepError(`there is no corpus ${name}: ${Object.keys(corpora).join(", ")}`);
    lists.push(await corpora[name]());
  }
  return { names, objects: lists.flat() };
}

await main(async () => {
  const { values } = parseArgs({
    options: { only: { type: "string" }, match: { type: "string" }, json: { type: "string" } },
  });
  build();
  const started = performance.now();
  try {
    installTools(say);
    if (process.getuid() !== 0) say("Without root nothing loads: objects are read only");
    const tools = toolchain(compileWithLibbpf("oracle", `${root}test/corpus/oracle.c`));
    const { names, objects: all } = await objectsOf(tools, values.only);
    const objects = all.filter(({ name }) => name.includes(values.match ?? ""));
    const compiled = performance.now();
    const examined = await inParallel(
      "Comparing",
      objects,
      ({ name }) => name,
      (object) => examine(tools, object),
    );
    addOrderDifferences(examined);
    if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(examined));
    const times = `built in ${seconds(started, compiled)} s, compared in ${seconds(compiled, performance.now())} s`;
    console.log(`Beside libbpf ${tools.oracle.version} on Linux ${release()}; ${times}\n`);
    printTable(names, examined);
    const differing =
      printDifferences(examined) +
      (await reportDisassembly(names, objects)) +
      (await reportBindings(names, objects)) +
      reportHeader();
    return differing === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof PeerError) throw new StepError(`The corpora can't be had: ${error.message}`);
    throw error;
  }
});
