import { describeValue } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { BpfError } from "../errors/index.ts";
import { hostIsLittleEndian } from "./direct-read.ts";

/** @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index that is not an integer from 0 to `length` − 1. `what` names the map. */
export function checkIndex(index: number, length: number, what: string): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `${what}: index ${describeValue(index)} is not an integer from 0 to ${length - 1}`,
  );
}

/** The keys of an array of the kernel: `__u32` in the machine's byte order, less than `length`. `what` names the map. */
export function indexCodec(length: number, what: string): Codec<number> {
  return {
    name: "index",
    size: 4,
    align: 4,
    read: (view, offset) => view.getUint32(offset, hostIsLittleEndian),
    write(view, offset, index) {
      checkIndex(index, length, what);
      view.setUint32(offset, index, hostIsLittleEndian);
    },
  };
}
