import { quoteName } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { coreError } from "./core-error.ts";
import { CoreRelocationKind } from "./core-relocation.ts";
import type { Members } from "./members.ts";
import type { BtfArray, BtfEnumerator, TypeId } from "./types.ts";

/** Longest path to a field, as in libbpf (BPF_CORE_SPEC_MAX_LEN). */
export const LONGEST_PATH = 64;

const LARGEST_INDEX = 0x7fff_ffff;
const [ZERO, NINE, COLON] = [0x30, 0x39, 0x3a];

/** A step on the way to a field that has a meaning in C: a named member, or an array element. */
export interface Accessor {
  /** The struct or union that the member is in, or the type of the element; typedefs looked through. */
  readonly typeId: TypeId;
  /** Of the member, the element or the enumerator. */
  readonly index: number;
  /** Of the member; 0 for an element or enumerator. */
  readonly nameOffset: number;
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
  if (access !== "0") throw coreError(`path ${quoteName(access)} to a whole type, wanted "0"`);
  return spec;
}

/** Digits with colons between them. */
function parsePath(access: string): number[] {
  const path: number[] = [];
  let index = -1;
  for (let at = 0; at <= access.length; at++) {
    const code = at < access.length ? access.charCodeAt(at) : COLON;
    if (code === COLON && index >= 0) {
      path.push(index);
      index = -1;
    } else if (code >= ZERO && code <= NINE) {
      index = Math.max(index, 0) * 10 + code - ZERO;
      if (index > LARGEST_INDEX) throw coreError(`path ${quoteName(access)} is too long`);
    } else throw coreError(`path ${quoteName(access)} is no path to a field`);
  }
  if (path.length > LONGEST_PATH) throw coreError(`path ${quoteName(access)} is too long`);
  return path;
}

function parseEnumerator(spec: AccessSpec, access: string): AccessSpec {
  const type = spec.btf.resolve(spec.rootId);
  const path = parsePath(access);
  const [index] = path;
  if ((type.kind !== "enum" && type.kind !== "enum64") || path.length !== 1 || index === undefined) {
    throw coreError(`path ${quoteName(access)} is no enumerator`);
  }
  if (index >= type.values.length)
    throw coreError(`${quoteName(spec.btf.typeName(type.id))} has no enumerator ${index}`);
  spec.path.push(index);
  spec.accessors.push({ typeId: type.id, index, nameOffset: 0 });
  return spec;
}

/** The enumerator that a spec is about. */
export function enumeratorOf(spec: AccessSpec): BtfEnumerator {
  const type = spec.btf.resolve(spec.rootId);
  const enumerator =
    type.kind === "enum" || type.kind === "enum64" ? type.values[spec.accessors[0]?.index ?? 0] : undefined;
  if (enumerator === undefined) throw coreError(`${quoteName(spec.btf.typeName(spec.rootId))} has no such enumerator`);
  return enumerator;
}

function parseField(spec: AccessSpec, access: string): AccessSpec {
  const { btf } = spec;
  const path = parsePath(access);
  // The root may itself be an element: `pointer[first]`
  let typeId = addElement(spec, spec.rootId, path[0] ?? 0);
  for (let position = 1; position < path.length; position++) {
    const index = path[position] ?? 0;
    const members = btf.members(typeId);
    if (members !== undefined) {
      typeId = enterMember(spec, typeId, members, index);
      continue;
    }
    const type = btf.type(typeId);
    if (type.kind !== "array")
      throw coreError(`path ${quoteName(access)} goes into ${quoteName(btf.typeName(typeId))}`);
    if (!mayHaveElement(spec, type, index))
      throw coreError(`${quoteName(btf.typeName(typeId))} has no element ${index}`);
    typeId = addElement(spec, type.elementTypeId, index);
  }
  return spec;
}

function enterMember(spec: AccessSpec, typeId: TypeId, members: Members, index: number): TypeId {
  if (index >= members.count) throw coreError(`${quoteName(spec.btf.typeName(typeId))} has no member ${index}`);
  const nameOffset = members.nameOffset(index);
  spec.path.push(index);
  spec.bitOffset += members.bitOffset(index);
  if (nameOffset !== 0) spec.accessors.push({ typeId, index, nameOffset });
  return spec.btf.resolveId(members.typeId(index));
}

/** Whether an array has that element; a flexible array, at the end of a struct, has all. */
export function mayHaveElement(spec: AccessSpec, array: BtfArray, index: number): boolean {
  return index < array.length || isFlexible(spec, array);
}

function isFlexible(spec: AccessSpec, array: BtfArray): boolean {
  const member = spec.accessors.at(-1);
  if (member === undefined || member.nameOffset === 0 || array.length > 0) return false;
  return member.index === (spec.btf.members(member.typeId)?.count ?? 0) - 1;
}

/** Appends an element to a path and returns its type, typedefs looked through. */
export function addElement(spec: AccessSpec, elementTypeId: TypeId, index: number): TypeId {
  const typeId = spec.btf.resolveId(elementTypeId);
  spec.path.push(index);
  spec.accessors.push({ typeId, index, nameOffset: 0 });
  spec.bitOffset += index * spec.btf.sizeOf(typeId) * 8;
  return typeId;
}

/**
 * As a person would write it: `struct task_struct.pid (0:42)`, `enum bpf_map_type::BPF_MAP_TYPE_HASH (1)`, `struct sk_buff`.
 * Fit for a terminal, whatever the names are.
 */
export function describeAccess(spec: AccessSpec, kind: CoreRelocationKind): string {
  return quoteName(spellAccess(spec, kind)).slice(1, -1);
}

function spellAccess(spec: AccessSpec, kind: CoreRelocationKind): string {
  const root = spec.btf.typeName(spec.rootId);
  const path = spec.path.join(":");
  if (isEnumValueKind(kind)) return `${root}::${enumeratorOf(spec).name} (${path})`;
  if (!isFieldKind(kind)) return root;
  const fields = spec.accessors.map(({ nameOffset, index }, position) => {
    if (nameOffset !== 0) return `.${spec.btf.string(nameOffset)}`;
    return position > 0 || index > 0 ? `[${index}]` : "";
  });
  return `${root}${fields.join("")} (${path})`;
}
