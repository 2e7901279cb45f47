import { ObjectFormatError } from "../errors/index.ts";
import { SLOT_BYTES } from "./function.ts";
import { Instructions } from "./instructions.ts";
import { PseudoLoad } from "./opcode.ts";

/** What kernels make tags with: SHA-256 since Linux 6.18, SHA-1 before. */
export type TagHash = "SHA-1" | "SHA-256";

const TAG_BYTES = 8;

/**
 * The tag that the kernel gives a program, as 16 hexadecimal digits: the start of a hash over its instructions, in which
 * the descriptors of maps are zero. It is the same wherever the same instructions are loaded, so the code has to be as it is
 * loaded: linked, with CO-RE relocations applied and kernel functions found.
 * Source: `bpf_prog_calc_tag()` in the kernel's kernel/bpf/core.c.
 * Rejects with {@link ObjectFormatError} when `code` is not a multiple of 8 bytes.
 */
export async function programTag(code: Uint8Array, hash: TagHash, littleEndian = true): Promise<string> {
  const digest = await crypto.subtle.digest(hash, withoutDescriptors(code, littleEndian));
  return Array.from(new Uint8Array(digest, 0, TAG_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether that tag can be a program's, whichever kernel gave it. */
export async function hasTag(code: Uint8Array, tag: string, littleEndian = true): Promise<boolean> {
  const wanted = tag.toLowerCase();
  return (
    (await programTag(code, "SHA-256", littleEndian)) === wanted ||
    (await programTag(code, "SHA-1", littleEndian)) === wanted
  );
}

/** A copy where both immediates of the loads of maps and their values are zero, whatever offset there was. */
function withoutDescriptors(code: Uint8Array, littleEndian: boolean): Uint8Array {
  if (code.length % SLOT_BYTES !== 0) {
    throw new ObjectFormatError(`${code.length} bytes of instructions are not a multiple of ${SLOT_BYTES}`);
  }
  const copy = Uint8Array.from(code);
  const instructions = new Instructions(copy, littleEndian);
  for (let slot = 0; slot < instructions.slots; slot++) {
    if (!instructions.isWide(slot)) continue;
    const source = instructions.source(slot);
    if (source === PseudoLoad.MAP_FD || source === PseudoLoad.MAP_VALUE) instructions.setWideImmediate(slot, 0n);
    slot++;
  }
  return copy;
}
