import { describe, expect, it } from "vitest";
import { logLines, readVerifierLog } from "./verifier-log.ts";

const read = (text: string): ReturnType<typeof readVerifierLog> => readVerifierLog(text.split("\n"));

describe("readVerifierLog", () => {
  it("takes the complaint, the instruction and the source line", () => {
    expect(
      read(`0: R1=ctx() R10=fp0
; return *ctx->data; @ drops.bpf.c:12
0: (b7) r1 = 0                        ; R1_w=0
1: (61) r0 = *(u32 *)(r1 +0)
R1 invalid mem access 'scalar'
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`),
    ).toEqual({
      reasons: ["R1 invalid mem access 'scalar'"],
      slot: 1,
      instruction: "(61) r0 = *(u32 *)(r1 +0)",
      source: { text: "return *ctx->data;", file: "drops.bpf.c", line: 12 },
    });
  });

  it("joins lines that belong together and leaves out dumps of state", () => {
    expect(
      read(`; for (;;) { @ a.c:5
2: (05) goto pc-1
infinite loop detected at insn 2
cur state: R0=scalar() R10=fp0
old state: R0=scalar() R10=fp0
processed 4 insns (limit 1000000)`).reasons,
    ).toEqual(["infinite loop detected at insn 2"]);
    expect(
      read(`; bpf_map_lookup_elem(&m, ctx);
12: (85) call bpf_map_lookup_elem#1
R1 type=ctx expected=map_ptr
more of it`),
    ).toEqual({
      reasons: ["R1 type=ctx expected=map_ptr", "more of it"],
      slot: 12,
      instruction: "(85) call bpf_map_lookup_elem#1",
      source: { text: "bpf_map_lookup_elem(&m, ctx);", file: undefined, line: undefined },
    });
  });

  it("copes with what has no instruction, and with nothing", () => {
    expect(read("last insn is not an exit or jmp\nprocessed 0 insns")).toMatchObject({
      reasons: ["last insn is not an exit or jmp"],
      slot: undefined,
    });
    expect(read("")).toEqual({ reasons: [], slot: undefined, instruction: undefined, source: undefined });
    expect(read("3: (85) call unknown#195896080\n")).toMatchObject({ reasons: [], slot: 3 });
  });

  it("passes over what is between the source line and the last instruction", () => {
    expect(
      read(`func#0 @0
; if (x) @ b.c:9
from 3 to 7: R0=0 R10=fp0
7: R0=0
7: (95) exit
At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]
verification time 12 usec
stack depth 8
processed 9 insns`),
    ).toMatchObject({
      reasons: ["At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]"],
      slot: 7,
      instruction: "(95) exit",
      source: { file: "b.c", line: 9 },
    });
  });
});

describe("logLines", () => {
  it("ends at the NUL and drops empty lines at the end", () => {
    const bytes = new Uint8Array(64);
    bytes.set(new TextEncoder().encode("a\nb\n\n"));
    expect(logLines(bytes)).toEqual(["a", "b"]);
    expect(logLines(new Uint8Array(4))).toEqual([]);
  });
});
