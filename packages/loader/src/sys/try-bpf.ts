/**
 * bpf(2) with attributes described by layouts: what the kernel answers, errors as numbers.
 *
 * @module
 */
import { Command } from "../uapi/index.ts";
import { addon } from "./addon.ts";
import { infoByFd } from "./attributes/index.ts";
import { decode, encode, type Decoded, type Layout, type Values } from "./layout.ts";

/** What a call gave, and the attribute as the kernel left it: for commands that answer there. */
export interface CallResult<L extends Layout> {
  /** ≥ 0, or -errno. */
  readonly result: number;
  readonly attribute: Decoded<L>;
}

/** bpf(2). Result ≥ 0, or -errno. Throws only for wrong use. */
export function tryBpf<L extends Layout>(command: Command, layout: L, values: Values<L>): number {
  const { bytes, pointers } = encode(layout, values);
  return addon().bpf(command, bytes, pointers);
}

/** {@link tryBpf} on the thread pool. Buffers are copied in before and out after. */
export function tryBpfAsync<L extends Layout>(command: Command, layout: L, values: Values<L>): Promise<number> {
  const { bytes, pointers } = encode(layout, values);
  return addon().bpfAsync(command, bytes, pointers);
}

/** {@link tryBpf}, and the attribute read back. */
export function callBpf<L extends Layout>(command: Command, layout: L, values: Values<L>): CallResult<L> {
  const { bytes, pointers } = encode(layout, values);
  const result = addon().bpf(command, bytes, pointers);
  return { result, attribute: decode(layout, bytes) };
}

/** {@link callBpf} on the thread pool. */
export async function callBpfAsync<L extends Layout>(
  command: Command,
  layout: L,
  values: Values<L>,
): Promise<CallResult<L>> {
  const { bytes, pointers } = encode(layout, values);
  const result = await addon().bpfAsync(command, bytes, pointers);
  return { result, attribute: decode(layout, bytes) };
}

/** Information about an object. */
export interface ObjectInfo<L extends Layout> {
  readonly info: Decoded<L>;
  /** The raw bytes, to decode the part of a union. Fields that the kernel does not know are zero. */
  readonly bytes: Uint8Array;
  /** Bytes of it that the kernel filled: what lies behind was unknown to it. */
  readonly length: number;
}

/** BPF_OBJ_GET_INFO_BY_FD: what the kernel tells about an object, or -errno. See `objectInfo`. */
export function tryObjectInfo<L extends Layout>(fd: number, layout: L, values: Values<L> = {}): ObjectInfo<L> | number {
  const info = encode(layout, values);
  const request = { bpfFd: fd, infoLen: layout.size, info };
  const { result, attribute } = callBpf(Command.OBJ_GET_INFO_BY_FD, infoByFd, request);
  if (result < 0) return result;
  return { info: decode(layout, info.bytes), bytes: info.bytes, length: attribute.infoLen };
}
