/**
 * Random types of C: what generated code reads is what C reads from the same bytes, and what it writes are the bytes that C
 * writes. `ROUND_TRIPS=200` tries more than the few of every run, `ROUND_TRIPS_FROM=17` begins with that one.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "bpf-codegen";
import type { Codec } from "bpf-loader/codec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clang, compile, whyNoClang } from "../btf/clang.ts";
import { randomNumbersOf } from "../fuzz/random.ts";
import { repository } from "../golden/commands.ts";
import { bpfSource, hostSource, VARIANTS } from "./c-program.ts";
import { randomStructs } from "./c-types.ts";
import type { Composite } from "./c-types.ts";
import { choose, hex, leavesOf, show } from "./leaves.ts";

const STRUCTS = 16;
const CASES = 6;
const first = Number(process.env["ROUND_TRIPS_FROM"] ?? 0);
const count = Number(process.env["ROUND_TRIPS"] ?? 5);
const seeds = Array.from({ length: count }, (_, index) => first + index);

const canRun = (command: string): boolean => spawnSync(command, ["--version"]).status === 0;
/** GCC is the only compiler with structs of the other byte order. */
const orders = [
  { order: "little", target: "bpf", compiler: clang, why: whyNoClang },
  {
    order: "big",
    target: "bpfeb",
    compiler: canRun("gcc") ? "gcc" : undefined,
    why: "gcc is missing: apt-get install gcc",
  },
] as const;

let folder: string;
beforeAll(() => {
  // Inside of the repository, where bpf-loader is found.
  mkdirSync(join(repository, "node_modules/.cache"), { recursive: true });
  folder = mkdtempSync(join(repository, "node_modules/.cache/round-trips-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines that a program in C prints. */
function outputOf(compiler: string, source: string, name: string): readonly string[] {
  const [file, program] = [join(folder, `${name}.c`), join(folder, name)];
  writeFileSync(file, source);
  // As BPF has it.
  const flags = ["-std=gnu11", "-O0", "-w", "-fsigned-char", "-o", program, file];
  const built = spawnSync(compiler, flags, { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`${compiler}: ${built.stderr}`);
  const run = spawnSync(program, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  expect(run.status).toBe(0);
  return run.stdout.trimEnd().split("\n");
}

async function codecsOf(structs: readonly Composite[], target: "bpf" | "bpfeb", name: string) {
  const types = structs.map(({ keyword, tag }) => `${keyword} ${tag}`);
  const { code, warnings } = generate(compile(bpfSource(structs), target), { file: `${name}.o`, types, embed: "none" });
  expect(warnings).toEqual([]);
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, code);
  const module = (await import(file)) as Readonly<Record<string, Codec<unknown>>>;
  return new Map(structs.map((composite) => [composite, module[`T${composite.tag?.slice(1)}`]]));
}

/** Written over what else was there. */
function written(codec: Codec<unknown>, value: unknown): string {
  const bytes = new Uint8Array(codec.size).fill(0xaa);
  codec.write(new DataView(bytes.buffer), 0, value);
  return hex(bytes);
}

describe.each(orders)("types in $order endian", ({ order, target, compiler, why }) => {
  it.for(seeds)("number %i read and write as in C", async (seed, context) => {
    context.skip(clang === undefined, whyNoClang);
    if (compiler === undefined) return context.skip(why);
    const structs = randomStructs(randomNumbersOf(1, seed), STRUCTS);
    const name = `${order}-${seed}`;
    const lines = outputOf(compiler, hostSource(structs, CASES, seed, order === "big"), name).values();
    const line = (): string => lines.next().value ?? "no more lines";
    const bytesBehind = (label: string): Uint8Array => {
      const [, found = "", digits = ""] = /^(\w+) ([\da-f]*)$/.exec(line()) ?? [];
      expect(found).toBe(label);
      return Uint8Array.from(Buffer.from(digits, "hex"));
    };
    const codecs = await codecsOf(structs, target, name);
    for (let round = 0; round < CASES; round++) {
      for (const [composite, codec] of codecs) {
        const bytes = bytesBehind("in");
        if (codec === undefined) throw new Error(`no codec of ${composite.tag}`);
        expect(`${composite.tag}: ${codec.size}`).toBe(`${composite.tag}: ${bytes.length}`);
        const value = codec.read(new DataView(bytes.buffer), 0);
        const leaves = leavesOf(composite);
        const wanted = leaves.map(({ path }) => `${path} = ${line().trim()}`);
        expect(leaves.map((leaf) => `${leaf.path} = ${show(leaf, value)}`)).toEqual(wanted);
        expect(written(codec, value)).toBe(hex(bytesBehind("out")));
        for (let variant = 0; variant < VARIANTS; variant++) {
          expect(written(codec, choose(composite, value, variant))).toBe(hex(bytesBehind("one")));
        }
      }
    }
    expect(lines.next().done).toBe(true);
  });
});
