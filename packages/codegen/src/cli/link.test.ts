import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { linkObjects } from "bpf-loader/link-objects";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const command = path("../../bin/bpf-codegen.cjs");
const fixture = (name: string): Buffer => readFileSync(path(`../../../loader/src/link-objects/fixtures/${name}.el.o`));
const objects = { "main.bpf.o": fixture("main"), "lib.bpf.o": fixture("lib"), "again.bpf.o": fixture("main") };
const expected = Buffer.from(
  linkObjects([
    { name: "main", bytes: objects["main.bpf.o"] },
    { name: "lib", bytes: objects["lib.bpf.o"] },
  ]),
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bpf-codegen-link-"));
  for (const [name, bytes] of Object.entries(objects)) writeFileSync(join(folder, name), bytes);
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(
  args: readonly string[],
  input: string | Buffer = "",
): { status: number | null; out: Buffer; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, "link", ...args], { cwd: folder, input });
  return { status, out: stdout, err: stderr.toString() };
}

const NOTHING = Buffer.alloc(0);

describe("bpf-codegen link", () => {
  it("writes a file when that changes it", () => {
    const message = "bpf-codegen: main.bpf.o, lib.bpf.o → out.bpf.o";
    const args = ["main.bpf.o", "lib.bpf.o", "-o", "out.bpf.o"];
    expect(run(args)).toEqual({ status: 0, out: NOTHING, err: `${message}\n` });
    expect(readFileSync(join(folder, "out.bpf.o")).equals(expected)).toBe(true);
    expect(run(args).err).toBe(`${message} (unchanged)\n`);
  });

  it("reads standard input and writes to standard output", () => {
    for (const args of [
      ["main.bpf.o", "-"],
      ["--out", "-", "main.bpf.o", "-"],
    ]) {
      const { status, out, err } = run(args, objects["lib.bpf.o"]);
      expect([status, err]).toEqual([0, ""]);
      expect(out.equals(expected)).toBe(true);
    }
  });

  it("may write to what it read", () => {
    expect(run(["main.bpf.o", "lib.bpf.o", "-o", "main.bpf.o"]).status).toBe(0);
    expect(readFileSync(join(folder, "main.bpf.o")).equals(expected)).toBe(true);
  });

  it("prints its help", () => {
    const { status, out, err } = run(["--help"]);
    expect([status, err]).toEqual([0, ""]);
    expect(out.toString()).toMatch(/^Usage: bpf-codegen link OBJECT\.\.\. \[options\]\n[^]*-o, --out FILE/);
    expect(spawnSync(process.execPath, [command, "--help"]).stdout.toString()).toContain("bpf-codegen link OBJECT");
  });
});

describe("what can't be linked", () => {
  it.each([
    [
      ["main.bpf.o", "again.bpf.o"],
      '"shared_hidden" is defined in both "main.bpf.o" and "again.bpf.o"; make one of them static or weak',
    ],
    [["none.o"], "none.o: no such file"],
    [["-"], '"standard input": not a BPF object: the file is empty'],
  ])("is said in a line, and nothing is written: %j", (args, message) => {
    const result = run([...args, "-o", "out.bpf.o"]);
    expect(result).toEqual({ status: 1, out: NOTHING, err: `bpf-codegen: ${message}\n` });
    expect(readdirSync(folder).sort()).toEqual(Object.keys(objects).sort());
  });

  it.each([
    [[], "link needs objects: bpf-codegen link a.bpf.o b.bpf.o -o out.bpf.o"],
    [["-", "-"], "standard input can be one of the objects only"],
    [["main.bpf.o", "--name", "x"], "Unknown option '--name'"],
  ])("are arguments that make no sense: %j", (args, message) => {
    const err = `bpf-codegen: ${message}\nTry bpf-codegen link --help.\n`;
    expect(run(args)).toEqual({ status: 2, out: NOTHING, err });
  });
});
