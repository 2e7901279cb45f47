// Prints the running kernel's types as a C header and has clang check every struct's size and every member's offset.
//
//   node test/corpus/vmlinux-header.mjs [BTF file]
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Btf } from "../../packages/loader/dist/btf/index.js";

const MOST_MILLISECONDS = 1000;

/**
 * @param {string} path of a BTF blob
 * @param {{ clang?: string }} options
 * @returns what was counted, and what clang had to say: `differences` is empty when all agrees
 */
export function checkHeader(path = "/sys/kernel/btf/vmlinux", { clang = process.env["CLANG"] ?? "clang-19" } = {}) {
  const btf = Btf.parse(new Uint8Array(readFileSync(path)));
  const start = process.cpuUsage();
  btf.toC();
  const { user } = process.cpuUsage(start);
  const milliseconds = user / 1000;
  const header = btf.toC({ layoutAssertions: true });
  let structs = 0;
  for (let id = btf.firstTypeId; id < btf.typeCount; id++) {
    const kind = btf.kind(id);
    if ((kind === "struct" || kind === "union") && btf.name(id) !== "") structs++;
  }
  const sizes = header.match(/^_Static_assert\(sizeof/gm)?.length ?? 0;
  const offsets = header.match(/^_Static_assert\(__builtin_offsetof/gm)?.length ?? 0;
  const differences = compile(clang, header);
  if (sizes !== structs) differences.push(`${structs} structs have names, and ${sizes} were printed`);
  if (milliseconds > MOST_MILLISECONDS) differences.push(`printing took ${Math.round(milliseconds)} ms`);
  return { types: btf.typeCount, structs, sizes, offsets, milliseconds, differences };
}

function compile(clang, header) {
  const directory = mkdtempSync(join(tmpdir(), "vmlinux-h-"));
  try {
    const path = join(directory, "vmlinux.h");
    writeFileSync(path, header);
    const run = spawnSync(clang, ["-target", "bpf", "-Wall", "-Werror", "-fsyntax-only", "-x", "c", path], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (run.error !== undefined) return [run.error.message];
    return run.status === 0 ? [] : run.stderr.split("\n").filter((line) => /error|warning/.test(line));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { types, sizes, offsets, milliseconds, differences } = checkHeader(process.argv[2]);
  console.log(`${types} types printed in ${Math.round(milliseconds)} ms of processor time`);
  console.log(`clang gives ${sizes} structs the sizes and ${offsets} members the offsets that BTF says`);
  for (const difference of differences.slice(0, 20)) console.error(difference);
  if (differences.length > 0) process.exitCode = 1;
}
