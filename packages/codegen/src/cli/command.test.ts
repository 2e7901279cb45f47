import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "bpf-codegen";
import { describe, expect, it } from "vitest";
import { commandFolder, commandPath, goldenFixture } from "../../../../test/codegen-command.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const here = commandFolder();
const run: typeof here.run = (args, input) => here.run(args, input);
const inFolder = (name: string): string => here.read(name);
const fixture = goldenFixture;

describe("bpf-codegen OBJECT", () => {
  const { code } = generate(fixture("maps.el.o"), { file: "maps.bpf.o" });

  it("prints the bindings and nothing else", () => {
    expect(run(["maps.bpf.o"])).toEqual({ status: 0, stdout: code, stderr: "" });
  });

  it("shows no folder of the object's path", () => {
    mkdirSync(join(here.path, "deep"));
    writeFileSync(join(here.path, "deep", "maps.bpf.o"), fixture("maps.el.o"));
    expect(run([join(here.path, "deep", "maps.bpf.o")]).stdout).toBe(code);
  });

  it("writes zod schemas beside the module", () => {
    const stderr = "bpf-codegen: maps.bpf.o → maps.ts\nbpf-codegen: maps.bpf.o → maps.zod.ts\n";
    expect(run(["maps.bpf.o", "-o", "maps.ts", "--zod"])).toEqual({ status: 0, stdout: "", stderr });
    expect(inFolder("maps.zod.ts")).toContain('from "./maps.js";');
    expect(run(["maps.bpf.o", "--zod"])).toMatchObject({ status: 2, stdout: "" });
  });

  it("emits members of the kernel's types", () => {
    const kernel = ["--btf", "maps.bpf.o", "--kernel-type", "event: pid"];
    const { status, stdout, stderr } = run(["maps.bpf.o", ...kernel]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Of the kernel that it was generated with, and of that these members only.");
    expect(run(["maps.bpf.o", "--kernel-type", "event"]).status).toBe(2);
    expect(run(["maps.bpf.o", "--btf", "nope", "--kernel-type", "x: y"]).stderr).toContain("nope: no such file");
  });

  it("takes rules for values", () => {
    const { status, stdout } = run(["maps.bpf.o", "--value", "flow_key.saddr=Ipv4", "--value", "__u64=number"]);
    expect({ status, saddr: stdout.includes("saddr: Ipv4;") }).toEqual({ status: 0, saddr: true });
    expect(run(["maps.bpf.o", "--value", "nothing=Ipv4"]).stderr).toContain('"nothing" as "Ipv4" matches nothing');
    expect(run(["maps.bpf.o", "--value", "nothing"]).status).toBe(2);
  });

  it("writes a file only when that changes it", () => {
    expect(run(["maps.bpf.o", "-o", "maps.ts"])).toEqual({
      status: 0,
      stdout: "",
      stderr: "bpf-codegen: maps.bpf.o → maps.ts\n",
    });
    expect(inFolder("maps.ts")).toBe(code);
    const before = statSync(join(here.path, "maps.ts"), { bigint: true });
    expect(run(["maps.bpf.o", "--out", "maps.ts"]).stderr).toBe("bpf-codegen: maps.bpf.o → maps.ts (unchanged)\n");
    const after = statSync(join(here.path, "maps.ts"), { bigint: true });
    expect([after.mtimeNs, after.ino]).toEqual([before.mtimeNs, before.ino]);
    expect(readdirSync(here.path).sort()).toEqual(["maps.bpf.o", "maps.ts"]);
  });

  it("writes through a link, and keeps the file's mode", () => {
    writeFileSync(join(here.path, "real.ts"), "old");
    chmodSync(join(here.path, "real.ts"), 0o640);
    symlinkSync("real.ts", join(here.path, "link.ts"));
    expect(run(["maps.bpf.o", "-o", "link.ts"]).status).toBe(0);
    expect(inFolder("real.ts")).toBe(code);
    expect(statSync(join(here.path, "real.ts")).mode & 0o777).toBe(0o640);
  });

  it("reads standard input, writes to standard output by name, and to a device as it is", () => {
    expect(run(["-", "--name", "maps", "-o", "-"], fixture("maps.el.o")).stdout).toContain(
      "export const maps: BpfObject<",
    );
    expect(run(["-"], fixture("maps.el.o")).stdout).toContain("export const object$: BpfObject<");
    expect(run(["maps.bpf.o", "-o", "/dev/null"]).status).toBe(0);
  });

  it("takes names and types", () => {
    const { stdout } = run(["maps.bpf.o", "--name", "net", "--event", "raw_events=flow_key", "--type", "struct event"]);
    expect(stdout).toContain("export const net: BpfObject<NetFields>");
    expect(stdout).toContain("rawEvents: RingBufTag<FlowKey>");
  });

  it("prints the model as JSON", () => {
    const { status, stdout, stderr } = run(["maps.bpf.o", "--json"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ identifier: "maps", license: "GPL", programs: [] });
  });

  it("type-checks what it writes", () => {
    // Where bpf-loader can be found.
    const object = path("../../../../test/golden/fixtures/maps.el.o");
    const { status, stderr } = run([object, "--verify", "-o", path("../../dist/verified.ts")]);
    rmSync(path("../../dist/verified.ts"), { force: true });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining("verified.ts\n") });
    // And where it can't.
    const failed = run(["maps.bpf.o", "--verify", "-o", "maps.ts"]);
    expect(failed).toMatchObject({ status: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^bpf-codegen: maps\.ts: can't be type-checked: bpf-loader is not found [^\n]*\n$/);
    expect(existsSync(join(here.path, "maps.ts"))).toBe(false);
  }, 120_000);

  it("ends quietly when its reader does", async () => {
    const child = spawn(process.execPath, [commandPath, "maps.bpf.o"], {
      cwd: here.path,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describe("what can't be done", () => {
  const elf = fixture("maps.el.o");
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(elf);
    change(bytes);
    return bytes;
  };

  const btf = elf.indexOf(Buffer.from([0x9f, 0xeb, 1, 0, 24, 0, 0, 0]));

  it.each<[string, string | Buffer, RegExp]>([
    ["an empty file", "", /empty|short|not a BPF object/],
    ["text", "hello world, this is no object\n", /text/],
    ["a truncated object", elf.subarray(0, 3000), /./],
    ["half a header", elf.subarray(0, 40), /./],
    ["an object of another machine", changed((bytes) => bytes.writeUInt16LE(62, 18)), /machine|x86|62/],
    ["a 32-bit object", changed((bytes) => bytes.writeUInt8(1, 4)), /32/],
    ["an object of no byte order", changed((bytes) => bytes.writeUInt8(7, 5)), /byte order|endian|encoding/i],
    ["an object without BTF", Buffer.from(elf.toString("latin1").replaceAll(".BTF", ".BTX"), "latin1"), /BTF/],
    ["corrupt BTF", changed((bytes) => bytes.fill(0xff, btf + 24, btf + 60)), /BTF/],
  ])("%s: one line, exit code 1, nothing on standard output, nothing written", (_what, bytes, message) => {
    writeFileSync(join(here.path, "bad.o"), bytes);
    for (const args of [["bad.o"], ["bad.o", "-o", "out.ts"]]) {
      const { status, stdout, stderr } = run(args);
      expect({ status, stdout: stdout.length }).toEqual({ status: 1, stdout: 0 });
      expect(stderr).toMatch(/^bpf-codegen: bad\.o: [^\n]+\n$/);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\bat \S+:\d+:\d+/);
    }
    expect(readdirSync(here.path).sort()).toEqual(["bad.o", "maps.bpf.o"]);
  });

  it.each<[string, readonly string[], string]>([
    ["a missing file", ["nope.o"], "nope.o: no such file"],
    ["a directory", ["."], ".: is a directory, not a file"],
    ["a part of the path that is a file", ["maps.bpf.o/x.o"], "maps.bpf.o/x.o: a part of the path is not a directory"],
    ["no such place to write to", ["maps.bpf.o", "-o", "no/maps.ts"], "no/maps.ts: its directory does not exist"],
    ["a directory to write to", ["maps.bpf.o", "-o", "."], ".: is a directory, not a file"],
    ["an unknown type", ["maps.bpf.o", "--type", "flow"], 'maps.bpf.o: the object has no type "flow"'],
    ["a kind of type that it is not", ["maps.bpf.o", "--type", "union event"], 'has no type "union event"'],
    [
      "an unknown map",
      ["maps.bpf.o", "--event", "evs=event"],
      'no map "evs"; its ring buffers and perf event arrays are "events", ',
    ],
    [
      "a map that is no ring buffer",
      ["maps.bpf.o", "--event", "flows=event"],
      'map "flows" is neither a ring buffer nor a perf event array',
    ],
    ["a name that is none", ["maps.bpf.o", "--name", "not a name"], 'can\'t be called "not a name"'],
    ["a reserved name", ["maps.bpf.o", "--name", "class"], 'can\'t be called "class"'],
    ["a missing configuration", [], "bpf-codegen.config.{ts,js,json}: there is none here; give an object"],
    ["a missing configuration of a name", ["--config", "x.json"], "x.json: no such file"],
  ])("%s: exit code 1", (_what, args, message) => {
    const { status, stdout, stderr } = run(args);
    expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 1, stdout: "", lines: 2 });
    expect(stderr).toContain(message);
    expect(readdirSync(here.path)).toEqual(["maps.bpf.o"]);
  });

  it("shows names of files as they can be shown", () => {
    expect(run(["a\u001b[31m\nb.o"]).stderr).toBe("bpf-codegen: a\\u001b[31m b.o: no such file\n");
  });

  it.each<[readonly string[], string]>([
    [["--nope"], "Unknown option '--nope'"],
    [["maps.bpf.o", "-o"], "Option '-o, --out <value>' argument missing"],
    [["a.o", "b.o"], "several objects need a folder"],
    [["--type", "x"], "--type needs an object"],
    [["maps.bpf.o", "--config", "x.json"], "give an object or --config, not both"],
    [["maps.bpf.o", "--event", "events"], "--event events: expected MAP=TYPE"],
    [["maps.bpf.o", "--event", "a=b", "--event", "a=c"], "given twice"],
    [["maps.bpf.o", "--json", "--verify"], "leave out --json"],
    [["maps.bpf.o", "--check", "--watch"], "--check or --watch, not both"],
    [["maps.bpf.o", "--check"], "say which with -o FILE"],
    [["-", "--watch"], "--watch needs a file"],
  ])("%j: exit code 2", (args, message) => {
    const { status, stdout, stderr } = run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^bpf-codegen: [^\n]+\nTry bpf-codegen --help\.\n$/);
  });
});

describe("--help and --version", () => {
  it("print to standard output", () => {
    const help = run(["--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toContain("Usage: bpf-codegen OBJECT");
    for (const command of [[], ["link"], ["vmlinux"]])
      for (const line of run([...command, "--help"]).stdout.split("\n"))
        expect(line.length, line).toBeLessThanOrEqual(120);
    const { version } = JSON.parse(readFileSync(path("../../package.json"), "utf8")) as { version: string };
    expect(run(["-v"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });
});
