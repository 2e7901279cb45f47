import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = ["clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16"];

/** The clang to compile BPF with: `$CLANG`, or one that is installed. */
export const clang: string | undefined = (process.env["CLANG"] === undefined ? NAMES : [process.env["CLANG"]]).find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);

export const whyNoClang = "no clang is installed: apt-get install clang-19";

/** Compiles C for BPF with -g. Throws with what clang says, warnings included. */
export function compile(source: string, target: "bpf" | "bpfeb" = "bpf"): Uint8Array {
  if (clang === undefined) throw new Error(whyNoClang);
  const directory = mkdtempSync(join(tmpdir(), "to-c-"));
  try {
    const path = join(directory, "x.c");
    const object = join(directory, "x.o");
    writeFileSync(path, source);
    const flags = ["-target", target, "-g", "-O2", "-Wall", "-Werror", "-c", path, "-o", object];
    const run = spawnSync(clang, flags, { encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    return new Uint8Array(readFileSync(object));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
