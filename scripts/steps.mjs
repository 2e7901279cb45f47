// Runs the steps of set-up and build: each only when it has something to do, with its output shown only when it fails.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Fails with the step's own output, so that nothing is hidden when a set-up goes wrong. */
export class StepError extends Error {}

/** Prints what is going on to stderr: on a terminal always, otherwise only where `loud`. */
function announce(text, loud) {
  if (loud || process.stderr.isTTY) process.stderr.write(text);
}

/**
 * Runs a command of a step and waits for it.
 * @param {string} label what a person sees
 * @param {string} command
 * @param {string[]} args
 */
export function step(label, command, args, { loud = true, env = {}, cwd = root } = {}) {
  const started = performance.now();
  announce(`${label} … `, loud);
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (result.error !== undefined || result.status !== 0) {
    announce("failed\n", loud);
    const reason = result.error === undefined ? `exit code ${result.status ?? result.signal}` : result.error.message;
    throw new StepError(
      `${label}: ${[command, ...args].join(" ")}: ${reason}\n${result.stdout ?? ""}${result.stderr ?? ""}`,
    );
  }
  announce(`${seconds} s\n`, loud);
  return result.stdout;
}

/** Runs a script and turns a failed step, or arguments that make no sense, into one message and exit code 1. */
export async function main(run) {
  try {
    process.exitCode = (await run()) ?? 0;
  } catch (error) {
    const isMistake = error instanceof StepError || String(error?.code).startsWith("ERR_PARSE_ARGS_");
    if (!isMistake) throw error;
    process.stderr.write(`${error.message.trimEnd()}\n`);
    process.exitCode = 1;
  }
}

/** Installs the packages of the lock file, unless they are there. */
export function install() {
  const installed = `${root}node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs) return;
  step("Installing packages", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/** The path of a command that an installed package brings. */
export function bin(packageName, name = packageName) {
  const folder = `${root}node_modules/${packageName}/`;
  const { bin } = JSON.parse(readFileSync(`${folder}package.json`, "utf8"));
  return `${folder}${typeof bin === "string" ? bin : bin[name]}`;
}
