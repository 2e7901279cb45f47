import { existsSync, readFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { asBpftool, bpftoolTypes, whyNoBpftool } from "../../../../test/btf/bpftool.ts";
import { PeakMemory } from "../../../../test/fuzz/limits.ts";
import { Btf } from "./index.ts";

const path = "/sys/kernel/btf/vmlinux";
const bytes = existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;

function kernel(): Btf {
  if (bytes === undefined) throw new Error("skipped without BTF");
  return Btf.parse(bytes);
}

beforeEach((context) => {
  context.skip(bytes === undefined, `the running kernel has no BTF: ${path} is missing (CONFIG_DEBUG_INFO_BTF)`);
});

it("is opened, and types of all kernels are found in it", () => {
  const btf = kernel();
  expect(btf.typeCount).toBeGreaterThan(10_000);
  const task = btf.type(btf.find("task_struct", "struct") ?? 0);
  expect(task.kind === "struct" && task.members.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["pid", "tgid", "comm", "mm", "cred"]),
  );
  expect(btf.sizeOf(btf.find("pid_t", "typedef") ?? 0)).toBe(4);
  expect(btf.sizeOf(btf.find("list_head", "struct") ?? 0)).toBe(16);
  expect(btf.alignOf(btf.find("list_head", "struct") ?? 0)).toBe(8);
  expect(btf.typeName(btf.find("list_head", "struct") ?? 0)).toBe("struct list_head");
  expect(btf.find("bpf_map_type", "enum")).toBeDefined();
  expect(btf.find("bpf_prog_load", "struct")).toBeUndefined();
  expect(btf.kind(btf.find("vfs_read", "function") ?? 0)).toBe("function");
});

it("takes no more than twice its size, read and looked up in", () => {
  const memory = new PeakMemory();
  memory.start();
  const read = readFileSync(path);
  expect(Btf.parse(read).find("task_struct", "struct")).toBeDefined();
  expect(memory.grown()).toBeLessThan(2 * read.length);
});

it("has all that was looked for in one pass", () => {
  const btf = kernel();
  const names = ["task_struct", "sk_buff", "file", "u8", "no such type"];
  const found = btf.findEssential(new Set(names));
  for (const name of names) {
    expect(found.get(name) ?? []).toEqual(btf.findAll(name));
  }
});

it("is read as bpftool reads it", { timeout: 120_000 }, (context) => {
  const expected = bpftoolTypes(path);
  context.skip(expected === undefined, whyNoBpftool);
  const btf = kernel();
  expect(expected?.length).toBe(btf.typeCount - 1);
  for (let id = 1; id < btf.typeCount; id += 37) {
    const { vlen: _, ...type } = { vlen: 0, ...expected?.[id - 1] };
    // bpftool sign-extends the values of unsigned enums, and JSON rounds them
    if (type.values?.some(({ val }) => !Number.isSafeInteger(val)) === true) continue;
    expect(asBpftool(btf.type(id))).toEqual(type);
  }
});
