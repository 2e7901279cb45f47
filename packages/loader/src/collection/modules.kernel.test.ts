import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { openKernelObjects } from "../../../../test/open-descriptors.ts";
import { Btf } from "../btf/index.ts";
import { MissingCapabilityError } from "../errors/index.ts";
import { kernelIsAtLeast, readKernelBtf } from "../sys/index.ts";
import type { Collection } from "./collection.ts";
import { LoadableSpec } from "./loadable-spec.ts";

let before: readonly string[] = [];

beforeEach((context) => {
  requireKernel(context);
  before = openKernelObjects();
});

// Nor the descriptors of modules.
afterEach(() => expect(openKernelObjects()).toEqual(before));

const packet = new Uint8Array(64);
const spec = (): LoadableSpec =>
  LoadableSpec.parse(readFileSync(new URL("./fixtures/modules.el.o", import.meta.url)), "modules");

/** In kernels that are thrown away modules are loaded and unloaded. */
const IS_DISPOSABLE = process.env["KERNEL_IS_DISPOSABLE"] === "1";

/** Skips where a module is not loaded. */
function requireModules(context: TestContext, ...modules: readonly string[]): void {
  if (IS_DISPOSABLE) spawnSync("modprobe", ["-a", ...modules]);
  const missing = modules.filter((module) => !existsSync(`/sys/kernel/btf/${module}`));
  context.skip(
    missing.length > 0,
    `/sys/kernel/btf has no ${missing.join(", ")}: without modules of that name, or their types`,
  );
}

function load(...programs: readonly string[]): Promise<Collection> {
  return spec().load({ programs });
}

function returned(collection: Collection, program: string): number | undefined {
  return collection.programs.get(program)?.run({ data: packet }).returnValue;
}

/** Skips where the kernel lets no program patch its code. */
async function trace(context: TestContext, ...programs: readonly string[]): Promise<Collection> {
  requireModules(context, "nf_conntrack");
  try {
    return await load("lookup", ...programs);
  } catch (error) {
    context.skip(
      error instanceof MissingCapabilityError && error.missing === "lockdown",
      "this kernel refuses programs that patch its code",
    );
    throw error;
  }
}

describe("functions of modules", () => {
  it("are called", async (context) => {
    requireModules(context, "nf_conntrack");
    using collection = await load("lookup");
    expect(returned(collection, "lookup")).toBe(0);
  });

  it("of several are called in one program", async (context) => {
    context.skip(!kernelIsAtLeast("6.4"), "programs can ask whether a kernel function is there since Linux 6.4");
    requireModules(context, "nf_conntrack", "nf_nat");
    using collection = await load("lookup", "translate");
    expect(returned(collection, "translate")).toBe(0);
    expect(returned(collection, "lookup")).toBe(0);
  });

  it("may be missing when they are weak", async (context) => {
    requireModules(context, "nf_conntrack");
    if (IS_DISPOSABLE) spawnSync("rmmod", ["nf_nat"]);
    context.skip(existsSync("/sys/kernel/btf/nf_nat"), "the module nf_nat is loaded");
    using collection = await load("translate");
    expect(returned(collection, "translate")).toBe(0);
  });

  it("are shown with the module when they are declared otherwise", async (context) => {
    requireModules(context, "nf_conntrack");
    await expect(load("wrong_prototype")).rejects.toThrow(
      'program "wrong_prototype" declares the kernel function "bpf_ct_insert_entry___wrong" as ' +
        '"struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *, u32)", and in its module "nf_conntrack" it is ' +
        '"struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *)"',
    );
  });

  it("are called by functions of structures", async (context) => {
    context.skip(!kernelIsAtLeast("6.4"), "structures that are linked came with Linux 6.4");
    requireModules(context, "tcp_bbr");
    using collection = await spec().load({
      programs: ["ssthresh", "undo_cwnd", "cong_avoid"],
      maps: ["congestion"],
    });
    expect([...collection.programs.keys()].sort()).toEqual(["cong_avoid", "ssthresh", "undo_cwnd"]);
  });
});

describe("functions of modules that programs trace", () => {
  it("are found, with and without the name of the module", async (context) => {
    using collection = await trace(context, "enter", "leave");
    const links = ["enter", "leave"].map((name) => collection.programs.get(name)!.attach());
    returned(collection, "lookup");
    const counts = ["entered", "left"].map((name) => collection.variables.get(name)?.get());
    expect(counts.every((count) => typeof count === "bigint" && count >= 1n)).toBe(true);
    for (const link of links) link.close();
  });

  it("are not the kernel's own", async (context) => {
    requireModules(context, "nf_conntrack");
    await expect(load("elsewhere")).rejects.toThrow('this kernel has no function "vmlinux:nf_conntrack_find_get"');
  });
});

it("tracepoints of modules are attached to", async (context) => {
  requireModules(context, "kyber_iosched");
  using collection = await load("tracepoint");
  collection.programs.get("tracepoint")!.attach().close();
});

it("variables and symbols of modules are used", async (context) => {
  requireModules(context, "nf_conntrack", "x_tables");
  using collection = await load("symbols");
  expect(returned(collection, "symbols")).toBe(0);
  const address = collection.variables.get("address")?.get();
  if (typeof address !== "bigint") throw new Error("no address");
  expect(readFileSync("/proc/kallsyms", "utf8")).toMatch(
    new RegExp(`^${address.toString(16)} [Tt] nf_conntrack_find_get\t\\[nf_conntrack\\]$`, "m"),
  );
});

it("types of modules are what an object's are adapted to", async (context) => {
  requireModules(context, "tcp_bbr");
  using collection = await load("module_types");
  expect(returned(collection, "module_types")).toBe(0);
  const types = Btf.parse(readFileSync("/sys/kernel/btf/tcp_bbr"), Btf.parse(readKernelBtf()));
  const type = types.type(types.find("bbr", "struct")!);
  const members = type.kind === "struct" ? type.members : [];
  const member = members.find(({ name }) => name === "min_rtt_us");
  expect(collection.variables.get("offset")?.get()).toBe(member!.bitOffset / 8);
});
