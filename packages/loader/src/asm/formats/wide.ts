import { Opcode, PseudoLoad } from "../opcode.ts";
import type { WideMeaning } from "../operation.ts";
import { registerName } from "../register.ts";
import { encodeRegister, hex, makeFields } from "./format.ts";
import type { Format } from "./format.ts";

/** The number in the source register. */
const MEANINGS: Readonly<Record<WideMeaning, number>> = {
  number: PseudoLoad.NONE,
  map: PseudoLoad.MAP_FD,
  mapValue: PseudoLoad.MAP_VALUE,
  kernelVariable: PseudoLoad.BTF_ID,
  function: PseudoLoad.FUNC,
  mapIndex: PseudoLoad.MAP_INDEX,
  mapIndexValue: PseudoLoad.MAP_INDEX_VALUE,
};

const BY_NUMBER: ReadonlyMap<number, WideMeaning> = new Map(
  // The table's keys are exactly the meanings.
  Object.entries(MEANINGS).map(([name, number]) => [number, name as WideMeaning]),
);

const HALF_BITS = 32;
const HALF_BITS_WIDE = 32n;

export const loadWide: Format<"loadWide"> = {
  opcodes: [Opcode.LD_IMM64],
  decode({ destination, source, offset, immediate, high }) {
    const meaning = BY_NUMBER.get(source);
    const to = registerName(destination);
    if (meaning === undefined || to === undefined || offset !== 0 || high === undefined) return undefined;
    const value = (BigInt(high >>> 0) << HALF_BITS_WIDE) | BigInt(immediate >>> 0);
    return { kind: "loadWide", destination: to, meaning, value };
  },
  encode: ({ destination, meaning, value }) =>
    makeFields({
      opcode: Opcode.LD_IMM64,
      destination: encodeRegister(destination),
      source: MEANINGS[meaning],
      immediate: lowHalf(value),
      high: lowHalf(value >> HALF_BITS_WIDE),
    }),
  print({ destination, meaning, value }) {
    if (meaning === "number") return `${destination} = ${hex(BigInt.asIntN(64, value))} ll`;
    // LLVM leaves the high half out, which is empty in what it writes itself.
    return `ld_pseudo\t${destination}, ${hex(MEANINGS[meaning])}, ${hex(BigInt.asUintN(HALF_BITS, value))}`;
  },
};

/** The low 32 bits, signed. */
function lowHalf(value: bigint): number {
  return Number(BigInt.asIntN(HALF_BITS, value));
}
