/**
 * Structures of functions that the kernel calls: where they fit into the kernel's own.
 *
 * @module
 */

import { essentialName } from "../btf/index.ts";
import type { Btf, BtfComposite, BtfMember } from "../btf/index.ts";
import { BpfError, NotSupportedError, quoteName } from "../errors/index.ts";
import type { StructOpsValue } from "../maps/index.ts";
import type { KernelTypes, Program } from "../programs/index.ts";
import type { CollectionSpec, MapSpec, StructOps, StructOpsFunction } from "../spec/index.ts";
import { addon, explainSyscall, FileDescriptor } from "../sys/index.ts";

/** The kernel wraps each structure that programs can implement, as its `data` (include/linux/bpf.h). */
const VALUE_PREFIX = "bpf_struct_ops_";

/** A structure as the running kernel has it. */
export interface KernelStructOps {
  /** Type of the map's value: the structure with the kernel's own fields in front. */
  readonly valueTypeId: number;
  /** Bytes. */
  readonly valueSize: number;
  /** The structure itself, which programs are made for. */
  readonly structTypeId: number;
  /** The module that has it; `undefined` = the kernel itself. */
  readonly module: string | undefined;
  /** Member that a program implements, by name of the program. What this kernel does not have is not in it. */
  readonly members: ReadonlyMap<string, number>;
  /** The map's value, with what the object sets but for functions. */
  readonly content: Uint8Array;
  /** Where the descriptor of a program goes in the value, in bytes. */
  readonly functions: readonly StructOpsFunction[];
}

/** What a program is made for. */
export interface StructOpsTarget {
  readonly structTypeId: number;
  readonly memberIndex: number;
  readonly module: string | undefined;
}

/** The structures of a collection, each looked up in the kernel when it is first needed. */
export class StructOpsTypes {
  readonly #spec: CollectionSpec;
  readonly #kernel: KernelTypes;
  readonly #known = new Map<MapSpec, KernelStructOps>();

  constructor(spec: CollectionSpec, kernel: KernelTypes) {
    this.#spec = spec;
    this.#kernel = kernel;
  }

  /**
   * Where a map's structure fits.
   *
   * @throws NotSupportedError when the kernel has no such structure, or lacks what the map sets in it.
   */
  of(map: MapSpec, structOps: StructOps): KernelStructOps {
    const known = this.#known.get(map);
    if (known !== undefined) return known;
    const { btf } = this.#spec;
    if (btf === undefined) throw wrong(map.name, "the collection has no BTF that describes it");
    const found = findInKernel(map.name, btf, structOps, this.#kernel);
    this.#known.set(map, found);
    return found;
  }

  /**
   * The member of the kernel's structure that a program implements. `undefined` when the kernel does not have that member, so
   * that there is nothing to load the program for.
   *
   * @throws BpfError when no map has the program, or maps have it as different members; NotSupportedError when the kernel has none of
   *   the structures.
   */
  target(program: string): StructOpsTarget | undefined {
    const maps = [...this.#spec.maps.values()].filter(({ structOps }) =>
      structOps?.functions.some(({ name }) => name === program),
    );
    if (maps.length === 0) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `program ${quoteName(program)} is a function of no structure: no variable in .struct_ops or .struct_ops.link points to it`,
      );
    }
    let target: StructOpsTarget | undefined;
    let lack: NotSupportedError | undefined;
    for (const map of maps) {
      if (map.structOps === undefined) continue;
      let found: KernelStructOps;
      try {
        found = this.of(map, map.structOps);
      } catch (error) {
        if (!(error instanceof NotSupportedError)) throw error;
        // Another map may have it for a structure that the kernel has.
        lack ??= error;
        continue;
      }
      const { structTypeId, module, members } = found;
      const memberIndex = members.get(program);
      if (memberIndex === undefined) continue;
      target ??= { structTypeId, memberIndex, module };
      if (target.structTypeId !== structTypeId || target.memberIndex !== memberIndex) {
        throw wrong(map.name, `program ${quoteName(program)} is another member in another map`);
      }
    }
    if (target === undefined && lack !== undefined) throw lack;
    return target;
  }
}

function findInKernel(map: string, btf: Btf, structOps: StructOps, kernel: KernelTypes): KernelStructOps {
  const local = structOf(btf, structOps.typeId);
  const name = essentialName(local?.name ?? "");
  const found = findValueType(name, kernel);
  if (local === undefined || found === undefined) {
    throw new NotSupportedError(
      `struct_ops of struct ${name}`,
      undefined,
      `map ${quoteName(map)}: this kernel has no struct ${quoteName(name)} that programs can implement`,
    );
  }
  const { types, struct, valueType, module, dataOffset } = found;
  const members = new Map<string, number>();
  const content = new Uint8Array(valueType.size);
  const functions: StructOpsFunction[] = [];
  for (const member of local.members) {
    const index = struct.members.findIndex((candidate) => candidate.name === member.name);
    const theirs = struct.members[index];
    const program = structOps.functions.find(({ offset }) => offset * 8 === member.bitOffset)?.name;
    if (theirs === undefined) {
      // What was added to the structure later may be left unset on this kernel.
      if (!isZero(structOps.content, btf, member)) {
        throw new NotSupportedError(
          `member ${member.name} of struct ${name}`,
          undefined,
          `map ${quoteName(map)}: member ${quoteName(member.name)} is set, and this kernel's struct ${quoteName(name)} has none`,
        );
      }
      continue;
    }
    checkMember(map, btf, member, types, theirs, program !== undefined);
    const offset = dataOffset + theirs.bitOffset / 8;
    if (program !== undefined) {
      members.set(program, index);
      functions.push({ offset, name: program });
    } else if (btf.resolve(member.typeId).kind !== "pointer") {
      // Pointers are the kernel's to set.
      const start = member.bitOffset / 8;
      content.set(structOps.content.subarray(start, start + btf.sizeOf(member.typeId)), offset);
    }
  }
  const { id: structTypeId } = struct;
  return { valueTypeId: valueType.id, valueSize: valueType.size, structTypeId, module, members, content, functions };
}

/** What a structure is registered with, before its programs are loaded. */
export function newStructOpsValue({ content }: KernelStructOps): StructOpsValue {
  return { content, functions: [] };
}

/** Puts the programs in, which may be closed after. Functions whose programs are not loaded stay empty. */
export function fillStructOpsValue(
  value: StructOpsValue,
  { functions }: KernelStructOps,
  programs: ReadonlyMap<string, Program>,
): void {
  for (const { offset, name } of functions) {
    const program = programs.get(name);
    if (program !== undefined)
      value.functions.push({ offset, program: duplicate(program.fd, `program ${quoteName(name)}`) });
  }
}

function duplicate(fd: number, what: string): FileDescriptor {
  const copy = addon().dup(fd);
  if (copy < 0) throw explainSyscall(copy, "dup", what);
  return new FileDescriptor(copy, what);
}

interface ValueType {
  readonly types: Btf;
  readonly module: string | undefined;
  readonly valueType: BtfComposite;
  readonly struct: BtfComposite;
  /** Where the structure is in the value, in bytes. */
  readonly dataOffset: number;
}

function findValueType(name: string, kernel: KernelTypes): ValueType | undefined {
  const value = kernel.find(VALUE_PREFIX + name, "struct");
  const types = value === undefined ? undefined : kernel.typesOf(value.module);
  if (value === undefined || types === undefined) return undefined;
  const valueType = structOf(types, value.id);
  const data = valueType?.members.find((member) => member.name === "data");
  const struct = data === undefined ? undefined : structOf(types, data.typeId);
  if (valueType === undefined || data === undefined || struct === undefined) return undefined;
  return { types, module: value.module, valueType, struct, dataOffset: data.bitOffset / 8 };
}

function structOf(btf: Btf, id: number): BtfComposite | undefined {
  const type = btf.resolve(id);
  return type.kind === "struct" ? type : undefined;
}

function isZero(content: Uint8Array, btf: Btf, { typeId, bitOffset }: BtfMember): boolean {
  const start = Math.floor(bitOffset / 8);
  return content.subarray(start, start + btf.sizeOf(typeId)).every((byte) => byte === 0);
}

/** Values are copied member by member: both sides have to agree on what a member is. */
function checkMember(
  map: string,
  btf: Btf,
  own: BtfMember,
  kernelTypes: Btf,
  theirs: BtfMember,
  isFunction: boolean,
): void {
  const name = quoteName(own.name);
  if (own.bitSize !== 0 || theirs.bitSize !== 0) throw wrong(map, `member ${name} is a bitfield`);
  const [type, kernelType] = [btf.resolve(own.typeId), kernelTypes.resolve(theirs.typeId)];
  if (type.kind !== kernelType.kind)
    throw wrong(map, `member ${name} is a ${type.kind}, and in this kernel a ${kernelType.kind}`);
  if (type.kind !== "pointer" || kernelType.kind !== "pointer") {
    const [size, kernelSize] = [btf.sizeOf(own.typeId), kernelTypes.sizeOf(theirs.typeId)];
    if (size !== kernelSize) throw wrong(map, `member ${name} has ${size} bytes, and in this kernel ${kernelSize}`);
  } else if (isFunction && kernelTypes.resolve(kernelType.typeId).kind !== "functionPrototype") {
    throw wrong(map, `member ${name} is a function, and in this kernel it is none`);
  }
}

function wrong(map: string, problem: string): BpfError {
  return new BpfError("ERR_BPF_INVALID_ARGUMENT", `map ${quoteName(map)}: ${problem}`);
}
