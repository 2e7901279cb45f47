import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What a process left. */
interface ChildOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program for a Node of its own: what drops privileges, or changes what all of a process has. */
export interface ChildProgram {
  /** Runs it, with a command in front such as `setpriv` that runs another. */
  run(before?: readonly string[], args?: readonly string[]): Promise<ChildOutcome>;
  [Symbol.dispose](): void;
}

/**
 * Makes a program of TypeScript: a file, or text, in which `bpf-loader` is the loader's source and files are named from this folder.
 * What it prints is for the caller to read.
 */
export async function childProgram(program: string | URL): Promise<ChildProgram> {
  // The addon is looked for two folders above the code.
  const folder = mkdtempSync(join(tmpdir(), "bpf-child-"));
  chmodSync(folder, 0o755);
  const code = join(folder, "a", "b");
  mkdirSync(code, { recursive: true });
  symlinkSync(source("../packages/loader/prebuilds"), join(folder, "prebuilds"));
  const entry = typeof program === "string" ? join(folder, "entry.ts") : fileURLToPath(program);
  if (typeof program === "string") writeFileSync(entry, program);
  const file = join(code, "child.mjs");
  try {
    await bundle(entry, file);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    run: (before = [], args = []) => outcomeOf([...before, process.execPath, file, ...args]),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

async function bundle(input: string, file: string): Promise<void> {
  const build = await rolldown({
    input,
    platform: "node",
    transform: { target: "node20" },
    resolve: { alias: { "bpf-loader": source("../packages/loader/src/index.ts") } },
    logLevel: "silent",
  });
  await build.write({ file, format: "esm", codeSplitting: false });
  await build.close();
}

function outcomeOf([command = "", ...args]: readonly string[]): Promise<ChildOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}
