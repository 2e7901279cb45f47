import { expect, it } from "vitest";
import { readVerifierStatistics } from "./verifier-statistics.ts";

it("reads what kernels since 5.2 tell", () => {
  const log = [
    "; processed 7 insns (limit 8)",
    "0: (95) exit",
    "verification time 107 usec",
    "stack depth 16+0+8",
    "processed 33 insns (limit 1000000) max_states_per_insn 1 total_states 4 peak_states 3 mark_read 2",
  ];
  expect(readVerifierStatistics(log)).toEqual({
    instructions: 33,
    instructionLimit: 1_000_000,
    maxStatesPerInstruction: 1,
    totalStates: 4,
    peakStates: 3,
    markRead: 2,
    microseconds: 107,
    stackDepths: [16, 0, 8],
    maxStackDepth: undefined,
    functionInstructions: undefined,
  });
});

it("reads what older ones tell, and leaves open what they don't", () => {
  expect(readVerifierStatistics(["processed 5 insns (limit 131072), stack depth 32+64"])).toEqual({
    instructions: 5,
    instructionLimit: 131_072,
    maxStatesPerInstruction: undefined,
    totalStates: undefined,
    peakStates: undefined,
    markRead: undefined,
    microseconds: undefined,
    stackDepths: [32, 64],
    maxStackDepth: undefined,
    functionInstructions: undefined,
  });
  expect(readVerifierStatistics(["processed 5 insns"])).toMatchObject({ instructions: 5, stackDepths: undefined });
});

it("reads what 7.2 adds", () => {
  const log = [
    "verification time 31597 usec",
    "stack depth 24+8 max 64",
    "insns processed 20+6",
    "processed 26 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 2 mark_read 0",
  ];
  expect(readVerifierStatistics(log)).toMatchObject({
    instructions: 26,
    stackDepths: [24, 8],
    maxStackDepth: 64,
    functionInstructions: [20, 6],
  });
});

it("knows when there are none", () => {
  expect(readVerifierStatistics([])).toBeUndefined();
  expect(readVerifierStatistics(["0: (95) exit", "R0 !read_ok"])).toBeUndefined();
});
