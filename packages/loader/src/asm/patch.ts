/**
 * Fills in what an instruction refers to, once that exists: each function writes every field that the kernel looks at, so
 * that it does not matter what the compiler left there.
 *
 * @module
 */

import type { Instructions } from "./instructions.ts";
import { PseudoCall, PseudoLoad } from "./opcode.ts";

/** Makes the 64-bit immediate at `slot` a map. */
export function setMap(instructions: Instructions, slot: number, fd: number): void {
  setLoad(instructions, slot, PseudoLoad.MAP_FD, fd, 0);
}

/** Makes the 64-bit immediate at `slot` the address of a map's first value, `offset` bytes in. */
export function setMapValue(instructions: Instructions, slot: number, fd: number, offset: number): void {
  setLoad(instructions, slot, PseudoLoad.MAP_VALUE, fd, offset);
}

/** Makes the 64-bit immediate at `slot` the address of a kernel variable; `btfFd` is 0 for one of vmlinux. */
export function setKernelVariable(instructions: Instructions, slot: number, typeId: number, btfFd: number): void {
  setLoad(instructions, slot, PseudoLoad.BTF_ID, typeId, btfFd);
}

/** Makes the 64-bit immediate at `slot` the address of the program's function that starts at `target`. */
export function setFunctionPointer(instructions: Instructions, slot: number, target: number): void {
  setLoad(instructions, slot, PseudoLoad.FUNC, target - slot - 1, 0);
}

/** Makes the 64-bit immediate at `slot` a number. */
export function setNumber(instructions: Instructions, slot: number, value: bigint): void {
  instructions.setSource(slot, PseudoLoad.NONE);
  instructions.setWideImmediate(slot, value);
}

/** Makes the call at `slot` one of the program's function that starts at `target`. */
export function setFunctionCall(instructions: Instructions, slot: number, target: number): void {
  instructions.setSource(slot, PseudoCall.FUNCTION);
  instructions.setImmediate(slot, target - slot - 1);
}

/** Makes the call at `slot` one of a kernel function; `fdIndex` is 0 for one of vmlinux. */
export function setKernelCall(instructions: Instructions, slot: number, typeId: number, fdIndex: number): void {
  instructions.setSource(slot, PseudoCall.KFUNC);
  instructions.setOffset(slot, fdIndex);
  instructions.setImmediate(slot, typeId);
}

function setLoad(instructions: Instructions, slot: number, source: number, low: number, high: number): void {
  instructions.setSource(slot, source);
  instructions.setImmediate(slot, low);
  instructions.setImmediate(slot + 1, high);
}
