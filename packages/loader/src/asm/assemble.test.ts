import { describe, expect, it } from "vitest";
import { assemble } from "./assemble.ts";
import {
  callFunction,
  callHelper,
  callKernel,
  exit,
  jump,
  jumpIf,
  label,
  loadFunction,
  loadKernelSymbol,
  loadMap,
  loadMapValue,
  loadNumber,
  longJump,
  mayGoto,
  mov,
  refer,
} from "./construct.ts";
import { decode } from "./decode.ts";
import { linkFunctions } from "./link.ts";
import { printInstruction } from "./print.ts";
import type { Statement } from "./statement.ts";

const lines = (code: Uint8Array, littleEndian = true): readonly string[] =>
  decode(code, littleEndian).map((instruction) => printInstruction(instruction));

/** Something to jump over. */
const far = (count: number): readonly Statement[] => Array.from({ length: count }, () => mov("r0", 0));

describe("assemble", () => {
  it("resolves labels, forwards and backwards, across wide instructions", () => {
    const { code } = assemble([
      label("again"),
      jumpIf("r1", "==", 0, "out"),
      loadNumber("r2", 1n),
      mayGoto("out"),
      jump("again"),
      longJump("again"),
      label("out"),
      label("also out"),
      exit(),
    ]);
    expect(lines(code)).toEqual([
      "if r1 == 0x0 goto +0x5",
      "r2 = 0x1 ll",
      "may_goto +0x2",
      "goto -0x5",
      "gotol -0x6",
      "exit",
    ]);
  });

  it("keeps distances that are given", () => {
    expect(lines(assemble([jump(1), mov("r0", 1), exit()]).code)).toEqual(["goto +0x1", "r0 = 0x1", "exit"]);
  });

  it("writes both orders of bytes", () => {
    const { code } = assemble([loadNumber("r3", 0x1122334455667788n), exit()], { littleEndian: false });
    expect([...code.subarray(0, 8)]).toEqual([0x18, 0x30, 0, 0, 0x55, 0x66, 0x77, 0x88]);
    expect(lines(code, false)).toEqual(["r3 = 0x1122334455667788 ll", "exit"]);
  });

  it("makes functions that link to programs", () => {
    const main = assemble(
      [
        loadMap("r1", "flows"),
        loadMapValue("r2", ".bss", 8),
        loadFunction("r3", "callback"),
        loadKernelSymbol("r4", "jiffies", { weak: true }),
        callFunction("callback"),
        callKernel("bpf_rcu_read_lock"),
        callHelper("bpf_ktime_get_ns"),
        refer(mov("r0", 0), { kind: "symbol", name: "anything" }),
        exit(),
      ],
      { name: "main", sectionName: "xdp" },
    );
    expect(main).toMatchObject({ name: "main", sectionName: "xdp", typeId: 0, lines: [], coreRelocations: [] });
    expect(main.references).toEqual([
      { slot: 0, kind: "map", name: "flows" },
      { slot: 2, kind: "mapValue", name: ".bss", offset: 8 },
      { slot: 4, kind: "functionPointer", name: "callback" },
      { slot: 6, kind: "ksym", name: "jiffies", weak: true, typeId: 0 },
      { slot: 8, kind: "call", name: "callback" },
      { slot: 9, kind: "kfunc", name: "bpf_rcu_read_lock", weak: false, typeId: 0 },
      { slot: 11, kind: "symbol", name: "anything" },
    ]);
    const callback = assemble([mov("r0", 0), exit()], { name: "callback" });
    const linked = linkFunctions([main, callback], true);
    expect(decode(linked.code)[2]).toMatchObject({ kind: "loadWide", meaning: "function", value: 8n });
    expect(decode(linked.code)[4]).toEqual({ kind: "callFunction", target: 4, compiled: 0 });
    expect(linked.references.map(({ kind }) => kind)).toEqual(["map", "mapValue", "ksym", "kfunc", "symbol"]);
  });

  it("reaches as far as jumps can", () => {
    const { code } = assemble([jump("out"), ...far(0x7fff), label("out"), exit()]);
    expect(decode(code)[0]).toMatchObject({ target: 0x7fff });
    const back = assemble([label("again"), ...far(0x7fff), jump("again")]);
    expect(decode(back.code).at(-1)).toMatchObject({ target: -0x8000 });
    const long = assemble([longJump("out"), ...far(0x8000), label("out"), exit()]);
    expect(decode(long.code)[0]).toMatchObject({ target: 0x8000 });
  });

  it.each<[string, readonly Statement[]]>([
    ['slot 1 jumps to label "nowhere", which is missing', [exit(), jump("nowhere")]],
    ['label "out" is there twice', [label("out"), exit(), label("out")]],
    [
      'slot 0 jumps to label "out", 32768 slots away: that is more than 32767',
      [jump("out"), ...far(0x8000), label("out")],
    ],
    [
      'slot 32768 jumps to label "back", 32769 slots away: that is more than 32767, use longJump',
      [label("back"), ...far(0x8000), jumpIf("r0", "==", 0, "back")],
    ],
    ["instruction 1 (alu): a number or target of 4294967296", [exit(), mov("r0", 2 ** 32)]],
  ])("says: %s", (message, statements) => {
    expect(() => assemble(statements)).toThrow(expect.objectContaining({ code: "ERR_BPF_INVALID_ARGUMENT" }));
    expect(() => assemble(statements)).toThrow(message);
  });

  it("names a helper that does not exist", () => {
    expect(() => callHelper("bpf_nonsense" as "bpf_ktime_get_ns")).toThrow(
      expect.objectContaining({
        code: "ERR_BPF_NOT_FOUND",
        message: 'the kernel has no helper function "bpf_nonsense"',
      }),
    );
  });
});
