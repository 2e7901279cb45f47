/**
 * Commands that the example starts itself, so that there is something to see on a quiet machine.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

interface DemoCommand {
  readonly command: readonly [string, ...string[]];
  /** Milliseconds after which it is killed. */
  readonly killAfter?: number;
}

const demoCommands: readonly DemoCommand[] = [
  { command: ["true"] },
  { command: ["sh", "-c", "exit 3"] },
  { command: ["sleep", "0.3"] },
  { command: ["ls", "-l", "/proc/self/"] },
  { command: ["sh", "-c", "seq 1000 | sort -rn | head -n 1"] },
  { command: ["sleep", "60"], killAfter: 250 },
  { command: ["printf", "%s", "\u001B[31mnot red\u001B[0m"] },
  { command: ["uname", "-sr"] },
];

/** Milliseconds between two commands. */
const pause = 600;

/** Starts one after the other, until all have run or `signal` is aborted; none outlives the signal. */
export async function runDemoCommands(signal: AbortSignal): Promise<void> {
  for (const { command, killAfter } of demoCommands) {
    await sleep(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const [file, ...args] = command;
    const timeout = killAfter === undefined ? {} : { timeout: killAfter };
    const child = spawn(file, args, { stdio: "ignore", signal, killSignal: "SIGKILL", ...timeout });
    child.on("error", () => {}); // not installed, or ended by the signal: then there is less to see
  }
}
