import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { btfOf, fixturePath } from "../../../../test/btf/open-fixture.ts";
import { linkFunctions } from "../asm/code.ts";
import { Btf, CoreRelocationKind, CoreResolver } from "../btf/index.ts";
import { BpfError } from "../errors/index.ts";
import { CollectionSpec, minCoreBtf } from "./index.ts";

const KERNEL = "/sys/kernel/btf/vmlinux";
const whyNoTypes = `the running kernel has no BTF: ${KERNEL} is missing (CONFIG_DEBUG_INFO_BTF)`;
const execsnoop = fileURLToPath(new URL("../../../../examples/execsnoop/execsnoop.bpf.o", import.meta.url));

function read(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

/** Relocated code of all programs, or the error's code; without ids of the kernel's types, which are others. */
function relocated(spec: CollectionSpec, target: Btf): ReadonlyMap<string, unknown> {
  const programs = new Map<string, unknown>();
  for (const [name, { functions }] of spec.programs) {
    const { code, coreRelocations } = linkFunctions(functions, spec.littleEndian);
    const wanted = coreRelocations.filter(({ kind }) => kind !== CoreRelocationKind.TYPE_ID_TARGET);
    try {
      const { poisoned } = new CoreResolver(spec.btf ?? target, target).apply(code, wanted, name);
      programs.set(name, { code, poisoned });
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      programs.set(name, error.code);
    }
  }
  return programs;
}

function relocationCount(spec: CollectionSpec): number {
  return [...spec.programs.values()].flatMap(({ functions }) =>
    functions.flatMap(({ coreRelocations }) => coreRelocations),
  ).length;
}

/** Size of what bpftool makes; `undefined` when it is not installed. */
function bpftoolSize(kernel: string, object: string): number | undefined {
  const directory = mkdtempSync(join(tmpdir(), "min-core-btf-"));
  try {
    const out = join(directory, "out.btf");
    const command = process.env["BPFTOOL"] || "bpftool";
    const run = spawnSync(command, ["gen", "min_core_btf", kernel, out, object]);
    return run.status === 0 ? statSync(out).size : undefined;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe.each(["el", "eb"])("the types that a %s object needs", (order) => {
  const spec = CollectionSpec.parse(read(fixturePath(`core-local.${order}.o`)));
  const target = btfOf(`core-target.${order}.o`);

  it("relocate it to the same bytes", () => {
    const minimal = minCoreBtf([spec], target);
    expect(relocationCount(spec)).toBeGreaterThan(20);
    expect(relocated(spec, minimal)).toEqual(relocated(spec, target));
    expect(minimal.littleEndian).toBe(order === "el");
    expect(minimal.bytes.length).toBeLessThan(target.bytes.length);
  });

  it("are enough to make themselves of", () => {
    const minimal = minCoreBtf([spec], target);
    expect(minCoreBtf([spec], minimal).bytes).toEqual(minimal.bytes);
  });

  it("are none of a kernel that has nothing of it", () => {
    expect(minCoreBtf([spec], btfOf(`kinds.${order}.o`)).typeCount).toBe(1);
    expect(minCoreBtf([], target).typeCount).toBe(1);
  });

  it("are found in modules", () => {
    const module = btfOf(`core-target.${order}.o`);
    const kernel = btfOf(`kinds.${order}.o`);
    const minimal = minCoreBtf([spec], kernel, () => [module]);
    expect(relocated(spec, minimal)).toEqual(relocated(spec, target));
  });
});

it("are a small part of this kernel's, for an example", (context) => {
  context.skip(!existsSync(KERNEL), whyNoTypes);
  const spec = CollectionSpec.parse(read(execsnoop));
  const kernel = Btf.parse(read(KERNEL));
  const minimal = minCoreBtf([spec], kernel);
  expect(relocationCount(spec)).toBeGreaterThan(0);
  expect(relocated(spec, minimal)).toEqual(relocated(spec, kernel));
  expect(minimal.bytes.length).toBeLessThan(4096);
});

it("are hardly more than bpftool takes", (context) => {
  context.skip(!existsSync(KERNEL), whyNoTypes);
  const theirs = bpftoolSize(KERNEL, execsnoop);
  context.skip(theirs === undefined, "bpftool is not installed, or not the one that $BPFTOOL names");
  const ours = minCoreBtf([CollectionSpec.parse(read(execsnoop))], Btf.parse(read(KERNEL)));
  expect(ours.bytes.length).toBeLessThanOrEqual(1.5 * (theirs ?? 0));
});
