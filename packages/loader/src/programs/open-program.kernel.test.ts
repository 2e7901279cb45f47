import { existsSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bpfFileSystem } from "../../../../test/bpf-file-system.ts";
import { AttachFixture, attachOrSkip } from "../../../../test/attach-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { newMap } from "../../../../test/new-map.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { loadCollectionSync, openPinned } from "../collection/index.ts";
import type { Collection } from "../collection/index.ts";
import { BpfError } from "../errors/index.ts";
import { openLinkById, openPinnedLink } from "../links/index.ts";
import { mounts } from "../links/mounts.ts";
import { CollectionSpec } from "../spec/index.ts";
import { LinkType, MapType, ProgramType } from "../uapi/index.ts";
import { u32 } from "../codec/index.ts";
import { pinnedObjects } from "../info/index.ts";
import { HashMap } from "../maps/index.ts";
import { Program } from "./index.ts";

const usdtObject = readFileSync(new URL("../links/fixtures/usdt.el.o", import.meta.url));
const files = bpfFileSystem();
const path = join(files.path, "pin");
let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => {
  expect(openKernelObjects()).toEqual(before);
});

describe("a program by id", () => {
  it("knows its name in full, type, licence, maps and instructions", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_any_tracepoint");
    const { id, tag } = fixture.program("on_any_tracepoint");
    using program = Program.fromId(id);
    expect(program).toMatchObject({ id, tag, name: "on_any_tracepoint", type: ProgramType.TRACEPOINT });
    const info = program.info();
    expect(info).toMatchObject({ id, tag, name: "on_any_tracepoi", gplCompatible: true, type: ProgramType.TRACEPOINT });
    expect(info.mapIds).toHaveLength(1);
    expect(info.instructions().code.length).toBe(info.translatedSize);
    expect(program.stats().recursionMisses ?? 0n).toBe(0n);
    expect(() => Program.fromId(0x7fff_ffff)).toThrow("there is no program with id 2147483647");
  });

  it("can be attached when its type has one way", () => {
    using fixture = AttachFixture.load("on_xdp");
    using program = Program.fromId(fixture.program("on_xdp").id);
    expect(program.attachKind).toBe("xdp");
    using link = program.attach({ interface: "lo", mode: "generic" });
    expect(link.kind).toBe("xdp");
  });

  it("can be attached as its section says", (context) => {
    using fixture = AttachFixture.load("on_cgroup_egress");
    const { id } = fixture.program("on_cgroup_egress");
    using unknown = Program.fromId(id);
    expect(() => unknown.attach({ cgroup: "/" })).toThrow(
      "the kernel does not tell how programs of type BPF_PROG_TYPE_CGROUP_SKB are; say it when it is opened",
    );
    expect(() => Program.fromId(id, { section: "xdp" })).toThrow(
      'is of type BPF_PROG_TYPE_CGROUP_SKB, and SEC("xdp") is for BPF_PROG_TYPE_XDP',
    );
    expect(() => Program.fromId(id, { section: "nonsense" })).toThrow("says nothing about a program");
    using program = Program.fromId(id, { section: "cgroup_skb/egress" });
    expect(program.attachKind).toBe("cgroup");
    const cgroup = mounts().find(({ type }) => type === "cgroup2")?.path ?? "";
    context.skip(cgroup === "", "no cgroup2 file system is mounted");
    using link = attachOrSkip(context, () => program.attach({ cgroup }));
    expect(link.closed).toBe(false);
  });
});

describe("a program by descriptor", () => {
  it("has one of its own", () => {
    using fixture = AttachFixture.load("on_xdp");
    const { fd, id } = fixture.program("on_xdp");
    using program = Program.fromFd(fd);
    expect(program.id).toBe(id);
    expect(program.fd).not.toBe(fd);
    using map = newMap(MapType.ARRAY, { key: 4, value: 4, entries: 1 });
    expect(() => Program.fromFd(map.value)).toThrow(`descriptor ${map.value} is not a program but a map`);
  });

  it("is cloned, and each is closed for itself", () => {
    using fixture = AttachFixture.load("on_xdp");
    const first = Program.fromId(fixture.program("on_xdp").id);
    using second = first.clone();
    first.close();
    expect(second).toMatchObject({ name: "on_xdp", attachKind: "xdp", sectionName: "xdp", pinnedAt: undefined });
    expect(second.id).toBe(fixture.program("on_xdp").id);
    expect(() => first.clone()).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
  });

  it("is cloned with the maps that USDT programs look up their arguments in", (context) => {
    let collection: Collection;
    try {
      collection = loadCollectionSync(CollectionSpec.parse(usdtObject), { programs: ["on_usdt"] });
    } catch (error) {
      context.skip(error instanceof BpfError, String(error));
      throw error;
    }
    collection.programs.get("on_usdt")?.clone().close();
    const kept = collection.programs.get("on_usdt")?.clone();
    collection.close();
    expect(kept?.closed).toBe(false);
    kept?.close();
    expect(kept?.closed).toBe(true);
  });

  it("is an error when it is closed", () => {
    using fixture = AttachFixture.load("on_xdp");
    const program = Program.fromId(fixture.program("on_xdp").id);
    program.close();
    program.close();
    for (const use of [() => program.fd, () => program.info(), () => program.stats(), () => program.pin(path)]) {
      expect(use).toThrow(expect.objectContaining({ code: "ERR_BPF_CLOSED" }));
    }
  });
});

describe("pins", () => {
  beforeEach((context) => files.require(context));

  it("keep a program, until someone takes it over", () => {
    let id = 0;
    {
      using fixture = AttachFixture.load("on_xdp");
      fixture.program("on_xdp").pin(path);
      expect(fixture.program("on_xdp").pinnedAt).toBe(path);
      ({ id } = fixture.program("on_xdp"));
    }
    {
      using program = Program.fromPin(path);
      expect(program).toMatchObject({ id, name: "on_xdp", pinnedAt: path });
    }
    expect(existsSync(path)).toBe(true);
    using owned = Program.fromPin(path, { unpin: true, section: "xdp" });
    expect(owned).toMatchObject({ id, pinnedAt: undefined, sectionName: "xdp" });
    expect(existsSync(path)).toBe(false);
    expect(() => Program.fromPin(path)).toThrow(expect.objectContaining({ code: "ERR_BPF_NOT_FOUND" }));
  });

  it("of a link open as a link, and as nothing else", (context) => {
    using fixture = AttachFixture.load("on_xdp", "on_xdp_next");
    {
      using link = attachOrSkip(context, () => fixture.program("on_xdp").attach({ interface: "lo", mode: "generic" }));
      link.pin(path);
    }
    expect(() => Program.fromPin(path)).toThrow(`program at "${path}" is not a program but a link`);
    using link = openPinnedLink(path);
    expect(link.kind).toBe("xdp");
    expect(link.info()).toMatchObject({ kind: "xdp", type: LinkType.XDP, ifindex: 1 });
    using same = openLinkById(link.id);
    expect(same.kind).toBe("xdp");
    same.update(fixture.program("on_xdp_next"));
    expect(link.info().programId).toBe(fixture.program("on_xdp_next").id);
    using last = openPinnedLink(path, { unpin: true });
    expect(existsSync(path)).toBe(false);
    expect(last.id).toBe(link.id);
    fixture.program("on_xdp").pin(path);
    expect(() => openPinnedLink(path)).toThrow("is not a link but a program");
    fixture.program("on_xdp").unpin();
    expect(() => openPinnedLink(path)).toThrow("nothing is pinned at");
    expect(() => openLinkById(0x7fff_ffff)).toThrow("there is no link with id 2147483647");
  });

  it("open as what they are, and are found in directories", (context) => {
    using fixture = AttachFixture.load("on_xdp");
    const pinned = fixture.program("on_xdp");
    const [directory, where] = [join(files.path, "below"), join(files.path, "below", "program")];
    pinned.pin(where, { makeDirectory: true });
    using map = HashMap.create({ key: u32, value: u32, maxEntries: 1 });
    map.pin(path);
    try {
      using program = openPinned(where);
      expect(program).toBeInstanceOf(Program);
      expect(program.id).toBe(pinned.id);
      using opened = openPinned(path);
      expect(opened).toBeInstanceOf(HashMap);
      expect(opened.id).toBe(map.id);
      const found = { path: where, kind: "program", id: pinned.id };
      expect(pinnedObjects(directory)).toEqual([found]);
      expect(pinnedObjects(files.path)).toHaveLength(2);
      expect(pinnedObjects()).toEqual(expect.arrayContaining([found, { path, kind: "map", id: map.id }]));
      const link = attachOrSkip(context, () => pinned.attach({ interface: "lo", mode: "generic" }));
      link.pin(join(directory, "link"));
      using same = openPinned(join(directory, "link"));
      expect(same).toMatchObject({ kind: "xdp", id: link.id });
      link.unpin();
      link.close();
    } finally {
      map.unpin();
      pinned.unpin();
      rmdirSync(directory);
    }
    expect(() => openPinned(path)).toThrow(`nothing is pinned at "${path}"`);
    expect(pinnedObjects(directory)).toEqual([]);
  });

  it("of an iterator can be read", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_iter_task");
    using link = attachOrSkip(context, () => fixture.program("on_iter_task").attach());
    using opened = openLinkById(link.id);
    expect(opened.kind).toBe("iter");
    expect(opened).toHaveProperty("read");
  });
});
