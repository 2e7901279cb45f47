import { release } from "node:os";
import {
  add,
  assemble,
  callFunction,
  callHelper,
  decode,
  disassemble,
  exit,
  hasTag,
  jumpIf,
  label,
  linkFunctions,
  loadMapDescriptor,
  loadNumber,
  mov,
  programTag,
  store,
  sub,
} from "bpf-loader/asm";
import type { Statement } from "bpf-loader/asm";
import { Command, MapType, ProgramType } from "bpf-loader/uapi";
import { beforeEach, describe, expect, it } from "vitest";
import {
  bpf,
  callBpf,
  FileDescriptor,
  mapCreate,
  objectInfo,
  programInfo,
  programLoad,
  testRun,
} from "../../packages/loader/src/sys/index.ts";
import { requireKernel } from "../kernel.ts";

beforeEach(requireKernel);

function load(code: Uint8Array): FileDescriptor {
  const values = { progType: ProgramType.SCHED_CLS, insns: code, insnCnt: code.length / 8, license: "GPL" };
  return new FileDescriptor(bpf(Command.PROG_LOAD, programLoad, values, "program"), "program");
}

function run(fd: number): number {
  const values = { progFd: fd, dataIn: new Uint8Array(64), dataSizeIn: 64, repeat: 1 };
  const { result, attribute } = callBpf(Command.PROG_TEST_RUN, testRun, values);
  expect(result).toBe(0);
  return attribute.retval;
}

function link(...functions: readonly (readonly [string, readonly Statement[]])[]): Uint8Array {
  return linkFunctions(
    functions.map(([name, statements]) => assemble(statements, { name })),
    true,
  ).code;
}

/** 1 + 2 + … + 10, with a loop, in another function. */
const sum = link(
  ["main", [mov("r1", 10), callFunction("sum_up_to"), exit()]],
  [
    "sum_up_to",
    [
      mov("r0", 0),
      label("again"),
      jumpIf("w1", "==", 0, "out"),
      add("r0", "r1"),
      sub("r1", 1),
      jumpIf("r0", "<", 1000, "again"),
      label("out"),
      exit(),
    ],
  ],
);

describe("an assembled program", () => {
  it("runs", () => {
    using program = load(sum);
    expect(run(program.value)).toBe(55);
  });

  it("has the tag that the kernel gives it", async () => {
    const map = { mapType: MapType.ARRAY, keySize: 4, valueSize: 8, maxEntries: 1 };
    using fd = new FileDescriptor(bpf(Command.MAP_CREATE, mapCreate, map, "map"), "map");
    const withMap = link([
      "main",
      [
        store("u32", "r10", -4, 0),
        mov("r2", "r10"),
        add("r2", -4),
        loadMapDescriptor("r1", fd.value),
        callHelper("bpf_map_lookup_elem"),
        loadNumber("r0", 1n << 32n),
        exit(),
      ],
    ]);
    for (const code of [sum, withMap]) {
      using program = load(code);
      const tag = Buffer.from(objectInfo(program.value, programInfo, "program").info.tag).toString("hex");
      const [major = 0, minor = 0] = release().split(".").map(Number);
      const hash = major > 6 || (major === 6 && minor >= 18) ? "SHA-256" : "SHA-1";
      expect(await programTag(code, hash)).toBe(tag);
      expect(await hasTag(code, tag)).toBe(true);
    }
  });

  it("can be read back from the kernel, which has rewritten it", () => {
    using program = load(sum);
    const { xlatedProgLen } = objectInfo(program.value, programInfo, "program").info;
    const code = new Uint8Array(xlatedProgLen);
    objectInfo(program.value, programInfo, "program", { xlatedProgInsns: code, xlatedProgLen });
    expect(decode(code).filter(({ kind }) => kind === "raw")).toEqual([]);
    // The call is found however the kernel writes it, which depends on whether it compiles.
    const text = disassemble({ code, functions: [{ slot: 3, name: "sum_up_to" }] });
    expect(text).toMatch(/^ +1: .* call 0x1 <sum_up_to>\n +2: .* exit\n\nsum_up_to:\n +3: /m);
  });
});
