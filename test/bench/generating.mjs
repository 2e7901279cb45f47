// Rows of the benchmark: bindings of objects, beside `bpftool gen skeleton` and the generator of cilium/ebpf.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { generate } from "../../packages/codegen/dist/index.js";
import { thousandTypes } from "../golden/thousand-types.mjs";
import { coreObjects } from "./objects.mjs";
import { PeerError, run } from "./peers.mjs";
import { inTurns, processesInTurns } from "./turns.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const command = [process.execPath, path("../../packages/codegen/bin/bpf-codegen.cjs")];
const bpftool = process.env["BPFTOOL"] ?? "bpftool";

const ROUNDS = 200;
const PROCESSES = 15;
/** In ns; of processes, more than a bare start of Node takes. */
const MOST = { generating: 4e6, process: 45e6, processWithDebug: 80e6, importing: 30e6 };
/** In bytes. */
const LARGEST_BUNDLE = 25_000;

/** @param {{ cilium?: { program: string } }} peers */
export async function generatingRows({ cilium }) {
  const { shipped, debug } = coreObjects();
  return [
    ...inProcess(shipped, cilium),
    ...processes("bindings of an object of 142 KB, 12 programs", shipped, MOST.process),
    ...processes("bindings of it with its debug information, 3.6 MB", debug, MOST.processWithDebug),
    ...(await ofThousandTypes()),
    ...(await bundleRows()),
  ];
}

function inProcess(object, cilium) {
  const [ours, theirs] = inTurns(3, [
    [process.execPath, path("generate.mjs"), object, String(ROUNDS)],
    ...(cilium === undefined ? [] : [[cilium.program, "generate", object, String(ROUNDS)]]),
  ]);
  const label = "bindings of an object of 142 KB, 12 programs, in a process that did it before";
  const alone = { label, ours, compare: "none", target: MOST.generating };
  return theirs === undefined
    ? [alone]
    : [alone, { label: "  cilium/ebpf", reference: theirs, ours, compare: "ratio" }];
}

function processes(label, object, target) {
  const hasBpftool = canRun(bpftool);
  const [bare, ours, theirs] = processesInTurns(PROCESSES, [
    [process.execPath, "-e", "0"],
    [...command, object],
    ...(hasBpftool ? [[bpftool, "gen", "skeleton", object]] : []),
  ]);
  const row = {
    label: `${label}, as a process; a bare start of Node`,
    reference: bare,
    ours,
    compare: "difference",
    target,
  };
  return hasBpftool ? [row, { label: "  bpftool gen skeleton", reference: theirs, ours, compare: "ratio" }] : [row];
}

function canRun(program) {
  try {
    run(program, ["version"]);
    return true;
  } catch (error) {
    if (error instanceof PeerError) return false;
    throw error;
  }
}

async function ofThousandTypes() {
  const { bytes, options } = thousandTypes();
  const script = await asScript("thousand-types", generate(bytes, options).code);
  try {
    const [ours] = inTurns(PROCESSES, [[process.execPath, path("import-types.mjs"), script.path]]);
    return [{ label: "import of a module of 1,000 types", ours, compare: "none", target: MOST.importing }];
  } finally {
    script.remove();
  }
}

/** A module in JavaScript, where bpf-loader is found. */
async function asScript(name, code) {
  const folder = scratch();
  const [source, file] = [join(folder, `${name}.ts`), join(folder, `${name}.mjs`)];
  writeFileSync(source, code);
  const bundle = await rolldown({ input: source, external: [/^bpf-loader/], platform: "node", logLevel: "silent" });
  await bundle.write({ file });
  await bundle.close();
  return { path: file, remove: () => rmSync(folder, { recursive: true }) };
}

/** What a bundler keeps of the loader and of the bindings of a small object, whose bytes are not in them. */
async function bundleRows() {
  const bindings = JSON.stringify(path("../golden/expected/detached.ts"));
  const all = await bundled(`export { detached, Event } from ${bindings};\n`);
  const decoding = await bundled(`export { Event } from ${bindings};\n`);
  return [
    bytesRow("bindings of a small object in a bundle, minified", all.atOnce, LARGEST_BUNDLE),
    bytesRow("  what they import when they first load it", all.later),
    bytesRow("  what is kept where they only decode its events", decoding.atOnce + decoding.later),
  ];
}

function bytesRow(label, bytes, target) {
  return { label, ours: { median: bytes, best: bytes }, unit: "bytes", compare: "none", target };
}

/** @returns sizes of what is imported at once, and of what is imported only when something asks for it */
async function bundled(code) {
  const folder = scratch();
  const input = join(folder, "main.ts");
  writeFileSync(input, code);
  try {
    const bundle = await rolldown({
      input,
      platform: "node",
      logLevel: "silent",
      resolve: { alias: { "bpf-loader/codegen-runtime/v1": path("../../packages/loader/dist/codegen-runtime/v1.js") } },
    });
    const { output } = await bundle.generate({ minify: true });
    await bundle.close();
    const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));
    const atOnce = new Set();
    const visit = (name) => {
      if (atOnce.has(name) || !chunks.has(name)) return;
      atOnce.add(name);
      chunks.get(name).imports.forEach(visit);
    };
    for (const { isEntry, fileName } of output) if (isEntry) visit(fileName);
    const size = (names) => names.reduce((sum, name) => sum + chunks.get(name).code.length, 0);
    const names = [...chunks.keys()];
    return {
      atOnce: size(names.filter((name) => atOnce.has(name))),
      later: size(names.filter((name) => !atOnce.has(name))),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A folder from which bpf-loader is found. */
function scratch() {
  const cache = path("../../node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, "bench-"));
}
