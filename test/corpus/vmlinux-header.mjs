// Prints the running kernel's types as a C header and has clang check every struct's size and every member's offset.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Btf } from "../../packages/loader/dist/btf/index.js";

const KERNEL_TYPES = "/sys/kernel/btf/vmlinux";
/** Differences that are shown. */
const SHOWN = 20;

/**
 * Prints what was counted and each difference.
 * @returns {number} of differences
 */
export function reportHeader() {
  if (!existsSync(KERNEL_TYPES)) {
    console.log(`\nNo C header of the kernel's types: there is no ${KERNEL_TYPES}`);
    return 0;
  }
  const btf = Btf.parse(new Uint8Array(readFileSync(KERNEL_TYPES)));
  const start = process.cpuUsage();
  btf.toC();
  const { user } = process.cpuUsage(start);
  const header = btf.toC({ layoutAssertions: true });
  let structs = 0;
  for (let id = btf.firstTypeId; id < btf.typeCount; id++) {
    const kind = btf.kind(id);
    if ((kind === "struct" || kind === "union") && btf.name(id) !== "") structs++;
  }
  const sizes = header.match(/^_Static_assert\(sizeof/gm)?.length ?? 0;
  const offsets = header.match(/^_Static_assert\(__builtin_offsetof/gm)?.length ?? 0;
  const differences = compile("clang-19", header);
  if (sizes !== structs) differences.push(`${structs} structs have names, and ${sizes} were printed`);
  console.log(
    `\nThe kernel's types as a C header: ${btf.typeCount} types in ${(user / 1e6).toFixed(2)} s of processor time; clang gives ` +
      `${sizes} structs the sizes and ${offsets} members the offsets that BTF says, with ${differences.length} differences`,
  );
  for (const difference of differences.slice(0, SHOWN)) console.log(difference);
  return differences.length;
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
