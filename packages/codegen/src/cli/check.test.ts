import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandFolder } from "../../../../test/codegen-command.ts";

const here = commandFolder();

describe("bpf-codegen --check", () => {
  it("says nothing when the file is what the object gives", () => {
    here.run(["maps.bpf.o", "-o", "maps.ts"]);
    expect(here.run(["maps.bpf.o", "-o", "maps.ts", "--check"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("lists what is different and what to run, and writes nothing", () => {
    here.run(["maps.bpf.o", "-o", "maps.ts"]);
    here.write("maps.ts", here.read("maps.ts").replace("saddr: number", "sadr: \u001b[31mnumber"));
    const before = statSync(join(here.path, "maps.ts"), { bigint: true }).mtimeNs;
    const { status, stdout, stderr } = here.run(["maps.bpf.o", "--check", "-o", "maps.ts", "--type", "struct event"]);
    expect(status).toBe(1);
    expect(stderr).toBe(
      "bpf-codegen: maps.ts: is not what maps.bpf.o gives\n" +
        "bpf-codegen: 1 file is not up to date; run: npx bpf-codegen maps.bpf.o -o maps.ts --type 'struct event'\n",
    );
    expect(stdout).toMatch(/^--- maps\.ts\n\+\+\+ maps\.ts, generated anew\n@@ /);
    expect(stdout).toContain("\n-  sadr: \\u001b[31mnumber;\n+  saddr: number;\n");
    expect(statSync(join(here.path, "maps.ts"), { bigint: true }).mtimeNs).toBe(before);
  });

  it("shows the first lines of many, and the beginning of long ones", () => {
    here.run(["maps.bpf.o", "-o", "maps.ts"]);
    here.write("maps.ts", "x".repeat(1000));
    const { stdout } = here.run(["maps.bpf.o", "-o", "maps.ts", "--check"]);
    expect(stdout).toContain(`-${"x".repeat(159)}… (1000 characters)\n`);
    expect(stdout).toMatch(/\n… and \d+ lines more\n$/);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(200);
  });

  it("looks at every module of a configuration, and at those that don't exist", () => {
    const modules = ["a", "b", "c"].map((name) => ({ input: "maps.bpf.o", output: `${name}.ts` }));
    here.write("bpf-codegen.config.json", JSON.stringify({ modules }));
    here.run([]);
    here.write("a.ts", "");
    const config = { modules: [...modules, { input: "maps.bpf.o", output: "new.ts" }] };
    here.write("bpf-codegen.config.json", JSON.stringify(config));
    const { status, stderr } = here.run(["--check"]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        "bpf-codegen: a.ts: is not what maps.bpf.o gives\n" +
        "bpf-codegen: new.ts: does not exist\n" +
        "bpf-codegen: 2 files are not up to date; run: npx bpf-codegen\n",
    });
    expect(readdirSync(here.path)).not.toContain("new.ts");
  });
});
