import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "bpf-codegen";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const command = path("../../bin/bpf-codegen.js");
const fixture = (name: string): Buffer => readFileSync(path(`../../../../test/golden/fixtures/${name}`));

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bpf-codegen-"));
  writeFileSync(join(folder, "maps.bpf.o"), fixture("maps.el.o"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(args: readonly string[], input: string | Buffer = ""): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const inFolder = (name: string): string => readFileSync(join(folder, name), "utf8");

describe("bpf-codegen OBJECT", () => {
  const { code } = generate(fixture("maps.el.o"), { file: "maps.bpf.o" });

  it("prints the bindings and nothing else", () => {
    expect(run(["maps.bpf.o"])).toEqual({ status: 0, stdout: code, stderr: "" });
  });

  it("shows no folder of the object's path", () => {
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "deep", "maps.bpf.o"), fixture("maps.el.o"));
    expect(run([join(folder, "deep", "maps.bpf.o")]).stdout).toBe(code);
  });

  it("writes a file only when that changes it", () => {
    expect(run(["maps.bpf.o", "-o", "maps.ts"])).toEqual({
      status: 0,
      stdout: "",
      stderr: "bpf-codegen: maps.bpf.o → maps.ts\n",
    });
    expect(inFolder("maps.ts")).toBe(code);
    const before = statSync(join(folder, "maps.ts"), { bigint: true });
    expect(run(["maps.bpf.o", "--out", "maps.ts"]).stderr).toBe("bpf-codegen: maps.bpf.o → maps.ts (unchanged)\n");
    const after = statSync(join(folder, "maps.ts"), { bigint: true });
    expect([after.mtimeNs, after.ino]).toEqual([before.mtimeNs, before.ino]);
    expect(readdirSync(folder).sort()).toEqual(["maps.bpf.o", "maps.ts"]);
  });

  it("writes through a link, and keeps the file's mode", () => {
    writeFileSync(join(folder, "real.ts"), "old");
    chmodSync(join(folder, "real.ts"), 0o640);
    symlinkSync("real.ts", join(folder, "link.ts"));
    expect(run(["maps.bpf.o", "-o", "link.ts"]).status).toBe(0);
    expect(inFolder("real.ts")).toBe(code);
    expect(statSync(join(folder, "real.ts")).mode & 0o777).toBe(0o640);
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
    expect(existsSync(join(folder, "maps.ts"))).toBe(false);
  });

  it("ends quietly when its reader does", async () => {
    const child = spawn(process.execPath, [command, "maps.bpf.o"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
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
    writeFileSync(join(folder, "bad.o"), bytes);
    for (const args of [["bad.o"], ["bad.o", "-o", "out.ts"]]) {
      const { status, stdout, stderr } = run(args);
      expect({ status, stdout: stdout.length }).toEqual({ status: 1, stdout: 0 });
      expect(stderr).toMatch(/^bpf-codegen: bad\.o: [^\n]+\n$/);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\bat \S+:\d+:\d+/);
    }
    expect(readdirSync(folder).sort()).toEqual(["bad.o", "maps.bpf.o"]);
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
      'no map "evs"; its ring buffers are "events", "raw_events"',
    ],
    ["a map that is no ring buffer", ["maps.bpf.o", "--event", "flows=event"], 'map "flows" is not a ring buffer'],
    ["a name that is none", ["maps.bpf.o", "--name", "not a name"], 'can\'t be called "not a name"'],
    ["a reserved name", ["maps.bpf.o", "--name", "class"], 'can\'t be called "class"'],
    ["a missing configuration", [], "bpf-codegen.config.json: no such file; give an object"],
    ["a missing configuration of a name", ["--config", "x.json"], "x.json: no such file"],
  ])("%s: exit code 1", (_what, args, message) => {
    const { status, stdout, stderr } = run(args);
    expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 1, stdout: "", lines: 2 });
    expect(stderr).toContain(message);
    expect(readdirSync(folder)).toEqual(["maps.bpf.o"]);
  });

  it("shows names of files as they can be shown", () => {
    expect(run(["a\u001b[31m\nb.o"]).stderr).toBe("bpf-codegen: a\\u001b[31m b.o: no such file\n");
  });

  it.each<[readonly string[], string]>([
    [["--nope"], "Unknown option '--nope'"],
    [["maps.bpf.o", "-o"], "Option '-o, --out <value>' argument missing"],
    [["a.o", "b.o"], "one object at a time"],
    [["--type", "x"], "--type needs an object"],
    [["maps.bpf.o", "--config", "x.json"], "give an object or --config, not both"],
    [["maps.bpf.o", "--event", "events"], "--event events: expected MAP=TYPE"],
    [["maps.bpf.o", "--event", "a=b", "--event", "a=c"], "given twice"],
    [["maps.bpf.o", "--json", "--verify"], "leave out --json"],
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
    const { version } = JSON.parse(readFileSync(path("../../package.json"), "utf8")) as { version: string };
    expect(run(["-v"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });
});

const configure = (config: unknown, file = "bpf-codegen.config.json"): void =>
  writeFileSync(join(folder, file), typeof config === "string" ? config : JSON.stringify(config));

describe("bpf-codegen.config.json", () => {
  it("lists targets", () => {
    configure({
      targets: [
        { object: "maps.bpf.o", output: "a.ts" },
        { object: "maps.bpf.o", output: "b.ts", name: "net", types: ["event"], events: { raw_events: "event" } },
      ],
    });
    expect(run([])).toEqual({
      status: 0,
      stdout: "",
      stderr: "bpf-codegen: maps.bpf.o → a.ts\nbpf-codegen: maps.bpf.o → b.ts\n",
    });
    expect(inFolder("b.ts")).toContain("rawEvents: RingBufTag<Event>");
  });

  it("is found elsewhere, and its paths are from its own folder", () => {
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "sub", "maps.bpf.o"), fixture("maps.el.o"));
    configure({ targets: [{ object: "maps.bpf.o", output: "maps.ts" }] }, "sub/other.json");
    expect(run(["--config", "sub/other.json"]).status).toBe(0);
    expect(existsSync(join(folder, "sub", "maps.ts"))).toBe(true);
  });

  it("goes on after a target that fails", () => {
    configure({
      targets: [
        { object: "nope.o", output: "a.ts" },
        { object: "maps.bpf.o", output: "b.ts" },
      ],
    });
    const { status, stdout, stderr } = run([]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe("bpf-codegen: nope.o: no such file\nbpf-codegen: maps.bpf.o → b.ts\n");
  });

  it.each<[unknown, string]>([
    ["{", "not JSON"],
    [[], "expected object, received array"],
    [{ targets: [] }, "targets: "],
    [{ targets: [{ object: "x.o" }] }, "targets[0].output: expected string, received undefined"],
    [{ targets: [{ object: "x.o", output: 1 }] }, "targets[0].output: expected string, received number"],
    [
      { targets: [{ object: "x.o", output: "y", types: [1] }] },
      "targets[0].types[0]: expected string, received number",
    ],
    [{ targets: [{ object: "x.o", output: "y", extra: 1 }] }, 'targets[0]: Unrecognized key: "extra"'],
  ])("is checked: %j", (config, message) => {
    configure(config);
    const { status, stdout, stderr } = run([]);
    expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 1, stdout: "", lines: 2 });
    expect(stderr).toContain(`bpf-codegen: bpf-codegen.config.json: `);
    expect(stderr).toContain(message);
  });
});
