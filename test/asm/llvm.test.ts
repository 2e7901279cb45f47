import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "bpf-loader/asm";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compareDisassembly } from "../corpus/disassembly.mjs";
import { instructionOfLlvm19 } from "./any-instruction.ts";

const CLANG = "clang-19";
const root = fileURLToPath(new URL("../../", import.meta.url));

const missing = [CLANG, "llvm-objdump-19"].filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);

beforeEach((context) => context.skip(missing.length > 0, `${missing.join(" and ")} is not installed`));

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "asm-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const orders = [
  ["bpfel", true],
  ["bpfeb", false],
] as const;

function compile(target: string, args: readonly string[]): string {
  const object = join(folder, `${target}.o`);
  const { status, stderr } = spawnSync(CLANG, ["-target", target, "-c", ...args, "-o", object], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return object;
}

/** Both ways of LLVM to write them, so twice as many. */
async function expectAgreement(object: string): Promise<number> {
  const { instructions, agreed, differences, explained } = await compareDisassembly(object);
  expect(differences, object).toEqual([]);
  expect(agreed + Object.values(explained).reduce((sum, count) => sum + count, 0)).toBe(instructions);
  return instructions;
}

describe("llvm-objdump and we write alike", { timeout: 120_000 }, () => {
  it("the objects of the repository", async () => {
    const objects = ["packages", "examples", "test"].flatMap((part) =>
      readdirSync(join(root, part), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".o") && !name.includes("node_modules"))
        .map((name) => join(root, part, name)),
    );
    expect(objects.length).toBeGreaterThan(20);
    let instructions = 0;
    for (const object of objects) instructions += await expectAgreement(object);
    expect(instructions).toBeGreaterThan(4000);
  });

  it.each(orders)("what compilers make for version 4 (%s)", async (target) => {
    const source = fileURLToPath(new URL("./v4.c", import.meta.url));
    expect(await expectAgreement(compile(target, ["-O2", "-mcpu=v4", source]))).toBeGreaterThan(200);
  });

  it.each(orders)("any instructions that LLVM knows (%s)", async (target, littleEndian) => {
    const instructions = fc.sample(instructionOfLlvm19, { numRuns: 20_000, seed: 1 });
    const bytes = encode(instructions, littleEndian);
    const source = join(folder, "any.s");
    writeFileSync(source, `.text\n.byte ${Array.from(bytes).join("\n.byte ")}\n`);
    expect(await expectAgreement(compile(target, [source]))).toBe(40_000);
  });
});
