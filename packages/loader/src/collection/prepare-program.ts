import { Instructions, linkFunctions, setMap, setMapValue } from "../asm/code.ts";
import type { LinkedProgram } from "../asm/code.ts";
import { CoreResolver } from "../btf/index.ts";
import type { Btf, CoreRelocation } from "../btf/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import { usdtAttachType } from "../links/index.ts";
import { attachTarget, moduleTypesFd } from "../programs/index.ts";
import type { AttachTarget, KernelTypes, MissingMap, Poison, Program, ProgramLoadValues } from "../programs/index.ts";
import type { CollectionSpec, ProgramSpec } from "../spec/index.ts";
import { kernelVersionCode, objectName } from "../sys/index.ts";
import { ProgramFlag, ProgramType } from "../uapi/index.ts";
import type { AttachType } from "../uapi/index.ts";
import { descriptorArray } from "./descriptor-array.ts";
import type { HasDescriptor } from "./descriptor-array.ts";
import { ExternResolver } from "./externs.ts";
import { describeMissing } from "./missing-field.ts";
import { refuseMapLoad } from "./missing-map.ts";
import type { ObjectTypes } from "./object-types.ts";
import type { StructOpsTypes } from "./struct-ops.ts";

/** A program with everything filled in that the kernel wants. */
export interface PreparedProgram {
  /** Its name in the collection; the spec's own may have been changed. */
  readonly key: string;
  readonly spec: ProgramSpec;
  /** The spec's, or what this kernel has in its place. */
  readonly attachType: AttachType;
  readonly linked: LinkedProgram;
  /** Instructions that CO-RE replaced: slot → what the kernel does not have. */
  readonly poisoned: ReadonlyMap<number, Poison>;
  /** Calls of weak kernel functions that are missing: slot → name. */
  readonly missingFunctions: ReadonlyMap<number, string>;
  /** Loads of maps that were not created, by slot. */
  readonly missingMaps: ReadonlyMap<number, MissingMap>;
  readonly values: ProgramLoadValues;
}

/** What the programs of a collection need. */
export interface ProgramContext {
  readonly collection: CollectionSpec;
  readonly objectTypes: ObjectTypes;
  readonly kernel: KernelTypes;
  /** The kernel's types for CO-RE in place of the running kernel's own. */
  readonly coreTypes: Btf | undefined;
  readonly structOps: StructOpsTypes;
  /** Maps that programs refer to and that were not created. */
  readonly leftOut: ReadonlySet<string>;
  /** Those of them that were to be created, and what this kernel lacks for each. */
  readonly lacking: ReadonlyMap<string, BpfError>;
  /** Whether the load goes on without a program that can't be made ready. */
  readonly canDoWithout: (key: string, error: unknown) => boolean;
  /** Descriptor of a map, by name. */
  readonly mapFd: (name: string) => number;
  /** Where the variables of a map start, in bytes, by its name. */
  readonly dataOffset: (name: string) => number;
  /** Descriptor of a new map of places in a program, in slots from its start. */
  readonly jumpTableFd: (name: string, places: readonly number[]) => number;
  /** Programs that others are made for, by the names of the latter. */
  readonly attachTargets: ReadonlyMap<string, Program<never>>;
  /** Descriptors that instructions refer to by index, by names of programs. */
  readonly fdArrays: Readonly<Record<string, readonly HasDescriptor[]>>;
  /** Lets the process load them; `undefined` = its own privileges do. */
  readonly tokenFd: number | undefined;
}

/** Links programs, adapts them to the kernel's types and fills in what they refer to. */
export function preparePrograms(
  specs: ReadonlyMap<string, ProgramSpec>,
  context: ProgramContext,
): readonly PreparedProgram[] {
  const { collection, kernel } = context;
  const programs = Array.from(specs, ([key, spec]) => ({
    key,
    spec,
    linked: linkFunctions(spec.functions, collection.littleEndian),
  }));
  const linked = programs.map((program) => program.linked);
  const resolver = coreResolver(linked, context);
  const externs = new ExternResolver(
    kernel,
    collection.btf,
    linked.flatMap(({ references }) => references),
  );
  return programs.flatMap((program) => {
    try {
      return [prepare(program, resolver, externs, context)];
    } catch (error) {
      if (context.canDoWithout(program.key, error)) return [];
      throw error;
    }
  });
}

/** Undefined when no program depends on the kernel's types, which then are not read. */
function coreResolver(programs: readonly LinkedProgram[], context: ProgramContext): CoreResolver | undefined {
  const relocations: CoreRelocation[] = programs.flatMap(({ coreRelocations }) => coreRelocations);
  const { collection, kernel, coreTypes } = context;
  if (relocations.length === 0 || collection.btf === undefined) return undefined;
  const resolver =
    coreTypes === undefined
      ? new CoreResolver(collection.btf, kernel.kernel, () => kernel.modules.map(({ types }) => types))
      : new CoreResolver(collection.btf, coreTypes);
  resolver.prepare(relocations);
  return resolver;
}

function prepare(
  { key, spec, linked }: Pick<PreparedProgram, "key" | "spec" | "linked">,
  resolver: CoreResolver | undefined,
  externs: ExternResolver,
  context: ProgramContext,
): PreparedProgram {
  const { code } = linked;
  if (code.length === 0)
    throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `program ${quoteName(spec.name)} has no instructions`);
  const poisoned = new Map<number, Poison>();
  if (resolver !== undefined) {
    for (const { slot, description, reason } of resolver.apply(code, linked.coreRelocations, spec.name).poisoned) {
      poisoned.set(slot, { description, reason: () => missingAt(slot, linked, context) ?? reason });
    }
  }
  const instructions = new Instructions(code, context.collection.littleEndian);
  const missingMaps = new Map<number, MissingMap>();
  for (const reference of linked.references) {
    if ((reference.kind === "map" || reference.kind === "mapValue") && context.leftOut.has(reference.name)) {
      const { name } = reference;
      missingMaps.set(reference.slot, { name, reason: context.lacking.get(name) });
      refuseMapLoad(code, reference.slot, context.collection.littleEndian);
    } else if (reference.kind === "map") setMap(instructions, reference.slot, context.mapFd(reference.name));
    else if (reference.kind === "mapValue") {
      const offset = context.dataOffset(reference.name) + reference.offset;
      setMapValue(instructions, reference.slot, context.mapFd(reference.name), offset);
    } else if (reference.kind === "jumpTable") {
      setMapValue(instructions, reference.slot, context.jumpTableFd(reference.name, reference.targets), 0);
    }
  }
  const { missingFunctions, descriptors } = externs.resolve(instructions, linked.references, spec.name);
  const target =
    spec.type === ProgramType.STRUCT_OPS
      ? structOpsTarget(key, context)
      : attachTarget(spec, context.kernel, context.attachTargets.get(key));
  const attachType = spec.rule?.attach === "usdt" ? usdtAttachType() : spec.attachType;
  const values: ProgramLoadValues = {
    progType: spec.type,
    insnCnt: code.length / 8,
    insns: code,
    license: spec.license,
    kernVersion: kernelVersion(spec),
    progFlags: spec.flags | (context.tokenFd === undefined ? 0 : ProgramFlag.TOKEN_FD),
    progTokenFd: context.tokenFd,
    progName: objectName(spec.name),
    expectedAttachType: target?.expectedAttachType ?? attachType,
    attachBtfId: target?.attachBtfId,
    attachProgFd: target?.attachProgFd,
    fdArray: descriptorArray(context.fdArrays[key] ?? [], descriptors, instructions, spec.name),
    ...debugInfo(linked, context.objectTypes),
  };
  return { key, spec, attachType, linked, poisoned, missingFunctions, missingMaps, values };
}

/** What the kernel's types don't have of what the instruction at `slot` needs. */
function missingAt(slot: number, { coreRelocations }: LinkedProgram, context: ProgramContext): string | undefined {
  const { btf } = context.collection;
  const relocation = coreRelocations.find((each) => each.slot === slot);
  if (btf === undefined || relocation === undefined) return undefined;
  return describeMissing(btf, context.coreTypes ?? context.kernel.kernel, relocation);
}

/** A program that is a function of a structure: which, and which member of it, where others have their attach type. */
function structOpsTarget(key: string, { structOps, kernel }: ProgramContext): AttachTarget | undefined {
  const target = structOps.target(key);
  if (target === undefined) return undefined;
  const { structTypeId, memberIndex, module } = target;
  return {
    attachBtfId: structTypeId,
    attachProgFd: module === undefined ? 0 : moduleTypesFd(kernel, module),
    expectedAttachType: memberIndex,
  };
}

/** "For the running kernel", in an object's `version` section. */
const RUNNING_KERNEL = 0xffff_fffe;

/** Only kprobes are asked for it, and only before Linux 5.0; finding it out reads files. */
function kernelVersion({ type, kernelVersion }: ProgramSpec): number {
  const isOpen = kernelVersion === 0 || kernelVersion === RUNNING_KERNEL;
  return isOpen && type === ProgramType.KPROBE ? kernelVersionCode() : kernelVersion;
}

/** `struct bpf_func_info` and `struct bpf_line_info`. */
const FUNCTION_RECORD = 8;
const LINE_RECORD = 16;

/**
 * Functions and source lines for the kernel. It wants all or nothing: a type for each function, and a line for the start of
 * each (check_btf_func and check_btf_line in its kernel/bpf/verifier.c).
 */
function debugInfo({ functions, lines }: LinkedProgram, types: ObjectTypes): ProgramLoadValues {
  if (types.descriptor === undefined || !types.functionInfo) return {};
  if (functions.some(({ typeId }) => typeId === 0)) return {};
  const funcInfo = new Uint32Array(functions.length * 2);
  functions.forEach(({ slot, typeId }, index) => funcInfo.set([slot, typeId], index * 2));
  const values: ProgramLoadValues = {
    progBtfFd: types.descriptor.value,
    funcInfo: new Uint8Array(funcInfo.buffer),
    funcInfoCnt: functions.length,
    funcInfoRecSize: FUNCTION_RECORD,
  };
  const starts = new Set(lines.map(({ slot }) => slot));
  if (!functions.every(({ slot }) => starts.has(slot))) return values;
  const lineInfo = new Uint32Array(lines.length * 4);
  lines.forEach(({ slot, fileOffset, textOffset, line, column }, index) => {
    lineInfo.set([slot, fileOffset, textOffset, (line << 10) | column], index * 4);
  });
  return {
    ...values,
    lineInfo: new Uint8Array(lineInfo.buffer),
    lineInfoCnt: lines.length,
    lineInfoRecSize: LINE_RECORD,
  };
}
