import { PseudoLoad } from "../asm/opcode.ts";
import type { Instructions } from "../asm/code.ts";
import { BpfError, quoteName } from "../errors/index.ts";

/** What holds a descriptor. */
export interface HasDescriptor {
  readonly fd: number;
}

/**
 * The array of descriptors of a load, which instructions refer to by index: those that the caller gives, or those of the modules whose
 * functions the program calls. `undefined` when there are none. Since Linux 5.14.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` for an index behind its end, which the kernel does not check, and when there are both.
 */
export function descriptorArray(
  given: readonly HasDescriptor[],
  modules: Int32Array,
  instructions: Instructions,
  program: string,
): Uint8Array | undefined {
  const wrong = (problem: string): BpfError =>
    new BpfError("ERR_BPF_INVALID_ARGUMENT", `program ${quoteName(program)}: ${problem}`);
  if (given.length > 0 && modules.length > 0) {
    throw wrong(
      "it calls functions of kernel modules, which takes the array of descriptors that option fdArrays gives",
    );
  }
  const descriptors = given.length > 0 ? Int32Array.from(given, ({ fd }) => fd) : modules;
  const highest = highestIndex(instructions);
  if (highest >= given.length) {
    throw wrong(`it refers to descriptor ${highest}, and option fdArrays gives it ${given.length}`);
  }
  return descriptors.length === 0 ? undefined : new Uint8Array(descriptors.buffer);
}

/** Of the loads of maps by index; -1 when there are none. */
function highestIndex(instructions: Instructions): number {
  let highest = -1;
  for (let slot = 0; slot < instructions.slots; slot++) {
    if (!instructions.isWide(slot)) continue;
    const source = instructions.source(slot);
    if (source === PseudoLoad.MAP_INDEX || source === PseudoLoad.MAP_INDEX_VALUE) {
      highest = Math.max(highest, instructions.immediate(slot) >>> 0);
    }
    // The second slot is the load's, too.
    slot++;
  }
  return highest;
}
