import { expect, it } from "vitest";
import {
  arsh,
  atomic,
  byteSwap,
  callHelper,
  callRegister,
  castAddress,
  div,
  exit,
  jump,
  jumpIf,
  jumpRegister,
  load,
  loadAcquire,
  loadNumber,
  loadPacket,
  loadWide,
  longJump,
  mayGoto,
  mov,
  movSigned,
  neg,
  sdiv,
  smod,
  store,
  storeRelease,
  toBigEndian,
  toLittleEndian,
} from "./construct.ts";
import type { Instruction } from "./instruction.ts";
import { printInstruction } from "./print.ts";

it.each<[Instruction, string]>([
  [mov("r1", "r2"), "r1 = r2"],
  [mov("w1", -1), "w1 = -0x1"],
  [div("r1", 16), "r1 /= 0x10"],
  [sdiv("w1", "w2"), "w1 s/= w2"],
  [smod("r1", "r2"), "r1 s%= r2"],
  [arsh("r10", 32), "r10 s>>= 0x20"],
  [neg("w3"), "w3 = -w3"],
  [movSigned("r1", "r2", 32), "r1 = (s32)r2"],
  [movSigned("w1", "w2", 8), "w1 = (s8)w2"],
  [toLittleEndian("r1", 16), "r1 = le16 r1"],
  [toBigEndian("r1", 32), "r1 = be32 r1"],
  [byteSwap("r1", 64), "r1 = bswap64 r1"],
  [castAddress("r1", "r2", 0, 1), "r1 = addr_space_cast(r2, 0x0, 0x1)"],
  [loadNumber("r1", 0xffff_ffffn), "r1 = 0xffffffff ll"],
  [loadNumber("r1", -1n), "r1 = -0x1 ll"],
  [loadWide("r1", "mapValue", (16n << 32n) | 5n), "ld_pseudo\tr1, 0x2, 0x5"],
  [load("r1", "u32", "r2", 16), "r1 = *(u32 *)(r2 + 0x10)"],
  [load("r1", "s8", "r10", -8), "r1 = *(s8 *)(r10 - 0x8)"],
  [store("u64", "r10", -8, "r1"), "*(u64 *)(r10 - 0x8) = r1"],
  [store("u16", "r1", 0, -2), "*(u16 *)(r1 + 0x0) = -0x2"],
  [atomic("add", "u64", "r1", 0, "r2"), "lock *(u64 *)(r1 + 0x0) += r2"],
  [atomic("add", "u32", "r1", 0, "r2"), "lock *(u32 *)(r1 + 0x0) += r2"],
  [atomic("xor", "u32", "r1", 0, "r2"), "lock *(u32 *)(r1 + 0x0) ^= w2"],
  [atomic("fetchOr", "u64", "r1", -8, "r2"), "r2 = atomic_fetch_or((u64 *)(r1 - 0x8), r2)"],
  [atomic("exchange", "u64", "r1", 8, "r2"), "r2 = xchg_64(r1 + 0x8, r2)"],
  [atomic("exchange", "u32", "r1", 8, "r2"), "w2 = xchg32_32(r1 + 0x8, w2)"],
  [atomic("compareExchange", "u64", "r1", 8, "r2"), "r0 = cmpxchg_64(r1 + 0x8, r0, r2)"],
  [atomic("compareExchange", "u32", "r1", 8, "r2"), "w0 = cmpxchg32_32(r1 + 0x8, w0, w2)"],
  [loadAcquire("r1", "u8", "r2"), "w1 = load_acquire((u8 *)(r2 + 0x0))"],
  [storeRelease("u64", "r1", 4, "r2"), "store_release((u64 *)(r1 + 0x4), r2)"],
  [loadPacket("u8", 12), "r0 = *(u8 *)skb[0xc]"],
  [loadPacket("u16", 0, "r7"), "r0 = *(u16 *)skb[r7]"],
  [loadPacket("u16", 4, "r7"), "r0 = *(u16 *)skb[r7 + 0x4]"],
  [jump(5), "goto +0x5"],
  [longJump(-70_000), "gotol -0x11170"],
  [jumpIf("r1", "s<=", -1, -2), "if r1 s<= -0x1 goto -0x2"],
  [jumpIf("w1", "&", "w2", 0), "if w1 & w2 goto +0x0"],
  [jumpIf("r1", "==", 0, "out"), "if r1 == 0x0 goto out"],
  [mayGoto(3), "may_goto +0x3"],
  [jumpRegister("r3"), "gotox r3"],
  [callHelper("bpf_map_update_elem"), "call 0x2"],
  [{ kind: "callFunction", target: -3, compiled: 0 }, "call -0x3"],
  [callRegister("r4"), "callx r4"],
  [exit(), "exit"],
  [{ kind: "raw", opcode: 0xff, destination: 0, source: 0, offset: 0, immediate: 0 }, "<unknown>"],
  [{ kind: "perCpuAddress", destination: "r1", source: "r2" }, "r1 = &(void __percpu *)(r2)"],
])("%o is printed as llvm-objdump does", (instruction, text) => {
  expect(printInstruction(instruction)).toBe(text);
});

it("spells registers by the width of memory when asked to", () => {
  const style = { wordRegisters: true };
  expect(printInstruction(load("r1", "u32", "r2"), style)).toBe("w1 = *(u32 *)(r2 + 0x0)");
  expect(printInstruction(load("r1", "s32", "r2"), style)).toBe("r1 = *(s32 *)(r2 + 0x0)");
  expect(printInstruction(load("r1", "u64", "r2"), style)).toBe("r1 = *(u64 *)(r2 + 0x0)");
  expect(printInstruction(store("u8", "r1", 0, "r2"), style)).toBe("*(u8 *)(r1 + 0x0) = w2");
  expect(printInstruction(atomic("add", "u32", "r1", 0, "r2"), style)).toBe("lock *(u32 *)(r1 + 0x0) += w2");
});
