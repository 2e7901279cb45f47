/**
 * Instructions: as data and as bytes, written by an assembler and read by a disassembler; functions as compiled, and
 * functions linked to a program. It needs neither a kernel nor Node.js.
 *
 * ```ts
 * import { assemble, callHelper, disassemble, exit, label, jumpIf, mov } from "bpf-loader/asm";
 *
 * const spec = assemble([
 *   callHelper("bpf_get_smp_processor_id"),
 *   jumpIf("r0", "==", 0, "out"),
 *   mov("r0", 1),
 *   label("out"),
 *   exit(),
 * ]);
 * console.log(disassemble(spec));
 * ```
 *
 * @module
 */
export { assemble } from "./assemble.ts";
export type { AssembleOptions } from "./assemble.ts";
export {
  copyFunction,
  Instructions,
  linkFunctions,
  Opcode,
  PseudoCall,
  PseudoLoad,
  setFunctionCall,
  setFunctionPointer,
  setKernelCall,
  setKernelVariable,
  setMap,
  setMapValue,
  setNumber,
  SLOT_BYTES,
  SourceLine,
} from "./code.ts";
export type { FunctionSpec, LineInfo, LinkedFunction, LinkedProgram, Reference, StringsByOffset } from "./code.ts";
export {
  add,
  and,
  arsh,
  atomic,
  byteSwap,
  callFunction,
  callHelper,
  callKernel,
  callRegister,
  castAddress,
  div,
  exit,
  jump,
  jumpIf,
  jumpRegister,
  label,
  load,
  loadAcquire,
  loadFunction,
  loadKernelSymbol,
  loadMap,
  loadMapDescriptor,
  loadMapValue,
  loadNumber,
  loadPacket,
  loadWide,
  longJump,
  lsh,
  mayGoto,
  mod,
  mov,
  movSigned,
  mul,
  neg,
  or,
  refer,
  rsh,
  sdiv,
  smod,
  store,
  storeRelease,
  sub,
  toBigEndian,
  toLittleEndian,
  xor,
} from "./construct.ts";
export type { AluConstructor, Operand } from "./construct.ts";
export { decode, decodeSlots } from "./decode.ts";
export type { PlacedInstruction } from "./decode.ts";
export { disassemble } from "./disassemble.ts";
export type { Disassemblable, DisassembleOptions } from "./disassemble.ts";
export { encode } from "./encode.ts";
export type { PrintStyle } from "./formats/index.ts";
export { helperName, helperNumber, helpers } from "./helper.ts";
export type { HelperName } from "./helper.ts";
export { slotsOf } from "./instruction.ts";
export type {
  AluInstruction,
  AtomicInstruction,
  ByteSwapInstruction,
  CallFunctionInstruction,
  CallHelperInstruction,
  CallKernelInstruction,
  CallRegisterInstruction,
  CastAddressInstruction,
  ExitInstruction,
  Instruction,
  InstructionKind,
  InstructionOf,
  JumpIfInstruction,
  JumpInstruction,
  JumpRegisterInstruction,
  JumpTarget,
  LoadAcquireInstruction,
  LoadInstruction,
  LoadPacketInstruction,
  LoadWideInstruction,
  MayGotoInstruction,
  NegateInstruction,
  PerCpuAddressInstruction,
  RawInstruction,
  SignExtendInstruction,
  StoreInstruction,
  StoreReleaseInstruction,
} from "./instruction.ts";
export type { AluOperation, AtomicOperation, Condition, MemorySize, SignedSize, WideMeaning } from "./operation.ts";
export { printInstruction } from "./print.ts";
export { hasTag, programTag } from "./program-tag.ts";
export type { TagHash } from "./program-tag.ts";
export type { AnyRegister, Register, WordRegister } from "./register.ts";
export type { Label, ReferenceTarget, ReferringInstruction, Statement } from "./statement.ts";
export type { Names } from "./symbolic.ts";
export { targetSlot } from "./targets.ts";
export type { NamedVariable } from "./variable-index.ts";
