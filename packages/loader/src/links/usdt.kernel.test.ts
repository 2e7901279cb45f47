import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { attachOrSkip, openDescriptors } from "../../../../test/attach-fixture.ts";
import { requireKernel } from "../../../../test/kernel.ts";
import { usdtTarget } from "../../../../test/usdt-target.ts";
import { type Collection, loadCollectionSync } from "../collection/index.ts";
import { CollectionSpec } from "../spec/index.ts";
import { kernelVersionCode } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { LinkType } from "../uapi/link-type.ts";
import type { Link } from "./link.ts";

const objects = {
  "since libbpf 1.7": readFileSync(new URL("fixtures/usdt.el.o", import.meta.url)),
  "before libbpf 1.7": readFileSync(new URL("fixtures/usdt-before-index.el.o", import.meta.url)),
};
const usual = objects["since libbpf 1.7"];
/** How many different lists of arguments the fixture has room for. */
const ROOM = 4;

let directory: string;
let fixed: string;
let movable: string;

function load(program: string, object: Uint8Array = usual): Collection {
  return loadCollectionSync(CollectionSpec.parse(object), { programs: [program] });
}

function attach(collection: Collection, program: string, options?: object): Link {
  const found = collection.programs.get(program);
  if (found === undefined) throw new Error(`no program ${program}`);
  return found.attach(options);
}

function read(collection: Collection, name: string): unknown {
  return collection.variables.get(name)?.get();
}

/** Runs the executable over its places `times` times; the result is its counter at the end. */
function run(path: string, times: number): number | null {
  return spawnSync(path, { input: "x".repeat(times) }).status;
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "usdt-"));
  fixed = join(directory, "fixed");
  movable = join(directory, "movable");
  writeFileSync(fixed, usdtTarget());
  writeFileSync(movable, usdtTarget(undefined, { movable: true }));
  chmodSync(fixed, 0o755);
  chmodSync(movable, 0o755);
});
afterAll(() => rmSync(directory, { recursive: true }));

beforeEach((context) => {
  requireKernel(context);
  if (process.arch !== "x64") context.skip(`the executable with the probes is for x86-64, not for ${process.arch}`);
});

describe("usdt", () => {
  test.each([
    ["since libbpf 1.7", "many"],
    ["since libbpf 1.7", "plain"],
    ["before libbpf 1.7", "plain"],
  ] as const)("reads arguments wherever they are: object %s, probe %s", (version, name) => {
    using collection = load("on_usdt", objects[version]);
    const link = attach(collection, "on_usdt", { path: fixed, provider: "test", name, cookie: 0x1234_5678_9abc_def0n });
    // Its only place with a semaphore counts who traces.
    expect(run(fixed, 2)).toBe(name === "many" ? 1 : 0);
    expect(read(collection, "failures")).toBe(0n);
    expect(read(collection, "runs")).toBe(2n);
    expect(read(collection, "count")).toBe(6n);
    expect(read(collection, "cookie")).toBe(0x1234_5678_9abc_def0n);
    expect([0, 1, 2, 3, 4, 5].map((index) => read(collection, `argument_${index}`))).toEqual([
      -7n,
      0xffff_fff9n,
      42n,
      -9n,
      -5n,
      0x11_2233_4455n,
    ]);
    link.close();
    expect(run(fixed, 1)).toBe(0);
    expect(read(collection, "runs")).toBe(2n);
  });

  test("an object from before libbpf 1.7 can't read indexed arguments", () => {
    using collection = load("on_usdt", objects["before libbpf 1.7"]);
    expect(() => attach(collection, "on_usdt", { path: fixed, provider: "test", name: "many" })).toThrow(
      /argument 5 is in an array, at an index in a register; an object reads such since libbpf 1.7/,
    );
  });

  test("runs at each place of the probe, with that place's arguments", () => {
    using collection = load("on_usdt");
    {
      using _link = attach(collection, "on_usdt", { path: fixed, provider: "test", name: "twice" });
      expect(run(fixed, 1)).toBe(0);
      expect(read(collection, "runs")).toBe(2n);
      expect(read(collection, "sum")).toBe(2n * 77n);
    }
    using _link = attach(collection, "on_usdt", { path: fixed, provider: "test", name: "differs" });
    expect(run(fixed, 1)).toBeGreaterThan(0);
    expect(read(collection, "runs")).toBe(4n);
    expect(read(collection, "sum")).toBe(2n * 77n + 1n + 77n);
    expect(read(collection, "failures")).toBe(0n);
  });

  test("a probe may have no arguments", () => {
    using collection = load("on_usdt");
    using _link = attach(collection, "on_usdt", { path: fixed, provider: "test", name: "silent", cookie: 5n });
    run(fixed, 1);
    expect(read(collection, "runs")).toBe(1n);
    expect(read(collection, "count")).toBe(0n);
    expect(read(collection, "cookie")).toBe(5n);
  });

  test("attaches by the section's name, and options replace parts of it", () => {
    using collection = load("on_twice");
    expect(() => attach(collection, "on_twice")).toThrow(/found no program "no-such-program"/);
    using _link = attach(collection, "on_twice", { path: fixed });
    run(fixed, 1);
    expect(read(collection, "runs")).toBe(2n);
    using other = load("on_twice");
    using _other = attach(other, "on_twice", { path: fixed, name: "silent" });
    run(fixed, 1);
    expect(read(other, "runs")).toBe(1n);
  });

  test("a program that reads no arguments gets its cookie from the kernel", (context) => {
    if (kernelVersionCode() < 0x5_0f00) context.skip("cookies came with Linux 5.15");
    using collection = load("on_plain");
    const options = { path: fixed, provider: "test", name: "float", cookie: 99n };
    using _link = attach(collection, "on_plain", options);
    run(fixed, 3);
    expect(read(collection, "plain_runs")).toBe(3n);
    expect(read(collection, "plain_cookie")).toBe(99n);
  });

  test("may sleep", (context) => {
    if (kernelVersionCode() < 0x6_0000) context.skip("sleepable uprobes came with Linux 6.0");
    using collection = load("on_sleepable");
    using _link = attach(collection, "on_sleepable", { path: fixed, provider: "test", name: "twice" });
    run(fixed, 1);
    expect(read(collection, "sum")).toBe(2n * 77n);
  });

  test.each(["fixed", "movable"] as const)("attaches in one process only: %s addresses", async (kind) => {
    const path = kind === "fixed" ? fixed : movable;
    using collection = load("on_usdt");
    const child = spawn(path, { stdio: ["pipe", "ignore", "ignore"] });
    try {
      const pid = await pidOf(child, path);
      using _link = attach(collection, "on_usdt", { path, provider: "test", name: "twice", pid });
      run(path, 3);
      expect(read(collection, "runs")).toBe(0n);
      child.stdin?.end("x");
      await once(child, "exit");
      expect(read(collection, "runs")).toBe(2n);
      expect(read(collection, "sum")).toBe(2n * 77n);
      expect(read(collection, "failures")).toBe(0n);
    } finally {
      child.kill();
    }
  });

  test("attaches in all processes to what each has at another address", (context) => {
    using collection = load("on_usdt");
    const options = { path: movable, provider: "test", name: "many" };
    using _link = attachOrSkip(context, () => attach(collection, "on_usdt", options));
    expect(run(movable, 1)).toBe(1);
    expect(run(movable, 1)).toBe(1);
    expect(read(collection, "runs")).toBe(2n);
    expect(read(collection, "argument_5")).toBe(0x11_2233_4455n);
  });

  test("links give back what they took, and need neither program nor collection", () => {
    const before = openDescriptors();
    const collection = load("on_usdt");
    const options = { path: fixed, provider: "test", name: "differs" };
    for (let round = 0; round < 2 * ROOM; round++) attach(collection, "on_usdt", options).close();
    const first = attach(collection, "on_usdt", options);
    using other = load("on_usdt");
    using _other = attach(other, "on_usdt", options);
    collection.close();
    run(fixed, 1);
    expect(read(other, "runs")).toBe(2n);
    expect(() => attach(collection, "on_usdt", options)).toThrow(/is closed|no program/);
    first.close();
    first.close();
    _other.close();
    other.close();
    expect(openDescriptors()).toBe(before);
  });

  test("says when there is no room for more", (context) => {
    using collection = load("on_usdt");
    const options = { path: fixed, provider: "test", name: "differs" };
    const links = [attach(collection, "on_usdt", options)];
    try {
      // Without cookies a place can be attached to but once.
      if (links[0]?.fd !== undefined && kernelVersionCode() < 0x5_0f00) context.skip("needs Linux 5.15");
      links.push(attach(collection, "on_usdt", options));
      expect(() => attach(collection, "on_usdt", { ...options, name: "many" })).toThrow(
        /map "__bpf_usdt_specs" is full: it has 4 entries/,
      );
      links.pop()?.close();
      links.push(attach(collection, "on_usdt", { ...options, name: "many" }));
    } finally {
      for (const link of links) link.close();
    }
  });

  test("is one link where the kernel has links to many places", (context) => {
    using collection = load("on_usdt");
    if (collection.programs.get("on_usdt")?.attachType !== AttachType.TRACE_UPROBE_MULTI) {
      context.skip("this kernel has no uprobe.multi links that can tell processes apart");
    }
    using link = attach(collection, "on_usdt", { path: fixed, provider: "test", name: "twice" });
    expect(link.kind).toBe("usdt");
    expect(link.info()).toMatchObject({
      type: LinkType.UPROBE_MULTI,
      programId: collection.programs.get("on_usdt")?.id,
    });
    expect(() => link.update(attachable(collection))).toThrow(/can't be given another program/);
    expect(() => link.detach()).toThrow(/can't be detached while they are open/);
  });

  test("explains what does not fit", () => {
    using collection = load("on_usdt");
    const tryAttach = (options: object): unknown =>
      attach(collection, "on_usdt", { path: fixed, provider: "test", ...options });
    const before = openDescriptors();
    expect(() => tryAttach({ name: "twise" })).toThrow(/has no USDT probe "test:twise"; did you mean "test:twice"\?/);
    expect(() => tryAttach({ name: "float" })).toThrow(/"8f@%xmm0", can't be read by a BPF program/);
    expect(() => tryAttach({ name: "twice", pid: 0x3fff_ffff })).toThrow(
      /there is no process 1073741823|can't be read/,
    );
    expect(() => tryAttach({ name: "twice", path: "/etc/passwd" })).toThrow(/is not an ELF file/);
    expect(() => tryAttach({ name: "twice", path: process.execPath })).toThrow(/has no USDT probe/);
    expect(openDescriptors()).toBe(before);
    // Nothing was taken by what failed.
    for (const name of ["twice", "plain", "silent"]) (tryAttach({ name }) as Link).close();
  });

  test("the maps can't come from another collection", () => {
    using collection = load("on_usdt");
    const map = collection.maps.get("__bpf_usdt_specs");
    if (map === undefined) throw new Error("the fixture has no map of arguments");
    expect(() =>
      loadCollectionSync(CollectionSpec.parse(usual), {
        programs: ["on_usdt"],
        mapReplacements: { __bpf_usdt_specs: map },
      }),
    ).toThrow(/map "__bpf_usdt_specs" can't be replaced/);
  });
});

test("a probe of the C++ library, where it is", (context) => {
  using collection = load("on_throw");
  try {
    using link = attach(collection, "on_throw", { pid: process.pid });
    expect(link.closed).toBe(false);
  } catch (error) {
    // No such library, one without probes, or not in this process.
    if (error instanceof Error && "code" in error && error.code === "ERR_BPF_NOT_FOUND") context.skip(error.message);
    throw error;
  }
});

function attachable(collection: Collection) {
  const program = collection.programs.get("on_usdt");
  if (program === undefined) throw new Error("no program");
  return program;
}

/** Of a child that runs its own executable by now, not what it was forked from. */
async function pidOf(child: ChildProcess, path: string): Promise<number> {
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error(`${path} did not start`);
  return pid;
}
