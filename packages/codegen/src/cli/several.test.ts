import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { clang, whyNoClang } from "../../../../test/btf/clang.ts";
import { commandFolder, commandPath, goldenFixture } from "../../../../test/codegen-command.ts";

const here = commandFolder();
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const both = ["maps.bpf.o", "counter.bpf.o", "--out-dir", "out"];
const withTypes = [...both, "--types", "out/types.ts"];
const note = (name: string): string =>
  `bpf-codegen: ${name}: "struct flow_key" is not the same in all objects: FlowKey stays in this module\n`;

/** A C source with a struct that others have, too. */
const source = (variable: string): string =>
  `struct event { unsigned pid; };\nstruct event ${variable};\n` +
  `__attribute__((section("socket"), used)) int run(void *ctx) { return ${variable}.pid; }\n`;

beforeEach(() => {
  here.write("counter.bpf.o", goldenFixture("counter.el.o"));
  mkdirSync(join(here.path, "out"));
});

describe("several objects in one run", () => {
  it("give a module each, with all of its types", () => {
    expect(here.run(both)).toEqual({
      status: 0,
      stdout: "",
      stderr: "bpf-codegen: maps.bpf.o → out/maps.ts\nbpf-codegen: counter.bpf.o → out/counter.ts\n",
    });
    expect(here.read("out/counter.ts")).toContain("export interface Event {");
  });

  it("share types in a module of their own, and are checked with it", () => {
    expect(here.run(withTypes)).toEqual({
      status: 0,
      stdout: "",
      stderr:
        `${note("maps.bpf.o")}${note("counter.bpf.o")}` +
        "bpf-codegen: maps.bpf.o → out/maps.ts\nbpf-codegen: counter.bpf.o → out/counter.ts\n" +
        "bpf-codegen: maps.bpf.o, counter.bpf.o → out/types.ts\n",
    });
    expect(here.read("out/types.ts")).toContain("export interface Event {");
    expect(here.read("out/counter.ts")).not.toContain("export interface Event {");
    expect(here.read("out/counter.ts")).toContain('import { Event, FlowStats } from "./types.js";\n');
    expect(here.run([...withTypes, "--check"])).toMatchObject({ status: 0, stdout: "" });

    here.write("out/types.ts", here.read("out/types.ts").replace("pid: number", "pid: string"));
    rmSync(join(here.path, "out/counter.ts"));
    const { status, stdout, stderr } = here.run([...withTypes, "--check"]);
    expect(status).toBe(1);
    expect(stdout).toContain("-  pid: string;\n+  pid: number;\n");
    expect(stderr).toContain(
      "bpf-codegen: out/counter.ts: does not exist\n" +
        "bpf-codegen: out/types.ts: is not what maps.bpf.o, counter.bpf.o gives\n" +
        `bpf-codegen: 2 files are not up to date; run: npx bpf-codegen ${withTypes.join(" ")}\n`,
    );
  });

  it("import as the place of the types and the option say", () => {
    mkdirSync(join(here.path, "shared"));
    here.run([...both, "--types", "shared/common.ts", "--import-extension", "ts"]);
    expect(here.read("out/maps.ts")).toContain('from "../shared/common.ts";\n');
  });

  it("are said in a configuration, too", () => {
    const modules = ["maps", "counter"].map((name) => ({ input: `${name}.bpf.o`, output: `out/${name}.ts` }));
    const configure = (more: object): void =>
      here.write("bpf-codegen.config.json", JSON.stringify({ modules, ...more }));
    configure({ types: "out/types.ts", importExtension: "ts" });
    expect(here.run([])).toMatchObject({ status: 0, stdout: "" });
    expect(here.read("out/maps.ts")).toContain('from "./types.ts";\n');
    expect(here.run(["--check"])).toMatchObject({ status: 0 });
    configure({ types: "out/maps.ts" });
    expect(here.run([])).toMatchObject({
      status: 1,
      stderr: "bpf-codegen: bpf-codegen.config.json: modules: out/maps.ts would be written twice\n",
    });
    configure({ importExtension: "mjs" });
    expect(here.run([]).stderr).toContain("importExtension: ");
    configure({ modules: [{ input: "maps.bpf.o", output: "out/maps.ts", library: true, embed: "file" }] });
    expect(here.run([]).stderr).toContain("modules[0].embed: a library embeds nothing\n");
  });

  it("may be sources", (context) => {
    context.skip(clang === undefined, whyNoClang);
    here.write("a.bpf.c", source("first"));
    here.write("b.bpf.c", source("second"));
    const { status, stderr } = here.run(["a.bpf.c", "b.bpf.c", "--out-dir", "out", "--types", "out/types.ts"]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        "bpf-codegen: a.bpf.c → out/a.ts\nbpf-codegen: b.bpf.c → out/b.ts\nbpf-codegen: a.bpf.c, b.bpf.c → out/types.ts\n",
    });
    expect(here.read("out/types.ts")).toContain("export interface Event {");
    expect(here.read("out/b.ts")).toContain('import { Event } from "./types.js";\n');
  });

  it("write nothing when one is at fault, and say of each what is", () => {
    here.write("maps.bpf.o", "no object");
    here.write("counter.bpf.o", "");
    const { status, stdout, stderr } = here.run(withTypes);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^bpf-codegen: maps\.bpf\.o: [^\n]+\nbpf-codegen: counter\.bpf\.o: [^\n]+\n$/);
    expect(() => here.read("out/types.ts")).toThrow("ENOENT");
  });

  it("are all made again when one changes", async () => {
    const child = spawn(process.execPath, [commandPath, ...withTypes, "--watch"], {
      cwd: here.path,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    const said = (text: string): Promise<void> =>
      expect.poll(() => stderr, { timeout: 20_000, interval: 20 }).toContain(text);
    try {
      await said("bpf-codegen: watching maps.bpf.o, counter.bpf.o\n");
      stderr = "";
      here.write("counter.bpf.o", goldenFixture("empty.el.o"));
      await said("bpf-codegen: maps.bpf.o, counter.bpf.o → out/types.ts\n");
      expect(here.read("out/types.ts")).toContain("export {};");
      expect(here.read("out/maps.ts")).toContain("export interface Event {");
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("are type-checked together, with what they import", () => {
    // Where bpf-loader can be found.
    const folder = path("../../dist/verified");
    mkdirSync(folder, { recursive: true });
    try {
      const args = ["--out-dir", folder, "--types", join(folder, "types.ts"), "--verify", "--import-extension"];
      expect(here.run(["maps.bpf.o", "counter.bpf.o", "--zod", "--to-json", ...args, "ts"])).toMatchObject({
        status: 0,
        stdout: "",
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
    const failed = here.run([...withTypes, "--verify"]);
    expect(failed.status).toBe(1);
    expect(failed.stderr.match(/can't be type-checked: bpf-loader is not found from there/g)).toHaveLength(3);
    expect(() => here.read("out/maps.ts")).toThrow("ENOENT");
  }, 120_000);
});

describe("arguments for several", () => {
  it.each([
    [["maps.bpf.o", "counter.bpf.o"], "several objects need a folder for their modules: --out-dir DIR"],
    [[...both, "-o", "x.ts"], "-o FILE or --out-dir DIR, not both"],
    [[...both, "--name", "x"], "--name is about one object"],
    [[...both, "--json"], "--json is about one object"],
    [["maps.bpf.o", "-o", "a.ts", "--types", "b.ts"], "give more than one"],
    [["maps.bpf.o", "out/maps.o", "--out-dir", "out"], "out/maps.ts would be written twice"],
    [[...both, "--types", "out/maps.ts"], "out/maps.ts would be written twice"],
    [["maps.bpf.o", "-o", "./maps.bpf.o"], "./maps.bpf.o is what is read, and would be written over"],
    [["-", "--out-dir", "out"], "standard input has no name"],
    [["--types", "x.ts"], "--types needs an object"],
    [["maps.bpf.o", "--import-extension", "mjs"], "expected js or ts"],
    [["maps.bpf.o", "--library", "--embed", "file"], "--library embeds nothing"],
    [
      ["a.c", "maps.bpf.o", "--out-dir", "out", "--target", "bpfel"],
      "--target is for C sources, which maps.bpf.o is not",
    ],
  ])("%j: exit code 2", (args, message) => {
    const { status, stdout, stderr } = here.run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

it("the folder for modules is made, unless they are only compared", () => {
  expect(here.run(["maps.bpf.o", "--out-dir", "new/deep"])).toEqual({
    status: 0,
    stdout: "",
    stderr: "bpf-codegen: maps.bpf.o → new/deep/maps.ts\n",
  });
  expect(here.run(["maps.bpf.o", "--out-dir", "maps.bpf.o"])).toMatchObject({
    status: 1,
    stderr: "bpf-codegen: maps.bpf.o: is there, and is no directory\n",
  });
  expect(here.run(["maps.bpf.o", "--check", "--out-dir", "other"]).status).toBe(1);
  expect(existsSync(join(here.path, "other"))).toBe(false);
});

it("a library has nothing embedded", () => {
  const { status, stdout } = here.run(["counter.bpf.o", "--library"]);
  expect(status).toBe(0);
  expect(stdout).toContain("export const counter: BpfLibrary<CounterFields> = /* @__PURE__ */ defineLibrary(");
  expect(stdout).not.toContain("objectBytes");
});

it("the model is JSON with the number of its form", () => {
  const { status, stdout } = here.run(["counter.bpf.o", "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 1,
    identifier: "counter",
    programs: [{ property: "countPackets" }],
  });
});
