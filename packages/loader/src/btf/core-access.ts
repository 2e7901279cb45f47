import type { Btf, ResolvedType } from "./btf.ts";
import { coreError } from "./core-error.ts";
import { CoreRelocationKind } from "./core-relocation.ts";
import type { BtfArray, BtfComposite, TypeId } from "./types.ts";

/** Longest path to a field, as in libbpf (BPF_CORE_SPEC_MAX_LEN). */
export const LONGEST_PATH = 64;

/** A step on the way to a field that has a meaning in C: a named member, or an array element. */
export interface Accessor {
  /** The struct or union that the member is in, or the type of the element. */
  readonly typeId: TypeId;
  /** Of the member or the element. */
  readonly index: number;
  /** Of the member; `undefined` for an element. */
  readonly name: string | undefined;
}

/** What a relocation is about, in the object's types or in the kernel's. */
export interface AccessSpec {
  readonly btf: Btf;
  /** As in the relocation: typedefs and qualifiers are not looked through. */
  readonly rootId: TypeId;
  /** Empty when it is about the type as a whole; the enumerator when it is about its value. */
  readonly accessors: Accessor[];
  /** Each level of the path, anonymous structs included. */
  readonly path: number[];
  /** Bits from the start of the root type. */
  bitOffset: number;
}

/** Whether a kind asks about a field. */
export function isFieldKind(kind: CoreRelocationKind): boolean {
  return kind <= CoreRelocationKind.FIELD_RSHIFT_U64;
}

/** Whether a kind asks about an enumerator. */
export function isEnumValueKind(kind: CoreRelocationKind): boolean {
  return kind === CoreRelocationKind.ENUMVAL_EXISTS || kind === CoreRelocationKind.ENUMVAL_VALUE;
}

/** Reads a path as the compiler wrote it, `"0:1:2"`, in the object's own types. */
export function parseAccess(btf: Btf, rootId: TypeId, access: string, kind: CoreRelocationKind): AccessSpec {
  const spec: AccessSpec = { btf, rootId, accessors: [], path: [], bitOffset: 0 };
  if (isEnumValueKind(kind)) return parseEnumerator(spec, access);
  if (isFieldKind(kind)) return parseField(spec, access);
  if (access !== "0") throw coreError(`path ${JSON.stringify(access)} to a whole type, wanted "0"`);
  return spec;
}

function parsePath(access: string): number[] {
  if (!/^\d+(?::\d+)*$/.test(access))
    throw coreError(`path ${JSON.stringify(access.slice(0, 100))} is no path to a field`);
  const path = access.split(":").map(Number);
  if (path.length > LONGEST_PATH || path.some((index) => index > 0x7fff_ffff)) {
    throw coreError(`path ${JSON.stringify(access.slice(0, 100))} is too long`);
  }
  return path;
}

function parseEnumerator(spec: AccessSpec, access: string): AccessSpec {
  const type = spec.btf.resolve(spec.rootId);
  const path = parsePath(access);
  const [index] = path;
  const enumerator =
    (type.kind === "enum" || type.kind === "enum64") && path.length === 1 && index !== undefined
      ? type.values[index]
      : undefined;
  if (enumerator === undefined || index === undefined) throw coreError(`path ${access} is no enumerator`);
  spec.path.push(index);
  spec.accessors.push({ typeId: type.id, index, name: enumerator.name });
  return spec;
}

function parseField(spec: AccessSpec, access: string): AccessSpec {
  const { btf } = spec;
  const [first = 0, ...rest] = parsePath(access);
  let type = btf.resolve(spec.rootId);
  // The root may itself be an element: `pointer[first]`
  spec.path.push(first);
  spec.accessors.push({ typeId: type.id, index: first, name: undefined });
  spec.bitOffset = first * btf.sizeOf(type.id) * 8;

  for (const index of rest) {
    if (type.kind === "struct" || type.kind === "union") type = enterMember(spec, type, index);
    else if (type.kind === "array") type = enterElement(spec, type, index);
    else throw coreError(`path ${access} goes into ${type.kind} ${btf.typeName(type.id)}`);
  }
  return spec;
}

function enterMember(spec: AccessSpec, type: BtfComposite, index: number): ResolvedType {
  const member = type.members[index];
  if (member === undefined) throw coreError(`${spec.btf.typeName(type.id)} has no member ${index}`);
  spec.path.push(index);
  spec.bitOffset += member.bitOffset;
  if (member.name !== "") spec.accessors.push({ typeId: type.id, index, name: member.name });
  return spec.btf.resolve(member.typeId);
}

function enterElement(spec: AccessSpec, array: BtfArray, index: number): ResolvedType {
  if (!mayHaveElement(spec, array, index)) {
    throw coreError(`${spec.btf.typeName(array.id)} has no element ${index}`);
  }
  return addElement(spec, array.elementTypeId, index);
}

/** Whether an array has that element; a flexible array, at the end of a struct, has all. */
export function mayHaveElement(spec: AccessSpec, array: BtfArray, index: number): boolean {
  return index < array.length || isFlexible(spec, array);
}

function isFlexible(spec: AccessSpec, array: BtfArray): boolean {
  const member = spec.accessors.at(-1);
  if (member?.name === undefined || array.length > 0) return false;
  const type = spec.btf.type(member.typeId);
  return (type.kind === "struct" || type.kind === "union") && member.index === type.members.length - 1;
}

/** Appends an element to a path and returns its type. */
export function addElement(spec: AccessSpec, elementTypeId: TypeId, index: number): ResolvedType {
  const element = spec.btf.resolve(elementTypeId);
  spec.path.push(index);
  spec.accessors.push({ typeId: element.id, index, name: undefined });
  spec.bitOffset += index * spec.btf.sizeOf(element.id) * 8;
  return element;
}

/** As a person would write it: `struct task_struct.pid (0:42)`, `enum bpf_map_type::BPF_MAP_TYPE_HASH (1)`, `struct sk_buff`. */
export function describeAccess(spec: AccessSpec, kind: CoreRelocationKind): string {
  const root = spec.btf.typeName(spec.rootId);
  const path = spec.path.join(":");
  if (isEnumValueKind(kind)) return `${root}::${spec.accessors[0]?.name ?? ""} (${path})`;
  if (!isFieldKind(kind)) return root;
  const fields = spec.accessors.map(({ name, index }, position) => {
    if (name !== undefined) return `.${name}`;
    return position > 0 || index > 0 ? `[${index}]` : "";
  });
  return `${root}${fields.join("")} (${path})`;
}
