/**
 * A map's content at its creation, as the object gives it.
 *
 * @module
 */

import { NotSupportedError, quoteName } from "../errors/index.ts";
import { freezeMap } from "../maps/index.ts";
import type { StaticSlot } from "../spec/index.ts";
import { addon, explainSyscall } from "../sys/index.ts";
import type { FileDescriptor, MapSlot } from "../sys/index.ts";

/** Writes the one value of a data section's map. */
export function writeSection(map: FileDescriptor, content: Uint8Array): void {
  withSlot(map, (slot) => {
    // Its key is 0, and the block starts as zeros.
    new Uint8Array(slot.buffer, slot.valueOffset, slot.valueBytes).set(content);
    const result = addon().mapUpdate(slot.handle, 0);
    if (result < 0) throw explainSyscall(result, "BPF_MAP_UPDATE_ELEM", map.what);
  });
}

/** Bytes of `struct bpf_insn_array_value`, which starts with the instruction's place as its program is loaded. */
export const INSTRUCTION_PLACE_BYTES = 16;

/** Writes places of instructions, in slots from the start of their program. */
export function writePlaces(map: FileDescriptor, places: readonly number[]): void {
  withSlot(map, (slot) => {
    const key = new Uint32Array(slot.buffer, slot.keyOffset, 1);
    const value = new Uint32Array(slot.buffer, slot.valueOffset, INSTRUCTION_PLACE_BYTES / 4);
    for (const [index, place] of places.entries()) {
      key[0] = index;
      value[0] = place;
      const result = addon().mapUpdate(slot.handle, 0);
      if (result < 0) throw explainSyscall(result, "BPF_MAP_UPDATE_ELEM", `entry ${index} of ${map.what}`);
    }
  });
}

/** Puts programs or maps into slots of a program array or an array of maps. `fd` gives a descriptor by name. */
export function fillSlots(map: FileDescriptor, slots: readonly StaticSlot[], fd: (name: string) => number): void {
  withSlot(map, (slot) => {
    const key = new Uint32Array(slot.buffer, slot.keyOffset, 1);
    const value = new Uint32Array(slot.buffer, slot.valueOffset, 1);
    for (const { index, name } of slots) {
      key[0] = index;
      value[0] = fd(name);
      const result = addon().mapUpdate(slot.handle, 0);
      if (result < 0) {
        throw explainSyscall(result, "BPF_MAP_UPDATE_ELEM", `slot ${index} of ${map.what}, for ${quoteName(name)}`, {
          hints: { EINVAL: "it is not what the other slots hold: type, attach type, sizes or flags differ" },
        });
      }
    }
  });
}

/** Makes a map constant for user space, which is what lets the verifier look into it. Before Linux 5.2 it stays writable. */
export function freezeContent(map: FileDescriptor): void {
  try {
    freezeMap(map.value, map.what);
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error;
  }
}

function withSlot(map: FileDescriptor, use: (slot: MapSlot) => void): void {
  const fd = map.dup().release();
  const slot = addon().openMapSlot(fd);
  if (typeof slot === "number") {
    addon().close(fd);
    throw explainSyscall(slot, "BPF_OBJ_GET_INFO_BY_FD", map.what);
  }
  try {
    use(slot);
  } finally {
    addon().closeMapSlot(slot.handle);
  }
}
