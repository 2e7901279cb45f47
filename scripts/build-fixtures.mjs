// Compiles each *.bpf.c of the repository: in folders named `fixtures` to x.el.o and x.eb.o (both byte orders), elsewhere to x.bpf.o
// (little endian, without DWARF: bindings embed these). The objects are committed, so that nobody needs clang to build or test.
//
//   node scripts/build-fixtures.mjs [--check] [name…]
//
// --check compares with what is committed instead of writing it. Names choose the sources whose path contains one of them.
// The bytes depend on the compiler: the committed ones are clang 19's.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { main, root, step, StepError } from "./steps.mjs";

const CLANG = "clang-19";
const STRIP = "llvm-strip-19";
const FLAGS = ["-O2", "-g", "-mcpu=v3", "-fno-ident", "-Wall", "-Werror"];
const FOLDERS = ["packages", "examples", "test"];

function sources() {
  const found = [];
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== "node_modules" && entry.name !== "dist") visit(path);
      else if (entry.name.endsWith(".bpf.c")) found.push(path);
    }
  };
  for (const folder of FOLDERS) visit(join(root, folder));
  return found.sort((left, right) => (left < right ? -1 : 1));
}

/** What a source is compiled to. */
function outputs(source) {
  const stem = join(dirname(source), basename(source, ".bpf.c"));
  if (basename(dirname(source)) !== "fixtures") return [{ object: `${stem}.bpf.o`, target: "bpfel", strip: true }];
  return [
    { object: `${stem}.el.o`, target: "bpfel", strip: false },
    { object: `${stem}.eb.o`, target: "bpfeb", strip: false },
  ];
}

/** @returns the object's bytes; they say nothing about where they were made */
function compile(source, { target, strip }, scratch) {
  const folder = dirname(source);
  const object = join(scratch, "out.o");
  // Paths in debug information are relative to the source's own folder: compile from inside of it.
  const args = [...FLAGS, "-target", target, `-fdebug-prefix-map=${folder}=.`, "-c", basename(source), "-o", object];
  step(`${relative(root, source)} (${target})`, CLANG, args, { cwd: folder });
  // BTF stays.
  if (strip) step(`${relative(root, source)} (stripped)`, STRIP, ["-g", object], { cwd: folder });
  return readFileSync(object);
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

await main(() => {
  const { values, positionals } = parseArgs({ options: { check: { type: "boolean" } }, allowPositionals: true });
  const missing = [CLANG, STRIP].filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
  if (missing.length > 0) {
    process.stderr.write(`${missing.join(" and ")} missing: the compiled objects are neither built nor checked\n`);
    return values.check ? 0 : 1;
  }
  const wanted = sources().filter(
    (path) => positionals.length === 0 || positionals.some((name) => path.includes(name)),
  );
  const different = [];
  const scratch = mkdtempSync(join(tmpdir(), "fixtures-"));
  try {
    for (const source of wanted) {
      for (const output of outputs(source)) {
        const { object } = output;
        const bytes = compile(source, output, scratch);
        if (readIfThere(object)?.equals(bytes)) continue;
        if (values.check) different.push(relative(root, object));
        else writeFileSync(object, bytes);
      }
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  if (different.length === 0) return 0;
  throw new StepError(
    `not what ${CLANG} makes of their sources: ${different.join(", ")}\nrun: node scripts/build-fixtures.mjs`,
  );
});
