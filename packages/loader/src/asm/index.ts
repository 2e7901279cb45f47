/**
 * Instructions: their fields, functions as compiled, and functions linked to a program.
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
