import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { afterAll, beforeAll, beforeEach, describe, expect, test, type TestContext } from "vitest";
import { bpfCommand, bpfJson, onTerminal, runBpf } from "../../../../test/bpf-command.ts";
import { requireKernel, whyNoKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { u32 } from "../codec/index.ts";
import { loadCollectionSync, type Collection } from "../collection/index.ts";
import { readMapInfo } from "../info/map-info.ts";
import { readProgramInfo } from "../info/program-info.ts";
import { ArrayMap, HashMap } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { kernelIsAtLeast, possibleCpus } from "../sys/index.ts";
import { MapType } from "../uapi/index.ts";

type Row = Record<string, unknown>;

const bpftool = process.env["BPFTOOL"] || "bpftool";
const tag = `t${process.pid}`;

let collection: Collection | undefined;
let bpfFileSystem: string;

beforeAll(() => {
  if (whyNoKernel !== undefined) return;
  collection = loadCollectionSync(
    CollectionSpec.parse(readFileSync(new URL("fixtures/shown.el.o", import.meta.url)), tag),
  );
  bpfFileSystem = mkdtempSync(join(tmpdir(), "bpffs-"));
  spawnSync("mount", ["-t", "bpf", "bpf", bpfFileSystem]);
});

afterAll(() => {
  if (whyNoKernel !== undefined) return;
  collection?.close();
  spawnSync("umount", [bpfFileSystem]);
  rmdirSync(bpfFileSystem);
});

beforeEach(requireKernel);

function mapId(name: string): string {
  const map = collection?.maps.get(name);
  if (map === undefined) throw new Error(`no map ${name}`);
  return String(readMapInfo(map.fd, name).id);
}

function program(): Program {
  const found = collection?.programs.get("shown_program");
  if (found === undefined) throw new Error("no program");
  return found;
}

function programId(): string {
  return String(program().id);
}

function told(context: TestContext, ...request: readonly string[]): unknown {
  const { status, stdout, error } = spawnSync(bpftool, ["-j", ...request], { encoding: "utf8", maxBuffer: 1 << 28 });
  context.skip(error !== undefined, `${bpftool} can't be run; see $BPFTOOL`);
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

describe("bpf list and bpf show", () => {
  test("tell of maps what bpftool tells", (context) => {
    const id = Number(mapId("shown_flows"));
    const listed = bpfJson(["list", "maps"]) as readonly Row[];
    const theirs = told(context, "map", "show", "id", String(id)) as Row;
    const expected = {
      id,
      type: "BPF_MAP_TYPE_HASH",
      name: theirs["name"],
      keySize: theirs["bytes_key"],
      valueSize: theirs["bytes_value"],
      maxEntries: theirs["max_entries"],
      memory: theirs["bytes_memlock"],
      btfId: theirs["btf_id"],
      flags: [],
      frozen: false,
    };
    expect(listed.find((row) => row["id"] === id)).toMatchObject(expected);
    expect(bpfJson(["show", "map", String(id)])).toMatchObject({
      ...expected,
      keyType: "struct flow",
      valueType: "struct stats",
      programs: [Number(programId())],
      pins: [],
    });
  });

  test("tell of programs what bpftool tells", (context) => {
    const id = programId();
    const theirs = told(context, "prog", "show", "id", id) as Row;
    const listed = bpfJson(["list", "programs"]) as readonly Row[];
    const expected = {
      id: Number(id),
      type: "BPF_PROG_TYPE_RAW_TRACEPOINT",
      name: "shown_program",
      tag: theirs["tag"],
      gplCompatible: theirs["gpl_compatible"],
      uid: theirs["uid"],
      size: theirs["bytes_xlated"],
      memory: theirs["bytes_memlock"],
      mapIds: theirs["map_ids"],
      btfId: theirs["btf_id"],
    };
    expect(listed.find((row) => row["id"] === Number(id))).toMatchObject(expected);
    const shown = bpfJson(["show", "program", id]) as Row;
    expect(shown).toMatchObject({ ...expected, functions: ["shown_program", "count"], links: [], pins: [] });
    const loaded = Date.parse(String(shown["loaded"]));
    expect(Math.abs(loaded / 1000 - Number(theirs["loaded_at"]))).toBeLessThanOrEqual(2);
  });

  test("tell of links and BTF objects", (context) => {
    const link = program().attach();
    try {
      const links = bpfJson(["list", "links"]) as readonly Row[];
      context.skip(links.length === 0, "links have ids since Linux 5.8");
      const own = links.find((row) => row["programId"] === Number(programId()));
      expect(own).toMatchObject({
        type: "BPF_LINK_TYPE_RAW_TRACEPOINT",
        kind: "rawTracepoint",
        tracepoint: "sys_enter",
      });
      expect(bpfJson(["show", "link", String(own?.["id"])])).toMatchObject({ ...own, pins: [] });
      expect(bpfJson(["show", "program", programId()])).toMatchObject({ links: [own?.["id"]] });
      const { stdout } = runBpf(["show", "link", String(own?.["id"])]);
      expect(stdout).toMatch(/^target +sys_enter$/m);
    } finally {
      link.close();
    }
    const { btfId } = bpfJson(["show", "map", mapId("shown_flows")]) as Row;
    expect(bpfJson(["show", "btf", String(btfId)])).toMatchObject({
      id: btfId,
      programs: [Number(programId())],
      maps: expect.arrayContaining([Number(mapId("shown_flows")), Number(mapId("shown_cpus"))]),
    });
    expect((bpfJson(["list", "btf"]) as readonly Row[]).map(({ id }) => id)).toContain(btfId);
  });

  test("tell what of the kernel a program was loaded for", () => {
    const object = readFileSync(new URL("../collection/fixtures/core.el.o", import.meta.url));
    using loaded = loadCollectionSync(CollectionSpec.parse(object, tag), { programs: ["on_switch"] });
    const id = String(loaded.programs.get("on_switch")?.id);
    expect(bpfJson(["show", "program", id])).toMatchObject({ attachTo: "btf_trace_sched_switch" });
    expect(runBpf(["show", "program", id]).stdout).toMatch(/^made for +btf_trace_sched_switch$/m);
    expect(bpfJson(["show", "program", programId()])).not.toHaveProperty("attachTo");
  });

  test("find objects by name, pin and id, and say which there are", () => {
    const pin = join(bpfFileSystem, "flows");
    expect(runBpf(["pin", "map", mapId("shown_flows"), pin])).toEqual({ status: 0, stdout: "", stderr: "" });
    try {
      expect(bpfJson(["show", "map", pin])).toMatchObject({ id: Number(mapId("shown_flows")), pins: [pin] });
      expect(runBpf(["show", "program", pin])).toEqual({
        status: 1,
        stdout: "",
        stderr: `bpf: what is pinned at ${pin} is no program but a map\n`,
      });
    } finally {
      expect(bpfJson(["unpin", pin])).toEqual({ kind: "map", path: pin });
    }
    expect(runBpf(["unpin", pin])).toMatchObject({ status: 1, stderr: `bpf: nothing is pinned at "${pin}"\n` });
    using first = newMap(MapType.HASH, { key: 4, value: 4, entries: 1 });
    using second = newMap(MapType.HASH, { key: 4, value: 4, entries: 1 });
    const ids = [first, second].map((map) => readMapInfo(map.value, "map").id);
    expect(runBpf(["show", "map", "test"])).toEqual({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(
        new RegExp(`^bpf: \\d+ maps have the name test; give the id of one: .*${ids[0]}.*${ids[1]}.*\n$`),
      ),
    });
    expect(runBpf(["show", "map", "4294967295"])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^bpf: there is no map with id/),
    });
    expect(runBpf(["show", "map"])).toMatchObject({
      status: 2,
      stderr: "bpf: MAP is missing\nTry: bpf show map --help\n",
    });
  });

  test.for([60, 200])("fit a terminal of %i columns, and say what is cut", (columns, context) => {
    for (const kind of ["maps", "programs", "links", "btf"]) {
      const text = onTerminal(["list", kind], columns);
      if (text === undefined) return context.skip("there is no script(1) to make a terminal with");
      for (const line of text.split("\n")) expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
    }
    const lines = (onTerminal(["list", "programs"], columns) ?? "").split("\n");
    const own = lines.find((line) => line.trimStart().startsWith(`${programId()} `));
    expect(own).toMatch(columns === 200 ? / {2}shown_program {2}/ : / {2}shown_(?:program|\w*…) {2}/);
  });

  test("fit it when they are not plain, too", (context) => {
    const pin = join(bpfFileSystem, "größe中中中中中中中中中中中中");
    expect(runBpf(["pin", "map", mapId("shown_flows"), pin])).toMatchObject({ status: 0, stderr: "" });
    try {
      const text = onTerminal(["show", "map", pin], 30);
      if (text === undefined) return context.skip("there is no script(1) to make a terminal with");
      for (const line of text.split("\n")) expect(stringWidth(line), line).toBeLessThanOrEqual(30);
      expect(text.replaceAll(/\s/g, "")).toContain(pin);
    } finally {
      unlinkSync(pin);
    }
  });

  test("are whole where nobody's terminal is to be fitted", () => {
    const { stdout } = runBpf(["list", "programs"], { COLUMNS: "20" });
    expect(stdout).toMatch(new RegExp(`^ *${programId()} {2}raw_tracepoint +shown_program `, "m"));
    expect(stdout).not.toContain("…");
  });
});

const ZEROS = {
  packets: 0,
  state: 0,
  comm: "",
  mac: "000000000000",
  known: false,
  range: { low: 0, high: 0 },
  history: [0, 0, 0, 0],
};

describe("the entries of maps", () => {
  test("are written and read by their types", () => {
    const id = mapId("shown_flows");
    const flows = collection?.maps.get("shown_flows");
    // What the program left there while it was attached.
    if (flows instanceof HashMap) flows.clear();
    const key = { address: 1, port: 443 };
    // More than JavaScript's numbers hold.
    const value = JSON.stringify({ ...ZEROS, state: 7, comm: "\u001b[31m", known: true }).replace(
      '"packets":0',
      '"packets":18446744073709551615',
    );
    const written = runBpf(["set", id, JSON.stringify(key), value, "--json"]);
    expect(written).toMatchObject({ status: 0, stderr: "" });
    expect(written.stdout).toContain('"packets": 18446744073709551615');
    expect(bpfJson(["dump", "map", id])).toEqual([
      { key, value: { ...ZEROS, packets: 2 ** 64, state: 7, comm: "\u001b[31m", known: true } },
    ]);
    const { stdout } = runBpf(["dump", "map", id]);
    expect(stdout).toMatch(
      /^\{ \.address = 1, \.port = 443 \}: \{ \.packets = 18446744073709551615, \.state = BROKEN, /,
    );
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/\n1 entry\n$/);
    const narrow = onTerminal(["dump", "map", id], 60);
    if (narrow !== undefined)
      expect(narrow).toMatch(/^\{ \.address = 1, \.port = 443 \}:\n {2}\{\n {4}\.packets = \d+,\n/);

    expect(runBpf(["set", id, JSON.stringify(key), JSON.stringify(ZEROS), "--when", "noexist"])).toEqual({
      status: 1,
      stdout: "",
      stderr: `bpf: the map has that key already: ${JSON.stringify(key)}\n`,
    });
    expect(runBpf(["set", id, JSON.stringify({ address: 1 }), JSON.stringify(ZEROS)])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^bpf: KEY: field port.*\n$/),
    });
    expect(bpfJson(["delete", id, JSON.stringify(key)])).toEqual({ map: Number(id), key });
    expect(runBpf(["delete", id, JSON.stringify(key)])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/no such key/),
    });
    expect(runBpf(["dump", "map", id]).stdout).toBe("0 entries\n");
  });

  test("are those that bpftool reads", (context) => {
    const id = mapId("shown_slots");
    runBpf(["set", id, "1", "258"]);
    expect(bpfJson(["dump", "map", id])).toEqual([
      { key: 0, value: 0 },
      { key: 1, value: 258 },
      { key: 2, value: 0 },
    ]);
    const theirs = told(context, "map", "dump", "id", id) as readonly { formatted: unknown }[];
    expect(theirs.map(({ formatted }) => formatted)).toEqual(bpfJson(["dump", "map", id]));
    runBpf(["set", id, "hex:01 00 00 00", "hex:0000000000000000"]);
    expect(runBpf(["dump", "map", id]).stdout).toBe("0: 0\n1: 0\n2: 0\n3 entries\n");
    expect(runBpf(["set", id, "3", "1"])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/: its keys are 0 to 2\n$/),
    });
  });

  test("are programs, and maps, by their names", () => {
    using jumps = newMap(MapType.PROG_ARRAY, { key: 4, value: 4, entries: 2 });
    const id = String(readMapInfo(jumps.value, "map").id);
    const program = Number(programId());
    expect(bpfJson(["set", id, "1", "shown_program"])).toEqual({ map: Number(id), key: 1, value: program });
    expect(bpfJson(["dump", "map", id])).toEqual([{ key: 1, value: program }]);
    expect(runBpf(["dump", "map", id]).stdout).toBe(`1: program ${program}\n1 entry\n`);
    expect(runBpf(["set", id, "0", "hex:01000000"])).toMatchObject({
      status: 1,
      stderr: "bpf: VALUE: there is no program with the name hex:01000000\n",
    });
    expect(runBpf(["set", id, "2", programId()])).toMatchObject({
      stderr: expect.stringMatching(/keys are 0 to 1\n$/),
    });
    expect(runBpf(["delete", id, "1"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(runBpf(["dump", "map", id]).stdout).toBe("0 entries\n");

    const shape = { key: 4, value: 4, entries: 1 };
    using inner = newMap(MapType.ARRAY, shape);
    using outer = newMap(MapType.HASH_OF_MAPS, { ...shape, inner: inner.value });
    const [innerId, outerId] = [inner, outer].map((map) => readMapInfo(map.value, "map").id);
    expect(bpfJson(["set", String(outerId), "hex:07000000", String(innerId)])).toEqual({
      map: outerId,
      key: "07000000",
      value: innerId,
    });
    expect(runBpf(["dump", "map", String(outerId)]).stdout).toBe(`07 00 00 00: map ${innerId}\n1 entry\n`);
  });

  test("have one value for each CPU", () => {
    const id = mapId("shown_cpus");
    const values = Array.from({ length: possibleCpus() }, (_, cpu) => cpu + 1);
    expect(runBpf(["set", id, "7", "1"])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/a list of \d+ values/),
    });
    expect(runBpf(["set", id, "7", JSON.stringify(values)])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(bpfJson(["dump", "map", id])).toEqual([{ key: 7, value: values }]);
    expect(runBpf(["dump", "map", id]).stdout).toMatch(/^7: CPU 0: 1(?:, CPU \d+: \d+)*\n1 entry\n$/);
  });

  test("are the variables of a data section", () => {
    const id = mapId(".data");
    expect(bpfJson(["dump", "map", id])).toEqual([{ key: 0, value: { limit: 5 } }]);
    expect(runBpf(["set", id, "0", '{"limit": 9}'])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(runBpf(["dump", "map", id]).stdout).toBe("0: { limit = 9 }\n1 entry\n");
    expect(runBpf(["set", id, "0", '{"limits": 9}'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/there is no variable limits/),
    });
  });

  test("are printed as they are read, as long as somebody reads them", () => {
    using map = ArrayMap.create({ value: u32, maxEntries: 100_000 });
    map.set(99_999, 7);
    const id = String(map.id);
    expect(runBpf(["dump", "map", id]).stdout).toMatch(/^0: 00 00 00 00\n[^]*\n99999: 07 00 00 00\n100000 entries\n$/);
    const entries = bpfJson(["dump", "map", id]) as readonly Row[];
    expect([entries.length, entries[0], entries.at(-1)]).toEqual([
      100_000,
      { key: 0, value: "00000000" },
      { key: 99_999, value: "07000000" },
    ]);
    // The pipe is full when its reader goes.
    for (const json of ["", "--json"]) {
      const command = `"$0" "$1" dump map ${id} ${json} | (sleep 0.5; head -c 10 > /dev/null)`;
      const { stderr } = spawnSync("bash", ["-o", "pipefail", "-c", command, process.execPath, bpfCommand], {
        encoding: "utf8",
      });
      expect(stderr).toBe("");
    }
    using empty = HashMap.create({ key: u32, value: u32, maxEntries: 1 });
    expect(runBpf(["dump", "map", String(empty.id), "--json"]).stdout).toBe("[]\n");
  });

  test("are bytes where the map has no types", () => {
    using map = newMap(MapType.HASH, { key: 2, value: 3, entries: 4 });
    const id = String(readMapInfo(map.value, "map").id);
    expect(runBpf(["set", id, "hex:0a0b", '"010203"'])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(bpfJson(["dump", "map", id])).toEqual([{ key: "0a0b", value: "010203" }]);
    expect(runBpf(["dump", "map", id]).stdout).toBe("0a 0b: 01 02 03\n1 entry\n");
    expect(runBpf(["set", id, "hex:0a", "hex:010203"])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/are 1 bytes, and 2 are wanted/),
    });
    expect(runBpf(["set", id, "nothing", "hex:010203"])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/KEY is not JSON/),
    });
  });

  test.each([
    [MapType.QUEUE, { value: 4, entries: 1 }, /BPF_MAP_TYPE_QUEUE, whose content can't be listed/],
    [MapType.PERF_EVENT_ARRAY, { key: 4, value: 4, entries: 1 }, /values of 4 bytes, which the kernel shows to nobody/],
    [MapType.SOCKMAP, { key: 4, value: 4, entries: 1 }, /BPF_MAP_TYPE_SOCKMAP with values of 4 bytes/],
  ])("can't be listed of maps of type %i, which is said", (type, shape, message) => {
    using map = newMap(type, shape);
    const id = String(readMapInfo(map.value, "map").id);
    expect(runBpf(["dump", "map", id])).toEqual({ status: 1, stdout: "", stderr: expect.stringMatching(message) });
  });
});

describe("bpf dump program", () => {
  test("prints the instructions that bpftool prints, with the lines of the source", (context) => {
    const id = programId();
    const ours = bpfJson(["dump", "program", id]) as readonly Row[];
    const theirs = told(context, "prog", "dump", "xlated", "id", id) as readonly unknown[];
    expect(ours.length).toBe(JSON.stringify(theirs).match(/"disasm"/g)?.length);
    expect(ours[0]).toMatchObject({ slot: 0, function: "shown_program" });
    expect(ours.filter(({ function: name }) => name !== undefined).map(({ function: name }) => name)).toEqual([
      "shown_program",
      "count",
    ]);
    const size = ours.reduce((sum, { bytes }) => sum + String(bytes).length / 2, 0);
    expect(size).toBe(readProgramInfo(program().fd, "program").translatedSize);
    const { stdout } = runBpf(["dump", "program", id]);
    expect(stdout).toMatch(/^shown_program:\n; .*\n {7}0: (?:[0-9a-f]{2} ){8}\S/);
    expect(stdout).toContain("; seen++;\n");
    expect(stdout).toContain("map[shown_flows");
    expect(stdout).toMatch(/call \w*ktime_get\w*\n/);
  });

  test("prints machine code by function", (context) => {
    const { status, stdout, stderr } = runBpf(["dump", "program", programId(), "--jited", "--json"]);
    context.skip(stderr.includes("machine code of loaded programs"), "the kernel shows no machine code");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const functions = JSON.parse(stdout) as readonly Row[];
    expect(functions.map(({ name }) => name)).toEqual(["shown_program", "count"]);
    for (const { code } of functions) expect(code).toMatch(/^(?:[0-9a-f]{2})+$/);
    expect(runBpf(["dump", "program", programId(), "--jited"]).stdout).toMatch(/^shown_program:.*\n(?:; .*\n)? {7}0: /);
  });
});

describe("bpf top", () => {
  test("counts runs, a line of JSON or the rows for each interval", (context) => {
    const link = program().attach();
    try {
      const { status, stdout, stderr } = runBpf(["top", "--count", "2", "--interval", "0.1", "--json"]);
      context.skip(stderr.includes("BPF_ENABLE_STATS"), "statistics are kept since Linux 5.8");
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const reports = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { seconds: number; programs: readonly Row[]; maps: readonly Row[] });
      expect(reports).toHaveLength(2);
      for (const { seconds, programs, maps } of reports) {
        expect(seconds).toBeGreaterThan(0.05);
        const row = programs.find(({ id }) => id === Number(programId()));
        expect(row).toMatchObject({ name: "shown_program", type: "BPF_PROG_TYPE_RAW_TRACEPOINT" });
        expect(row?.["runs"]).toBeGreaterThan(0);
        expect(row?.["time"]).toBeGreaterThan(0);
        const map = maps.find(({ id }) => id === Number(mapId("shown_flows")));
        expect(map).toMatchObject({ name: "shown_flows", memory: expect.any(Number) });
      }
      const text = runBpf(["top", "--count", "2", "--interval", "0.1"]).stdout;
      expect(text.match(/^ *ID +TYPE +PROGRAM/gm)).toHaveLength(2);
      expect(text).not.toContain("\u001b");
    } finally {
      link.close();
    }
  });

  test("fits a terminal that becomes another while it runs", { timeout: 30_000 }, (context) => {
    const top = `"${process.execPath}" "${bpfCommand}" top --count 2 --interval 3`;
    const lines = `stty cols 200 rows 24; ${top} & sleep 4.5; stty cols 40; wait`;
    const { status, stdout, error } = spawnSync("script", ["-qec", lines, "/dev/null"], { encoding: "utf8" });
    context.skip(error !== undefined, "there is no script(1) to make a terminal with");
    context.skip(stdout.includes("BPF_ENABLE_STATS"), "statistics are kept since Linux 5.8");
    expect(status).toBe(0);
    const frames = stdout.split("\u001b[2J").slice(1);
    const widest = frames.map((frame) =>
      Math.max(
        ...stripVTControlCharacters(frame)
          .split(/\r?\n/)
          .map((line) => stringWidth(line)),
      ),
    );
    expect(widest).toHaveLength(2);
    expect(widest[0]).toBeGreaterThan(40);
    expect(widest[1]).toBeLessThanOrEqual(40);
  });

  test("refuses numbers that make no sense", () => {
    expect(runBpf(["top", "--interval", "none"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^bpf: --interval none: expected/),
    });
  });

  test("ends when its reader does", () => {
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", `"$0" "$1" top --interval 0.05 --json | head -n 1 > /dev/null`, process.execPath, bpfCommand],
      { encoding: "utf8", timeout: 20_000 },
    );
    expect({ status, stderr: stderr.includes("BPF_ENABLE_STATS") ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  });
});

test("nothing is named by an empty name, which maps without a name would have", () => {
  using nameless = HashMap.create({ key: u32, value: u32, maxEntries: 1 });
  for (const command of [
    ["show", "map", ""],
    ["dump", "map", ""],
    ["set", "", "1", "1"],
    ["pin", "map", "", "/sys/fs/bpf/a"],
  ]) {
    expect(runBpf(command)).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^bpf: which map\? Its name is empty\n/),
    });
  }
  expect(runBpf(["pin", "map", String(nameless.id), ""])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/can't be pinned: the path is empty\n$/),
  });
});

test("who has no more than a pin sees what is behind it", (context) => {
  const pin = join(bpfFileSystem, "lent");
  expect(runBpf(["pin", "map", mapId("shown_flows"), pin])).toMatchObject({ status: 0 });
  try {
    chmodSync(bpfFileSystem, 0o755);
    chmodSync(pin, 0o666);
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, bpfCommand];
    const show = (...args: readonly string[]): SpawnSyncReturns<string> =>
      spawnSync("setpriv", [...nobody, ...args, pin, "--json"], { encoding: "utf8" });
    const { status, stdout, stderr, error } = show("show", "map");
    context.skip(error !== undefined, "there is no setpriv(1) to give privileges up with");
    context.skip(stderr.includes("unprivileged_bpf_disabled"), "this kernel lets nobody open a pin");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const shown = JSON.parse(stdout) as Row;
    expect(shown).toMatchObject({ id: Number(mapId("shown_flows")), keySize: 8 });
    for (const hidden of ["keyType", "programs"]) expect(shown).not.toHaveProperty(hidden);
    expect(JSON.parse(show("dump", "map").stdout)).toBeInstanceOf(Array);
    unlinkSync(pin);
    using frozen = ArrayMap.create({ value: u32, maxEntries: 1 });
    frozen.freeze();
    frozen.pin(pin);
    chmodSync(pin, 0o666);
    const refused = spawnSync("setpriv", [...nobody, "set", pin, "0", "hex:01000000"], { encoding: "utf8" }).stderr;
    if (kernelIsAtLeast("5.19"))
      expect(refused).toMatch(/EPERM \(operation not permitted\): the map is frozen, or read-only/);
  } finally {
    unlinkSync(pin);
  }
});

test("without privileges, an error says what is missing", (context) => {
  const { status, stdout, stderr, error } = spawnSync(
    "setpriv",
    ["--bounding-set=-all", "--inh-caps=-all", process.execPath, bpfCommand, "list", "maps"],
    { encoding: "utf8" },
  );
  context.skip(error !== undefined, "there is no setpriv(1) to give privileges up with");
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^bpf: .*the process lacks CAP_SYS_ADMIN[^\n]*\n$/);
});
