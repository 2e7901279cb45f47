import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { requireKernel } from "../kernel.ts";

const program = fileURLToPath(new URL("../../examples/dist/execsnoop/main.js", import.meta.url));

/** One of the commands that the example runs itself. */
const SLEEP = "sleep 0.3";

interface Line {
  readonly event: "exec" | "exit" | "summary";
  readonly pid: number;
  readonly ppid: number;
  readonly [name: string]: unknown;
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
}

test("--help and wrong options need no kernel", () => {
  expect(run("--help")).toMatchObject({ status: 0, stderr: "" });
  const wrong = run("--seconds", "soon");
  expect(wrong).toMatchObject({ status: 1, stdout: "", stderr: "--seconds takes a whole number, not 'soon'\n" });
  expect(run("--sekunden").stderr).not.toContain("    at ");
});

test("one message where the kernel refuses", (context) => {
  const { error, status, stdout, stderr } = spawnSync(
    "setpriv",
    ["--bounding-set=-all", "--inh-caps=-all", process.execPath, program],
    { encoding: "utf8" },
  );
  context.skip(error !== undefined, "setpriv is not installed");
  context.skip(process.getuid?.() !== 0, "only root can give privileges up");
  expect(stdout).toBe("");
  expect(stderr.trimEnd()).toMatch(/CAP_BPF|sudo|root/);
  expect(stderr).not.toContain("    at ");
  expect(status).toBe(1);
});

/** Runs it until it has seen the end of the command that takes longest. */
async function untilSlept(): Promise<{ lines: Line[]; status: number | null }> {
  const child = spawn(process.execPath, [program, "--json", "--seconds", "120"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const lines: Line[] = [];
  let sleeper: number | undefined;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line; // as the example prints them
    lines.push(line);
    const { event, pid, args } = line;
    if (event === "exec" && Array.isArray(args) && args.join(" ") === SLEEP) sleeper = pid;
    if (event === "exit" && pid === sleeper) child.kill("SIGINT");
  }
  await ended;
  return { lines, status: child.exitCode };
}

test("commands are seen when they start and when they end", { timeout: 150_000 }, async (context) => {
  requireKernel(context);
  const { lines, status } = await untilSlept();
  expect(status).toBe(0);
  const exec = (command: string): Line | undefined =>
    lines.find(({ event, args }) => event === "exec" && Array.isArray(args) && args.join(" ") === command);
  const shell = exec("sh -c exit 3");
  expect(shell).toMatchObject({ comm: "sh", uid: process.getuid?.(), argsTruncated: false });
  const end = lines.find(({ event, pid }) => event === "exit" && pid === shell?.pid);
  expect(end).toMatchObject({ comm: "sh", ppid: shell?.ppid, exitCode: 3 });
  expect(Number(end?.["duration"])).toBeGreaterThan(10_000);
  const sleep = exec(SLEEP);
  const slept = lines.find(({ event, pid }) => event === "exit" && pid === sleep?.pid);
  expect(Number(slept?.["duration"])).toBeGreaterThan(300_000_000);
  const summary = lines.at(-1);
  expect(summary).toMatchObject({ event: "summary", dropped: 0 });
  expect(summary?.["execs"]).toBe(lines.filter(({ event }) => event === "exec").length);
  expect(summary?.["commands"]).toMatchObject({ sh: { failures: expect.any(Number) as number } });
});

test("Ctrl-C ends it with the summary", { timeout: 60_000 }, async (context) => {
  requireKernel(context);
  const child = spawn(process.execPath, [program, "--no-demo"], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    if (text === "") child.kill("SIGINT"); // the header is printed once everything is attached
    text += String(chunk);
  }
  expect(text).toMatch(/^TIME .*\n/);
  expect(text).toContain("Variables in .bss");
  expect(child.exitCode ?? (await new Promise((resolve) => child.once("exit", resolve)))).toBe(0);
});
