import { existsSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { skipIfLacking } from "../../../../test/skip-lacking.ts";
import { u32, u64 } from "../codec/index.ts";
import { MissingCapabilityError, NotSupportedError, SyscallError, VerifierError } from "../errors/index.ts";
import { lacks, linkTypeProbe, mapFlagProbes, mapTypeProbe } from "../features/index.ts";
import { MapArray } from "../maps/index.ts";
import { wrapAddon } from "../sys/addon.ts";
import { addon, Errno, type Addon } from "../sys/index.ts";
import { Command, LinkType, MapFlag, MapType } from "../uapi/index.ts";
import { ebpf } from "./ebpf.ts";
import { LoadableSpec } from "./loadable-spec.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

afterEach(() => expect(openKernelObjects()).toEqual(before));

const read = (name: string): LoadableSpec =>
  LoadableSpec.parse(readFileSync(new URL(`./fixtures/${name}.el.o`, import.meta.url)), name);

const packet = new Uint8Array(64);

/** The maps of the fixture that this kernel has no type for. */
function lateMaps(spec: LoadableSpec): readonly string[] {
  return [...spec.maps].filter(([, { type }]) => lacks(mapTypeProbe(type))).map(([name]) => name);
}

/** `growing` is missing; else the test is skipped. */
function withoutGrowing(context: TestContext): LoadableSpec {
  const spec = read("late-maps");
  context.skip(!lateMaps(spec).includes("growing"), "this kernel has BPF_MAP_TYPE_RHASH");
  return spec;
}

describe("maps that may be missing", () => {
  it("are left out where the kernel lacks their type, with the reason", async () => {
    const spec = read("late-maps");
    const late = lateMaps(spec);
    const options = { programs: ["count", "told"], optionalMaps: "all" } as const;
    for (const collection of [await spec.load(options), spec.loadSync(options)]) {
      const names = [...spec.maps.keys()];
      expect([...collection.maps.keys()]).toEqual(names.filter((name) => !late.includes(name)));
      expect([...collection.skipped.keys()]).toEqual(late);
      for (const [name, reason] of collection.skipped) {
        expect(reason).toBeInstanceOf(NotSupportedError);
        expect(reason.message).toMatch(
          new RegExp(`^map "${name}": BPF_MAP_CREATE failed with EINVAL .*has no BPF_MAP_`),
        );
      }
      expect(collection.variables.has("shared")).toBe(!late.includes("arena"));
      // One asks for no late map; of the other the verifier knows that it does not.
      for (const name of ["count", "told"])
        expect(collection.programs.get(name)?.run({ data: packet }).action).toBe("pass");
      collection.close();
    }
  });

  it("are no hindrance to programs that ask the kernel's types first", async (context) => {
    context.skip(!existsSync("/sys/kernel/btf/vmlinux"), "this kernel does not tell its types");
    const spec = read("late-maps");
    using collection = await spec.load({ programs: ["ask"], maps: [], optionalMaps: ["growing"] });
    const missing = lateMaps(spec).includes("growing");
    expect(collection.maps.has("growing")).toBe(!missing);
    expect(collection.programs.get("ask")?.run({ data: packet }).action).toBe(missing ? "pass" : "drop");
  });

  it("fail the programs that need them, or these are left out as well", async (context) => {
    const spec = withoutGrowing(context);
    const choice = { programs: ["count", "insist"], maps: ["hits"], optionalMaps: ["growing"] };
    const refusal =
      /^program "insist" was refused by the verifier: it uses map "growing", which was not created: map "growing": .*has no BPF_MAP_TYPE_RHASH.*\n.*late-maps\.bpf\.c:\d+: map_update\(&growing/s;
    await expect(spec.load(choice)).rejects.toThrow(refusal);
    expect(() => spec.loadSync(choice)).toThrow(VerifierError);
    const options = { ...choice, optionalPrograms: ["insist"] };
    for (const collection of [await spec.load(options), spec.loadSync(options)]) {
      expect([...collection.programs.keys()]).toEqual(["count"]);
      expect([...collection.skipped.keys()]).toEqual(["growing", "insist"]);
      expect(collection.skipped.get("insist")?.message).toMatch(refusal);
      expect(collection.skipped.get("insist")?.cause).toBe(collection.skipped.get("growing"));
      collection.close();
    }
    // Without a log, nobody says what the verifier found.
    using unlogged = spec.loadSync({ ...options, verifierLog: false });
    expect(unlogged.skipped.get("insist")?.message).toMatch(
      /^program "insist": BPF_PROG_LOAD failed with EINVAL .*: it refers to map "growing", which was not created: map "growing"/,
    );
  });

  it("leave their fields undefined, and those of their variables", async () => {
    const spec = read("late-maps");
    const late = lateMaps(spec);
    const target = {
      count: ebpf.program("count"),
      hits: ebpf.arrayMap("hits", u64, { optional: true }),
      late: {
        growing: ebpf.map("growing", u32, u64, { optional: true }),
        commands: ebpf.map("commands", { optional: true }),
        arena: ebpf.arenaMap("arena", { optional: true }),
      },
      shared: ebpf.variable("shared", u32, { optional: true }),
    };
    for (const objects of [await spec.loadAndAssign(target), spec.loadAndAssignSync(target)]) {
      objects.count.run({ data: packet });
      expect(objects.hits?.get(0)).toBe(7n);
      expect(objects.late.growing === undefined).toBe(late.includes("growing"));
      expect(objects.late.commands?.type).toBe(late.includes("commands") ? undefined : MapType.USER_RINGBUF);
      expect(objects.late.arena === undefined).toBe(late.includes("arena"));
      expect(objects.shared?.get()).toBe(late.includes("arena") ? undefined : 5);
      expect([...objects.skipped.keys()]).toEqual(late.filter((name) => name !== "filter"));
      objects.close();
    }
  });

  it("fail the load with their variables, unless these may be missing, too", (context) => {
    const spec = withoutGrowing(context);
    // As on a kernel without arenas.
    Object.assign(spec.maps.get("arena")!, { ...spec.maps.get("growing"), name: "arena" });
    const target = { shared: ebpf.variable("shared", u32), arena: ebpf.map("arena", { optional: true }) };
    expect(() => spec.loadAndAssignSync(target)).toThrow(
      /^field shared: variable "shared" is in map "arena", which was not created: map "arena": .*has no BPF_MAP_TYPE_RHASH/,
    );
    using objects = spec.loadAndAssignSync({ ...target, shared: ebpf.variable("shared", u32, { optional: true }) });
    expect([objects.shared, objects.arena]).toEqual([undefined, undefined]);
  });

  it("are left out where the kernel lacks a flag of theirs", () => {
    const spec = read("choices");
    const events = spec.maps.get("events")!;
    events.flags = MapFlag.RB_OVERWRITE;
    using collection = spec.loadSync({ programs: [], maps: ["events"], optionalMaps: ["events"] });
    const isMissing = lacks(mapFlagProbes.RB_OVERWRITE);
    expect(collection.maps.has("events")).toBe(!isMissing);
    expect(collection.skipped.has("events")).toBe(isMissing);
    if (isMissing) expect(collection.skipped.get("events")?.message).toMatch(/has no BPF_F_RB_OVERWRITE/);
  });

  it("are named in options by names that the object has", () => {
    expect(() => read("late-maps").loadSync({ optionalMaps: ["nobody"] })).toThrow(
      'option optionalMaps: the object has no map "nobody"',
    );
  });
});

describe("what else keeps a map from being created fails the load", () => {
  it("such as wrong sizes", async () => {
    const spec = read("late-maps");
    spec.maps.get("hits")!.keySize = 8;
    await expect(spec.load({ programs: [], maps: ["hits"], optionalMaps: "all" })).rejects.toThrow(
      expect.objectContaining({ errno: "EINVAL", object: 'map "hits"' }),
    );
  });

  it.each([
    [Errno.EPERM, SyscallError],
    [Errno.ENOMEM, SyscallError],
    [Errno.E2BIG, SyscallError],
  ])("such as error number %i", (errno, kind) => {
    const spec = read("late-maps");
    const load = (): void => spec.loadSync({ programs: [], maps: ["hits"], optionalMaps: "all" }).close();
    whileMapsAreRefused(errno, () => {
      expect(load).toThrow(kind);
      expect(load).not.toThrow(MissingCapabilityError);
    });
  });

  it("such as a folder to pin in that there is not", () => {
    const spec = read("late-maps");
    spec.maps.get("hits")!.pinning = "byName";
    const options = {
      programs: [],
      maps: ["hits"],
      optionalMaps: "all",
      pinPath: "/sys/fs/bpf/no/such/folder",
    } as const;
    expect(() => spec.loadSync(options)).toThrow(/map "hits"/);
  });
});

/** An array of maps that no kernel has the template of, and what it holds. */
function nested(context: TestContext): {
  readonly spec: LoadableSpec;
  readonly outer: string;
  readonly inner: string;
} {
  withoutGrowing(context);
  const spec = read("static-content");
  const map = [...spec.maps.values()].find(({ type, slots }) => type === MapType.ARRAY_OF_MAPS && slots.length > 0)!;
  return { spec, outer: map.name, inner: map.slots[0]!.name };
}

describe("what only a missing map needs", () => {
  it("is not created, and not pinned", (context) => {
    const { spec, outer, inner } = nested(context);
    const template = spec.maps.get(outer)!.innerMap!;
    template.type = MapType.RHASH;
    template.flags = MapFlag.NO_PREALLOC;
    spec.maps.get(inner)!.pinning = "byName";
    const pinPath = mkdtempSync(join(tmpdir(), "optional-maps-"));
    execFileSync("mount", ["-t", "bpf", "bpf", pinPath]);
    try {
      using collection = spec.loadSync({ programs: [], maps: [outer], optionalMaps: [outer], pinPath });
      expect([...collection.maps.keys()]).toEqual([]);
      expect([...collection.skipped.keys()]).toEqual([outer]);
      expect(existsSync(join(pinPath, inner))).toBe(false);
    } finally {
      execFileSync("umount", ["-l", pinPath]);
      rmdirSync(pinPath);
    }
  });

  it("and its place in another map, which stays empty", (context) => {
    const { spec, outer, inner } = nested(context);
    const { slots } = spec.maps.get(outer)!;
    const lacking = spec.maps.get(inner)!;
    lacking.type = MapType.RHASH;
    lacking.flags = MapFlag.NO_PREALLOC;
    using collection = spec.loadSync({ programs: [], maps: [outer], optionalMaps: [inner] });
    expect([...collection.skipped.keys()]).toEqual([inner]);
    const maps = collection.maps.get(outer);
    if (!(maps instanceof MapArray)) throw new Error("it is no array of maps");
    for (const { index, name } of slots) {
      const found = maps.open(index);
      expect(found === undefined).toBe(name === inner);
      found?.close();
    }
  });
});

describe("structures of functions that may be missing", () => {
  it("are left out where the kernel has none that are linked", async (context) => {
    skipIfLacking(context, mapTypeProbe(MapType.STRUCT_OPS));
    context.skip(!existsSync("/sys/kernel/btf/vmlinux"), "this kernel does not tell its types");
    using collection = await read("congestion").load({ programs: [], maps: ["linked"], optionalMaps: ["linked"] });
    const isMissing = lacks(linkTypeProbe(LinkType.STRUCT_OPS));
    expect(collection.maps.has("linked")).toBe(!isMissing);
    expect(collection.skipped.get("linked") instanceof NotSupportedError).toBe(isMissing);
  });

  it("are left out with their programs, unless these are asked for by name", (context) => {
    const spec = read("congestion");
    const autocreate = { newer: true, unknown: true };
    skipIfLacking(context, linkTypeProbe(LinkType.STRUCT_OPS));
    using all = spec.loadSync({ autocreate, optionalMaps: ["newer", "unknown"] });
    expect([...all.maps.keys()].sort()).toEqual(["constant", "linked"]);
    expect([...all.programs.keys()].sort()).toEqual(["cong_avoid", "ssthresh", "undo_cwnd"]);
    expect([...all.skipped.keys()].sort()).toEqual(["newer", "optional", "unknown"]);
    expect(all.skipped.get("optional")).toBe(all.skipped.get("unknown"));
    using one = spec.loadSync({ programs: [], maps: ["unknown"], optionalMaps: "all" });
    expect([one.maps.size, one.programs.size]).toEqual([0, 0]);
    const named = { programs: ["optional"], maps: ["unknown"], optionalMaps: "all" } as const;
    expect(() => spec.loadSync(named)).toThrow('map "unknown": this kernel has no struct "no_such_ops"');
    using none = spec.loadSync({ ...named, optionalPrograms: "all" });
    expect([...none.skipped.keys()].sort()).toEqual(["optional", "unknown"]);
  });
});

/** Has the kernel answer so to BPF_MAP_CREATE, for as long as something is done. */
function whileMapsAreRefused(errno: number, use: () => void): void {
  const real = addon();
  const members = Object.getOwnPropertyNames(real).map((name) => [name, Reflect.get(real, name)] as const);
  wrapAddon(() => ({
    ...(Object.fromEntries(members) as unknown as Addon), // all of its members
    bpf: (command, attribute, pointers) =>
      command === Command.MAP_CREATE ? -errno : real.bpf(command, attribute, pointers),
  }));
  try {
    use();
  } finally {
    wrapAddon(() => real);
  }
}
