import type { Codec } from "../codec/index.ts";
import { directRead } from "./direct-read.ts";
import type { MapElements } from "./map-elements.ts";
import type { MappedMemory } from "./mapped-memory.ts";

/** How a variable is read and written. */
export interface VariableCell {
  /** `undefined` after its memory was unmapped. */
  readonly read: () => unknown;
  readonly write: (value: unknown) => void;
}

type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/**
 * A variable in mapped memory.
 *
 * Values of 1, 2, 4 and 8 bytes move in one access, so that neither side sees half of one: a DataView over the memory would
 * not do, since V8's interpreter moves its bytes one by one. Others move through a copy and can be seen half-written, as
 * in C.
 */
export function mappedCell(codec: Codec<unknown>, memory: MappedMemory, offset: number): VariableCell {
  const place = wordsAt(memory.buffer, offset, codec.size);
  const copy = place.slice();
  const view = new DataView(copy.buffer);
  const direct = directRead(codec, memory.buffer, offset);
  return {
    read:
      direct === undefined
        ? () => {
            if (place.length !== copy.length) return undefined;
            move(place, copy);
            return codec.read(view, 0);
          }
        : () => direct(0),
    write: (value) => {
      codec.write(view, 0, value);
      move(copy, place);
    },
  };
}

function wordsAt(buffer: ArrayBuffer, offset: number, size: number): Words {
  switch (offset % size === 0 ? size : 0) {
    case 2:
      return new Uint16Array(buffer, offset, 1);
    case 4:
      return new Uint32Array(buffer, offset, 1);
    case 8:
      return new BigUint64Array(buffer, offset, 1);
    default:
      return new Uint8Array(buffer, offset, size);
  }
}

function move(from: Words, to: Words): void {
  // Both are of the same kind: one is a slice of the other.
  if (from.length === 1) to[0] = from[0] as never;
  else to.set(from as never);
}

/**
 * A variable of a section that can't be mapped, read and written by system calls: a write reads the section and writes all of
 * it back.
 */
export function sectionCell(codec: Codec<unknown>, elements: () => MapElements, offset: number): VariableCell {
  const lookUp = (): MapElements => {
    const section = elements();
    // A section's map has one element, so its key is 0; the area may hold another one from before.
    section.bytes.fill(0, section.keyOffset, section.keyOffset + 4);
    section.lookup(0);
    return section;
  };
  return {
    read: () => {
      const section = lookUp();
      return codec.read(section.view, section.valueOffset + offset);
    },
    write: (value) => {
      const section = lookUp();
      codec.write(section.view, section.valueOffset + offset, value);
      section.update(0);
    },
  };
}
