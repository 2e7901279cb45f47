import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { readKernelBtf } from "../sys/index.ts";
import { KernelTypes } from "./kernel-types.ts";

let folder = "";

beforeEach((context) => {
  requireKernel(context);
  folder = mkdtempSync(join(tmpdir(), "kernel-types-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A module's types: one function, on top of the kernel's. */
function moduleWith(name: string): Uint8Array {
  const kernel = new DataView(readKernelBtf().slice(0, 24).buffer);
  const stringsOfKernel = kernel.getUint32(20, true);
  const strings = new TextEncoder().encode(`${name}\0`);
  const prototype = new KernelTypes().kernel.typeCount;
  // A prototype that returns void, and a function of that type.
  const words = [0, 13 << 24, 0, stringsOfKernel, 12 << 24, prototype];
  const header = [0x0001_eb9f, 24, 0, words.length * 4, words.length * 4, strings.length];
  return Buffer.concat([Buffer.from(Uint32Array.from([...header, ...words]).buffer), strings]);
}

it("finds what a module has, though others can't be read or have gone", () => {
  writeFileSync(join(folder, "vmlinux"), "");
  writeFileSync(join(folder, "broken"), "no types");
  symlinkSync("nowhere", join(folder, "gone"));
  writeFileSync(join(folder, "good"), moduleWith("a_function_of_a_module"));
  const types = new KernelTypes(folder);
  expect(types.find("a_function_of_a_module", "function")).toEqual({ id: types.kernel.typeCount + 1, module: "good" });
  expect(types.find("a_function_of_a_module", "function", "good")?.module).toBe("good");
  expect(types.find("a_function_of_a_module", "function", "vmlinux")).toBeUndefined();
  expect(types.find("a_function_of_a_module", "function", "gone")).toBeUndefined();
  expect(types.remark).toMatch(/^; the types of these modules can't be read: "broken" \(.*truncated.*\)$/);
  types.close();
});

it("needs no modules", () => {
  const types = new KernelTypes(join(folder, "nothing"));
  expect(types.modules).toEqual([]);
  expect(types.remark).toBe("");
});
