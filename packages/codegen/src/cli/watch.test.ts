import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { commandFolder, commandPath, goldenFixture } from "../../../../test/codegen-command.ts";

const here = commandFolder();
let child: ChildProcess | undefined;
let stderr = "";

function watch(args: readonly string[]): void {
  stderr = "";
  child = spawn(process.execPath, [commandPath, ...args], { cwd: here.path, stdio: ["ignore", "ignore", "pipe"] });
  child.stderr?.on("data", (data: Buffer) => (stderr += data.toString()));
}

/** Until the command has said it. */
const said = (text: string): Promise<void> =>
  expect.poll(() => stderr, { timeout: 20_000, interval: 20 }).toContain(text);

async function end(): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child?.once("close", resolve));
  child?.kill("SIGINT");
  return ended;
}

afterEach(() => child?.kill("SIGKILL"));

describe("bpf-codegen --watch", () => {
  it("writes again when the object changes, however it is replaced, and ends at an interrupt", async () => {
    watch(["maps.bpf.o", "-o", "maps.ts", "--watch"]);
    await said("bpf-codegen: watching maps.bpf.o\n");
    expect(here.read("maps.ts")).toContain("from maps.bpf.o");
    stderr = "";
    here.write("maps.bpf.o", goldenFixture("empty.el.o"));
    await said("bpf-codegen: maps.bpf.o → maps.ts\n");
    expect(here.read("maps.ts")).toContain("0 programs, 0 maps");
    stderr = "";
    here.write("new.o", goldenFixture("maps.el.o"));
    renameSync(join(here.path, "new.o"), join(here.path, "maps.bpf.o"));
    await said("bpf-codegen: maps.bpf.o → maps.ts\n");
    expect(here.read("maps.ts")).not.toContain("0 programs, 0 maps");
    expect(await end()).toBe(0);
  });

  it("goes on after an error, and follows the configuration", async () => {
    const configure = (output: string): void =>
      here.write("bpf-codegen.config.json", JSON.stringify({ modules: [{ input: "maps.bpf.o", output }] }));
    here.write("maps.bpf.o", "no object");
    configure("a.ts");
    watch(["-w"]);
    await said("bpf-codegen: maps.bpf.o: ");
    await said("bpf-codegen: watching bpf-codegen.config.json, maps.bpf.o\n");
    here.write("maps.bpf.o", goldenFixture("maps.el.o"));
    await said("bpf-codegen: maps.bpf.o → a.ts\n");
    here.write("bpf-codegen.config.json", "{");
    await said("bpf-codegen: bpf-codegen.config.json: not JSON");
    configure("b.ts");
    await said("bpf-codegen: maps.bpf.o → b.ts\n");
    expect(await end()).toBe(0);
  });
});
