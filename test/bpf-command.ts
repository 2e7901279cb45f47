import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

/** The command of the loader's package, as `npm run build` made it. */
export const bpfCommand: string = fileURLToPath(new URL("../packages/loader/bin/bpf.cjs", import.meta.url));

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `bpf` with its output in pipes. */
export function runBpf(args: readonly string[], environment: NodeJS.ProcessEnv = {}): CommandResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bpfCommand, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

/** What `bpf … --json` prints. */
export function bpfJson(args: readonly string[]): unknown {
  const { status, stdout, stderr } = runBpf([...args, "--json"]);
  if (status !== 0) throw new Error(`bpf ${args.join(" ")} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * What `bpf` prints on a terminal of this size, without styles; `undefined` where script(1) is missing.
 */
export function onTerminal(args: readonly string[], columns: number, rows = 24): string | undefined {
  const words = [process.execPath, bpfCommand, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const command = `stty cols ${columns} rows ${rows}; exec ${words}`;
  const { status, stdout, stderr, error } = spawnSync("script", ["-qec", command, "/dev/null"], {
    encoding: "utf8",
    env: { ...process.env, TERM: "xterm-256color", NO_COLOR: "" },
  });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`bpf ${args.join(" ")} ended with ${status}: ${stdout}${stderr}`);
  return stripVTControlCharacters(stdout).replaceAll("\r\n", "\n");
}
