/**
 * Functions as compiled, linked to a program, and the fields of their instructions in place: all that reading and loading
 * objects need. Instructions as data, the assembler and the disassembler are in `index.ts`, so that nobody waits for them
 * who only loads.
 *
 * @module
 */
export { copyFunction, SLOT_BYTES } from "./function.ts";
export type { FunctionSpec, LineInfo, Reference } from "./function.ts";
export { Instructions } from "./instructions.ts";
export { SourceLine } from "./line-info.ts";
export type { StringsByOffset } from "./line-info.ts";
export { linkFunctions } from "./link.ts";
export type { LinkedFunction, LinkedProgram } from "./link.ts";
export { Opcode, PseudoCall, PseudoLoad } from "./opcode.ts";
export {
  setFunctionCall,
  setFunctionPointer,
  setKernelCall,
  setKernelVariable,
  setMap,
  setMapValue,
  setNumber,
} from "./patch.ts";
