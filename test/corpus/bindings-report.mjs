// Whether every object gets bindings, and these type-check: as a table and a list.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "../../packages/codegen/dist/index.js";
import { CollectionSpec } from "../../packages/loader/dist/spec/index.js";
import { output } from "./pool.mjs";

const root = join(import.meta.dirname, "../..");
const SECONDS = 600;
/** Warnings that are shown of a corpus. */
const MOST_SHOWN = 10;

const UNREADABLE = "the loader reads it as little: it is compared with libbpf above";
/** Objects that get none, and why that is meant to be. */
const refusals = [[/^cilium\/loader_nobtf/, "compiled without types"]];

/**
 * Generates bindings of the objects that were built, type-checks them all at once, and prints what came out.
 * @returns how many objects have none, or some that do not type-check, for no known reason
 */
export async function reportBindings(names, objects) {
  const built = objects.filter(({ failure }) => failure === undefined);
  // Inside of the repository, where bpf-loader is found.
  const folder = join(root, "node_modules/.cache/corpus-bindings");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    const bound = built.map((object, index) => bind(object, join(folder, `${index}.ts`)));
    const mistakes = await typeCheck(folder);
    for (const [index, object] of bound.entries()) object.mistakes = mistakes.get(index) ?? [];
    console.log("\nBindings of bpf-codegen, type-checked under the strictest options");
    for (const corpus of names) printCounts(corpus, bound);
    const wrong = bound.filter(({ refused, mistakes, reason }) => mistakes.length > 0 || (refused && !reason));
    for (const { corpus, name, refused, mistakes } of wrong)
      console.log(`  ${corpus}/${name}: ${refused ?? mistakes[0]}`);
    return wrong.length;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bind({ corpus, name, path }, file) {
  const start = process.cpuUsage();
  try {
    // Its bytes are in the modules of no use.
    const { code, warnings } = generate(new Uint8Array(readFileSync(path)), { file: `${name}.bpf.o`, embed: "none" });
    writeFileSync(file, code);
    return { corpus, name, warnings, lines: code.split("\n").length, time: process.cpuUsage(start).user };
  } catch (error) {
    const place = `${corpus}/${name}`;
    const reason =
      refusals.find(([objects]) => objects.test(place))?.[1] ?? (isReadable(path) ? undefined : UNREADABLE);
    return { corpus, name, refused: error.message.split("\n", 1)[0], reason, warnings: [], lines: 0, time: 0 };
  }
}

function isReadable(path) {
  try {
    CollectionSpec.parse(new Uint8Array(readFileSync(path)));
    return true;
  } catch {
    return false;
  }
}

/** @returns messages of the compiler by the number of the file, and under NaN those of none */
async function typeCheck(folder) {
  const settings = { extends: "../../../test/golden/tsconfig.json", include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const { stdout, stderr } = await output(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", folder],
    SECONDS,
  );
  const messages = new Map();
  for (const line of `${stdout}${stderr}`.split("\n").filter((text) => text !== "")) {
    const number = Number(/(\d+)\.ts\(/.exec(line)?.[1]);
    messages.set(number, [...(messages.get(number) ?? []), line]);
  }
  if (messages.has(NaN)) console.log(messages.get(NaN).join("\n"));
  return messages;
}

function printCounts(corpus, bound) {
  const own = bound.filter((object) => object.corpus === corpus);
  const refused = own.filter((object) => object.refused);
  const total = (count) => own.reduce((sum, object) => sum + count(object), 0);
  console.log(
    `  ${corpus}: ${own.length} objects, ${own.length - refused.length} with bindings, ${total(({ lines }) => lines)} lines in ` +
      `${(total(({ time }) => time) / 1e6).toFixed(1)} s, ${own.filter(({ mistakes }) => mistakes.length > 0).length} do not type-check`,
  );
  for (const { name, refused: why, reason } of refused)
    console.log(`    no bindings of ${name}: ${why}${reason ? ` (${reason})` : ""}`);
  const warnings = own.flatMap((object) => object.warnings.map((warning) => `${object.name}: ${warning}`));
  for (const warning of warnings.slice(0, MOST_SHOWN)) console.log(`    warned of ${warning}`);
  if (warnings.length > MOST_SHOWN) console.log(`    and ${warnings.length - MOST_SHOWN} more warnings`);
}
