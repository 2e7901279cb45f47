import type { CLayout } from "./c-layout.ts";
import type { CNameSpace } from "./c-names.ts";

/** More bitfields than this in a row are one array of bytes. */
const MOST_LINES = 8;

/** Units of bitfields, by size in bits. */
const UNITS: readonly (readonly [bits: number, name: string])[] = [
  [64, "long"],
  [32, "int"],
  [16, "short"],
  [8, "char"],
];

/**
 * Members that take the bits from one offset to another: bitfields without a name, which no program can see. Their units
 * are no larger than the struct's alignment, which on some machines (arm64) they would raise.
 */
export function cPadding(from: number, to: number, layout: CLayout, taken: CNameSpace): readonly string[] {
  if (from >= to) return [];
  const largest = layout.packed ? 64 : Math.min(64, layout.align * 8);
  const [unit, name] = UNITS.find(([bits]) => bits <= largest) ?? [8, "char"];
  if ((to - from) / unit > MOST_LINES) {
    const firstByte = Math.ceil(from / 8);
    const lastByte = Math.floor(to / 8);
    return [
      ...cPadding(from, firstByte * 8, layout, taken),
      paddingArray(lastByte - firstByte, taken),
      ...cPadding(lastByte * 8, to, layout, taken),
    ];
  }
  const lines: string[] = [];
  for (let at = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / unit) + 1) * unit);
    lines.push(`${name}: ${end - at}`);
    at = end;
  }
  return lines;
}

/** A member that takes a number of bytes and needs no alignment. */
export function paddingArray(bytes: number, taken: CNameSpace): string {
  return `unsigned char ${taken.take("__padding")}[${bytes}]`;
}
