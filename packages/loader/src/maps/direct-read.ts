import { codecs } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";

/** The kernel's integers are in the machine's byte order, and so are typed arrays. */
export const hostIsLittleEndian: boolean = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

const { u8, u16, u32, u64, i8, i16, i32, i64, bool, f32, f64, pointer } = codecs(hostIsLittleEndian);

/** Reads the element at an index in steps of the value's size; `undefined` after the memory was unmapped. */
export type DirectRead = (index: number) => unknown;

type Reader = (buffer: ArrayBuffer, offset: number) => DirectRead;

/**
 * A typed array reads in one access, a DataView in V8's interpreter byte by byte. Each row is a function of its own on
 * purpose: V8 compiles it for the one kind of array that it sees.
 */
const scalars: readonly (readonly [Codec<unknown>, Reader])[] = [
  [
    u8,
    (buffer, offset) => {
      const memory = new Uint8Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    i8,
    (buffer, offset) => {
      const memory = new Int8Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    u16,
    (buffer, offset) => {
      const memory = new Uint16Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    i16,
    (buffer, offset) => {
      const memory = new Int16Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    u32,
    (buffer, offset) => {
      const memory = new Uint32Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    i32,
    (buffer, offset) => {
      const memory = new Int32Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    f32,
    (buffer, offset) => {
      const memory = new Float32Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    f64,
    (buffer, offset) => {
      const memory = new Float64Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    u64,
    (buffer, offset) => {
      const memory = new BigUint64Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    i64,
    (buffer, offset) => {
      const memory = new BigInt64Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    pointer,
    (buffer, offset) => {
      const memory = new BigUint64Array(buffer, offset);
      return (index) => memory[index];
    },
  ],
  [
    bool,
    (buffer, offset) => {
      const memory = new Uint8Array(buffer, offset);
      return (index) => {
        const byte = memory[index];
        return byte === undefined ? undefined : byte !== 0;
      };
    },
  ],
];

/** By the codec's `read`, which is the same function under whatever name the codec goes. It is compared, never called. */
// oxlint-disable-next-line typescript/unbound-method
const readers: ReadonlyMap<unknown, Reader> = new Map(scalars.map(([codec, reader]) => [codec.read, reader]));

/** A reader of values of `codec` in mapped memory, from `offset` on; `undefined` for one that is no aligned scalar. */
export function directRead(codec: Codec<unknown>, buffer: ArrayBuffer, offset: number): DirectRead | undefined {
  if (offset % codec.size !== 0) return undefined;
  // oxlint-disable-next-line typescript/unbound-method
  return readers.get(codec.read)?.(buffer, offset);
}
