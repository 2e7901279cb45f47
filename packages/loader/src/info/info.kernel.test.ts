import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { AttachFixture, attachOrSkip } from "../../../../test/attach-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { disassemble } from "../asm/index.ts";
import { loadCollectionSync } from "../collection/index.ts";
import type { Collection } from "../collection/index.ts";
import { BpfError } from "../errors/index.ts";
import { readExecutable } from "../links/executable.ts";
import type { Link } from "../links/index.ts";
import { findExecutable } from "../links/library-path.ts";
import { mounts } from "../links/mounts.ts";
import { probeDevice } from "../links/probe-device.ts";
import type { Program } from "../programs/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import {
  objectInfo,
  objectKind,
  perfEventIoctl,
  perfEventOpen,
  programBindMap,
  programInfo,
  tryBpf,
} from "../sys/index.ts";
import { AttachType, Command, MapFlag, MapType, ProgramType } from "../uapi/index.ts";
import {
  btfById,
  btfInfoById,
  btfObjects,
  enableStats,
  linkInfoById,
  links,
  mapInfoById,
  maps,
  programInfoById,
  programNames,
  programs,
  taskProgram,
  taskPrograms,
} from "./index.ts";
import { readBtfInfo } from "./btf-object.ts";
import { readLinkInfo } from "./link-info.ts";
import { readMapInfo } from "./map-info.ts";
import { readProgramInfo, readProgramStats } from "./program-info.ts";
import type { PerfEventLinkInfo, ProgramInfo } from "./index.ts";
import { fetchBuffers } from "./object-buffers.ts";
import { annotate } from "./translated-program.ts";

const bpftool = process.env["BPFTOOL"] || "bpftool";
let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => {
  expect(openKernelObjects()).toEqual(before);
});

/** What `bpftool -j` says; skips where there is none. */
function told(context: TestContext, ...request: readonly string[]): Record<string, unknown> {
  return JSON.parse(run(context, "-j", ...request)) as Record<string, unknown>;
}

function run(context: TestContext, ...request: readonly string[]): string {
  const { status, stdout, error, stderr } = spawnSync(bpftool, request, { encoding: "utf8", maxBuffer: 1 << 28 });
  context.skip(error !== undefined, `${bpftool} can't be run; see $BPFTOOL`);
  if (status !== 0) throw new Error(`${bpftool} ${request.join(" ")}: ${stderr}`);
  return stdout;
}

function load(fixture: string, ...only: readonly string[]): Collection {
  const bytes = readFileSync(new URL(`../${fixture}.el.o`, import.meta.url));
  return loadCollectionSync(CollectionSpec.parse(bytes), only.length === 0 ? {} : { programs: only });
}

function program(collection: Collection, name: string): Program {
  const found = collection.programs.get(name);
  if (found === undefined) throw new Error(`no program ${name}`);
  return found;
}

/** A kernel that tells less has `undefined` there. */
const orAbsent = (value: unknown): unknown => value ?? undefined;

describe("maps", () => {
  it("agree with bpftool", (context) => {
    using map = newMap(MapType.HASH, { key: 4, value: 8, entries: 16, flags: MapFlag.NO_PREALLOC });
    const info = readMapInfo(map.value, "map");
    const theirs = told(context, "map", "show", "id", String(info.id));
    expect(theirs).toMatchObject({
      id: info.id,
      name: info.name,
      flags: info.flags,
      bytes_key: info.keySize,
      bytes_value: info.valueSize,
      max_entries: info.maxEntries,
      bytes_memlock: info.memlock,
      frozen: Number(info.frozen),
    });
    expect(info).toMatchObject({
      type: MapType.HASH,
      name: "test",
      ifindex: 0,
      btfId: 0,
      mapExtra: orAbsent(info.mapExtra),
    });
  });

  it("with types", (context) => {
    using collection = load("collection/fixtures/globals");
    for (const map of collection.maps.values()) {
      const info = mapInfoById(map.id);
      const theirs = told(context, "map", "show", "id", String(map.id));
      expect(info.btfId ?? 0).toBe(theirs["btf_id"] ?? 0);
      expect(info.name).toBe(theirs["name"]);
      expect(Number(info.frozen)).toBe(theirs["frozen"]);
    }
  });
});

describe("programs", () => {
  it("agree with bpftool", (context) => {
    using collection = load("collection/fixtures/globals");
    for (const each of collection.programs.values()) {
      const info = programInfoById(each.id);
      const theirs = told(context, "prog", "show", "id", String(each.id));
      expect(theirs).toMatchObject({
        id: info.id,
        name: info.name,
        tag: info.tag,
        gpl_compatible: info.gplCompatible,
        uid: info.createdByUid,
        bytes_xlated: info.translatedSize,
        jited: info.jitedSize !== undefined,
        bytes_memlock: info.memlock,
        btf_id: info.btfId,
      });
      expect(theirs["bytes_jited"]).toBe(info.jitedSize);
      expect(theirs["map_ids"] ?? []).toEqual(info.mapIds);
      expect(info.tag).toBe(each.tag);
      expect(info.loadTime).toBeGreaterThan(0n);
    }
  });

  it("have the instructions of bpftool, with names and lines", (context) => {
    using collection = load("collection/fixtures/calls");
    const info = programInfoById(program(collection, "direct").id);
    const translated = info.instructions();
    expect(translated.name).toBe("direct");
    expect(translated.functions.map(({ name }) => name)).toEqual(["direct", "twice", "sum_to"]);
    expect(translated.lines.length).toBeGreaterThan(5);
    expect(info.functionTags).toHaveLength(3);
    const text = disassemble(translated);
    expect(text).toMatch(/^direct:\n; ASSERT\(twice\(21\) == 42\);\n/);
    expect(text).toMatch(/call 0x1 <twice>\n/);
    const theirs = run(context, "prog", "dump", "xlated", "id", String(info.id), "opcodes");
    const bytes = [...theirs.matchAll(/^ +((?:[0-9a-f]{2} ){7}[0-9a-f]{2})/gm)].flatMap(([, line = ""]) =>
      line.split(" ").map((byte) => Number.parseInt(byte, 16)),
    );
    expect([...translated.code]).toEqual(bytes);
  });

  it("have names for maps, helpers and kernel functions", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_any_tracepoint");
    const info = programInfoById(fixture.program("on_any_tracepoint").id);
    const text = disassemble(info.instructions(), { names: programNames() });
    const theirs = run(context, "prog", "dump", "xlated", "id", String(info.id));
    const helper = /call (bpf_get_attach_cookie\w*)#/.exec(theirs)?.[1];
    expect(text).toContain(helper === undefined ? "call " : `call ${helper}#`);
    const [mapId = 0] = info.mapIds ?? [];
    const { name } = mapInfoById(mapId);
    expect(text).toMatch(new RegExp(`= map\\[${name}#${mapId}\\]`));
    expect(programNames().map?.(0x7fff_ffff)).toBeUndefined();
    expect(programNames().helper?.(0)).toBeUndefined();
    expect(programNames().kernelFunction?.(0x7fff_ffff, 0)).toBeUndefined();
  });

  it("have their machine code by function", (context) => {
    using collection = load("collection/fixtures/calls");
    const info = readProgramInfo(program(collection, "direct").fd, "program");
    context.skip(info.jitedSize === undefined, "this kernel does not compile programs");
    const { functions } = info.jited();
    expect(functions.map(({ name }) => name)).toEqual(["direct", "twice", "sum_to"]);
    expect(functions.map(({ code }) => code.length)).toEqual(info.jitedFunctionSizes);
    expect(functions.map(({ address }) => address)).toEqual(info.ksymAddresses);
    expect(functions[1]?.lines.map(({ line }) => line.text.trim())).toContain("return value * 2;");
    for (const { lines, code } of functions) {
      expect(lines.length).toBeGreaterThan(0);
      for (const { offset } of lines) expect(offset).toBeLessThan(code.length);
    }
  });

  it("without a BTF that can be read have the name that the kernel kept, and neither lines nor functions", () => {
    const bytes = {
      translated: new Uint8Array(16),
      functions: new Uint8Array(16),
      lines: new Uint8Array(32),
      name: "count_packe",
    };
    expect(annotate({ ...bytes, btfId: 7 }, undefined)).toEqual({
      name: "count_packe",
      code: bytes.translated,
      functions: [{ slot: 0, name: "count_packe", typeId: 0 }],
      lines: [],
    });
  });

  it("tell little to those without the privilege", (context) => {
    using collection = load("collection/fixtures/calls", "direct");
    const { fd, id } = program(collection, "direct");
    let info: ProgramInfo;
    process.seteuid?.(65_534);
    try {
      info = readProgramInfo(fd, "program");
    } catch (error) {
      // Kernels before 5.19 let nobody else call bpf(2) where kernel.unprivileged_bpf_disabled is set.
      context.skip(error instanceof BpfError, String(error));
      throw error;
    } finally {
      process.seteuid?.(0);
    }
    expect(info).toMatchObject({ id, name: "direct", type: ProgramType.SOCKET_FILTER, mapIds: [], createdByUid: 0 });
    expect(info).toMatchObject({ translatedSize: undefined, jitedSize: undefined, ksymAddresses: undefined });
    expect(() => info.instructions()).toThrow(
      `program with id ${id}: the kernel shows no instructions: it takes CAP_BPF`,
    );
    expect(() => info.jited()).toThrow("the kernel shows no machine code");
  });

  it("have maps that were bound to them, also between the two calls", () => {
    using collection = load("collection/fixtures/calls", "direct");
    const { fd, id } = program(collection, "direct");
    using map = newMap(MapType.ARRAY, { key: 4, value: 4, entries: 1 });
    const mapId = readMapInfo(map.value, "map").id;
    let calls = 0;
    const first = objectInfo(fd, programInfo, "program");
    const { buffers } = fetchBuffers(
      fd,
      programInfo,
      "program",
      first,
      ({ nrMapIds }) => {
        // It grows when the size is known and the buffer is not filled yet.
        if (calls++ === 0) tryBpf(Command.PROG_BIND_MAP, programBindMap, { progFd: fd, mapFd: map.value });
        const ids = new Uint32Array(nrMapIds);
        return { values: nrMapIds === 0 ? {} : { mapIds: new Uint8Array(ids.buffer), nrMapIds }, buffers: ids };
      },
      ({ nrMapIds }, ids) => nrMapIds <= ids.length,
    );
    expect([...buffers]).toEqual(programInfoById(id).mapIds);
    // BPF_PROG_BIND_MAP came with Linux 5.10.
    if (calls > 1) expect([...buffers]).toContain(mapId);
  });
});

describe("BTF objects", () => {
  it("agree with bpftool", (context) => {
    using collection = load("collection/fixtures/calls");
    const { btfId = 0 } = programInfoById(program(collection, "direct").id);
    const info = btfInfoById(btfId);
    const all = told(context, "btf", "show") as unknown as readonly Record<string, unknown>[];
    expect(all.find(({ id }) => id === btfId)).toMatchObject({ size: info.size });
    expect(info.name ?? "").toBe("");
    expect(info.isKernel ?? false).toBe(false);
    expect(btfById(btfId).find("sum_to", "function")).toBeDefined();
    const kernel = [...btfObjects()].find(({ name }) => name === "vmlinux");
    // Linux 5.11 and later.
    if (info.name !== undefined) expect(kernel).toMatchObject({ isKernel: true, id: 1 });
  });

  it("are not mistaken for each other", () => {
    using map = newMap(MapType.ARRAY, { key: 4, value: 4, entries: 1 });
    const wrong = "the map is not";
    expect(() => readLinkInfo(map.value, "the map")).toThrow(`${wrong} a link but a map`);
    expect(() => readProgramInfo(map.value, "the map")).toThrow(`${wrong} a program but a map`);
    expect(() => readBtfInfo(map.value, "the map")).toThrow(`${wrong} a BTF object but a map`);
    expect(() => readMapInfo(1, "it")).toThrow("it is not a map but no BPF object");
  });

  it("that are not there", () => {
    expect(() => btfById(0x7fff_ffff)).toThrow(expect.objectContaining({ code: "ERR_BPF_NOT_FOUND" }));
    expect(() => mapInfoById(0x7fff_ffff)).toThrow("there is no map with id 2147483647");
    expect(() => programInfoById(0x7fff_ffff)).toThrow("there is no program with id 2147483647");
    expect(() => linkInfoById(0x7fff_ffff)).toThrow("there is no link with id 2147483647");
  });
});

/** Options with which each of the fixture's programs attaches, and what is told of its link then, in both words. */
const kinds: readonly LinkCase[] = [
  {
    name: "on_raw_tp",
    ours: { kind: "rawTracepoint", tracepoint: "sys_enter" },
    theirs: { tp_name: "sys_enter" },
  },
  {
    name: "on_xdp",
    options: { interface: "lo", mode: "generic" },
    ours: { kind: "xdp", ifindex: 1 },
    theirs: { ifindex: 1 },
  },
  {
    name: "on_tcx_ingress",
    options: { interface: "lo" },
    ours: { kind: "tcx", ifindex: 1, attachType: 46 },
    theirs: { ifindex: 1, attach_type: "tcx_ingress" },
  },
  { name: "on_iter_task", ours: { kind: "iter", target: "task", mapId: undefined }, theirs: { target_name: "task" } },
  {
    name: "on_netfilter",
    options: { family: "ipv4", hook: "input", priority: -77 },
    ours: { kind: "netfilter", protocolFamily: 2, hook: 1, priority: -77, defragment: false },
    theirs: { pf: 2, hook: 1, prio: -77 },
  },
  {
    name: "on_sk_lookup",
    options: { netns: "/proc/self/ns/net" },
    ours: { kind: "netns", attachType: 36 },
    theirs: { attach_type: "sk_lookup" },
  },
];

interface LinkCase {
  readonly name: string;
  readonly options?: Parameters<Program["attach"]>[0];
  readonly ours: object;
  readonly theirs: object;
}

function attach(context: TestContext, fixture: AttachFixture, name: string, options?: LinkCase["options"]): Link {
  return attachOrSkip(context, () => fixture.program(name).attach(options));
}

describe("links", () => {
  it.for(kinds)("of $name agree with bpftool", ({ name, options, ours, theirs }, context) => {
    using fixture = AttachFixture.loadOrSkip(context, name);
    using link = attach(context, fixture, name, options);
    context.skip(objectKind(link.fd) !== "link", "this kernel attaches it without a link");
    const info = readLinkInfo(link.fd, "link");
    expect(info).toMatchObject({ ...ours, programId: fixture.program(name).id });
    expect(linkInfoById(info.id)).toEqual(info);
    const found = told(context, "link", "show", "id", String(info.id));
    expect(found).toMatchObject({ id: info.id, prog_id: info.programId });
    // Old ones of bpftool know less.
    for (const [key, value] of Object.entries(theirs)) expect([undefined, value]).toContain(found[key]);
  });

  it("of cgroups have the inode number of the directory", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_cgroup_egress");
    const path = cgroupPath();
    context.skip(path === undefined, "no cgroup2 file system is mounted");
    using link = attach(context, fixture, "on_cgroup_egress", { cgroup: path ?? "" });
    expect(readLinkInfo(link.fd, "link")).toMatchObject({
      kind: "cgroup",
      cgroupId: BigInt(statSync(path ?? "").ino),
      attachType: AttachType.CGROUP_INET_EGRESS,
    });
  });

  it("of uprobes", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_uprobe");
    using link = attach(context, fixture, "on_uprobe", { path: "libc.so.6", symbol: "getgid" });
    context.skip(objectKind(link.fd) !== "link", "perf events have links since Linux 5.15");
    const info = readLinkInfo(link.fd, "link");
    if (info.kind !== "perfEvent") throw new Error(info.kind);
    context.skip(info.event === undefined, "the kernel tells about perf events since Linux 6.6");
    expect(info.event).toMatchObject({ type: "uprobe", path: findExecutable("libc.so.6"), cookie: undefined });
    using other = attach(context, fixture, "on_uprobe", { path: "libc.so.6", symbol: "getgid", cookie: 7n });
    const { event } = readLinkInfo(other.fd, "link") as PerfEventLinkInfo;
    expect([7n, undefined]).toContain(event?.cookie);
  });

  it("of perf events", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_perf_event");
    const options = { sampleFrequency: 1, cpu: 0, cookie: 9n };
    using link = attach(context, fixture, "on_perf_event", options);
    const info = readLinkInfo(link.fd, "link");
    if (info.kind !== "perfEvent") throw new Error(info.kind);
    context.skip(info.event === undefined, "the kernel tells about perf events since Linux 6.6");
    // The CPU's clock; its type is 1, or since Linux 6.3 the number of a PMU of its own.
    expect(info.event).toMatchObject({ type: "event", config: 0n });
  });

  it("of iterators over one process", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_iter_task");
    using link = attach(context, fixture, "on_iter_task", { pid: process.pid });
    expect(readLinkInfo(link.fd, "link")).toMatchObject({
      kind: "iter",
      target: "task",
      mapId: undefined,
      cgroupId: undefined,
      tid: undefined,
      pid: process.pid,
    });
  });

  it("of maps of sockets", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_sk_msg");
    const sockets = fixture.map("sockets");
    using link = attach(context, fixture, "on_sk_msg", { map: sockets });
    context.skip(objectKind(link.fd) !== "link", "maps of sockets have links since Linux 6.10");
    expect(readLinkInfo(link.fd, "link")).toMatchObject({
      kind: "sockmap",
      mapId: readMapInfo(sockets.fd, "map").id,
      attachType: AttachType.SK_MSG_VERDICT,
    });
  });

  it("of many uprobes: places and cookies", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_uprobe_multi");
    const options = { path: "libc.so.6", symbols: ["getgid", "getuid"], cookies: [5n, 6n], pid: process.pid };
    using link = attach(context, fixture, "on_uprobe_multi", options);
    const info = readLinkInfo(link.fd, "link");
    if (info.kind !== "uprobeMulti") throw new Error(info.kind);
    context.skip(info.count === undefined, "the kernel tells about uprobe.multi links since Linux 6.8");
    const path = findExecutable("libc.so.6");
    const executable = readExecutable(path);
    expect(info).toMatchObject({
      path,
      count: 2,
      atReturn: false,
      offsets: [BigInt(executable.functionOffset("getgid")), BigInt(executable.functionOffset("getuid"))],
      semaphoreOffsets: [0n, 0n],
      cookies: [5n, 6n],
    });
  });

  it("of many kprobes: addresses, cookies and runs that were missed", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_kprobe_exact");
    using link = attach(context, fixture, "on_kprobe_exact", { symbols: ["kernel_clone"], cookies: [3n] });
    const info = readLinkInfo(link.fd, "link");
    if (info.kind !== "kprobeMulti") throw new Error(info.kind);
    context.skip(info.count === undefined, "the kernel tells about kprobe.multi links since Linux 6.6");
    expect(info).toMatchObject({ count: 1, atReturn: false });
    expect([undefined, 0n]).toContain(info.missed);
    expect([undefined, 3n]).toContain(info.cookies?.[0]);
  });
});

describe("all of them", () => {
  it("are walked, while some vanish", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_raw_tp");
    using link = attachOrSkip(context, () => fixture.program("on_raw_tp").attach());
    const made = Array.from({ length: 20 }, () => newMap(MapType.ARRAY, { key: 4, value: 4, entries: 1 }));
    const ids = made.map((map) => readMapInfo(map.value, "map").id);
    const seen: (number | undefined)[] = [];
    for (const { id } of maps()) {
      seen.push(id);
      if (id === ids[4]) for (const map of made.slice(5)) map.close();
    }
    for (const map of made) map.close();
    expect(seen).toEqual(expect.arrayContaining(ids.slice(0, 5)));
    expect([...programs()].map(({ id }) => id)).toContain(fixture.program("on_raw_tp").id);
    expect([...links()].map(({ id }) => id)).toContain(link.id);
  });

  it("leave nothing open when the walk ends early", () => {
    using _map = newMap(MapType.ARRAY, { key: 4, value: 4, entries: 1 });
    for (const map of maps()) if (map.type === MapType.ARRAY) break;
    for (const _program of programs()) break;
  });
});

describe("statistics", () => {
  it("grow while somebody asks for them", () => {
    using collection = load("collection/fixtures/calls", "direct");
    const each = program(collection, "direct");
    const data = new Uint8Array(64);
    const read = (): bigint | undefined => readProgramStats(each.fd, "program").runCount;
    each.run({ data, repeat: 10 });
    const start = read() ?? 0n;
    const stats = enableStats();
    expect(stats.closed).toBe(false);
    each.run({ data, repeat: 10 });
    const { runTime, runCount } = readProgramStats(each.fd, "program");
    expect(runCount).toBe(start + 10n);
    expect(runTime).toBeGreaterThan(0n);
    stats.close();
    stats.close();
    expect(stats.closed).toBe(true);
    expect(programInfoById(each.id)).toMatchObject({ runCount, runTime });
    expect(() => enableStats("everything" as "runTime")).toThrow('there are no statistics "everything"');
  });
});

describe("programs on descriptors of processes", () => {
  it("are found where there is a link, too", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_raw_tp");
    using link = attachOrSkip(context, () => fixture.program("on_raw_tp").attach());
    expect(taskProgram(process.pid, link.fd)).toMatchObject({
      programId: fixture.program("on_raw_tp").id,
      type: "rawTracepoint",
      name: "sys_enter",
    });
    expect([...taskPrograms(process.pid)].map(({ fd }) => fd)).toContain(link.fd);
  });

  it("or an event", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_uprobe");
    const { id, fd } = fixture.program("on_uprobe");
    const path = findExecutable("libc.so.6");
    const offset = readExecutable(path).functionOffset("getgid");
    const { type } = attachOrSkip(context, () => probeDevice("uprobe", "a uprobe"));
    const target = { pid: process.pid, cpu: -1 };
    using event = perfEventOpen({ type, probeName: path, config2: offset }, target, "a uprobe");
    expect([...taskPrograms(process.pid)]).toEqual([]);
    perfEventIoctl(event, "SET_BPF", fd);
    expect([...taskPrograms(process.pid)]).toEqual([
      {
        pid: process.pid,
        fd: event.value,
        programId: id,
        type: "uprobe",
        name: path,
        offset: BigInt(offset),
        address: undefined,
      },
    ]);
    expect([...taskPrograms()].map(({ programId }) => programId)).toContain(id);
  });

  it("not on others, and not of processes that are gone", () => {
    expect(taskProgram(process.pid, 1)).toBeUndefined();
    expect(taskProgram(process.pid, 99_999)).toBeUndefined();
    expect(() => taskProgram(0x3fff_ffff, 1)).toThrow("there is no process 1073741823");
    expect([...taskPrograms(0x3fff_ffff)]).toEqual([]);
  });
});

/** Where a cgroup2 file system is mounted. */
function cgroupPath(): string | undefined {
  return mounts().find(({ type }) => type === "cgroup2")?.path;
}
