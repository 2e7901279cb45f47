import type { Btf, BtfComposite, BtfMember, TypeId } from "../btf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { MapType, mapTypeName } from "../uapi/index.ts";
import { newMapSpec } from "./map-spec.ts";
import type { MapSpec } from "./map-spec.ts";

/** Bytes of a pointer, and so of a slot of `values`. */
export const POINTER_BYTES = 8;

const UINT32_MAX = 0xffff_ffffn;
const LIBBPF_PIN_NONE = 0;
const LIBBPF_PIN_BY_NAME = 1;

/** What a map's struct says. */
export interface MapDefinition {
  readonly spec: MapSpec;
  /** Where `values` starts, in bytes from the start of the struct; `undefined` when there is none. */
  readonly values: number | undefined;
}

/** Maps whose `value` is the type of the records or objects in them, which says nothing about the size of an element. */
const RECORD_MAPS: ReadonlySet<number> = new Set<number>([
  MapType.RINGBUF,
  MapType.USER_RINGBUF,
  MapType.PERF_EVENT_ARRAY,
  MapType.ARENA,
]);

/** Bytes of a descriptor, which the elements of a perf event array are. */
const DESCRIPTOR_BYTES = 4;

function holdsRecords({ type, valueSize }: MapSpec): boolean {
  return RECORD_MAPS.has(type) && !(type === MapType.PERF_EVENT_ARRAY && valueSize === DESCRIPTOR_BYTES);
}

/** What has been read of a definition. Sizes are `undefined` until a member gives them. */
interface Draft {
  readonly btf: Btf;
  readonly spec: MapSpec;
  /** True for the template of a map-in-map's maps. */
  readonly inner: boolean;
  keySize: number | undefined;
  valueSize: number | undefined;
  values: number | undefined;
}

type MemberReader = (draft: Draft, member: BtfMember, isLast: boolean) => void;

const memberReaders: ReadonlyMap<string, MemberReader> = new Map<string, MemberReader>([
  ["type", (draft, member) => void (draft.spec.type = readUint(draft, member))],
  ["max_entries", (draft, member) => void (draft.spec.maxEntries = readUint(draft, member))],
  ["map_flags", (draft, member) => void (draft.spec.flags = readUint(draft, member))],
  ["numa_node", (draft, member) => void (draft.spec.numaNode = readUint(draft, member))],
  ["map_extra", (draft, member) => void (draft.spec.mapExtra = readUlong(draft, member))],
  ["key_size", (draft, member) => setKeySize(draft, readUint(draft, member))],
  ["value_size", (draft, member) => setValueSize(draft, readUint(draft, member))],
  ["key", readKey],
  ["value", readValue],
  ["values", readValues],
  ["pinning", readPinning],
]);

/**
 * Reads the struct that defines a map. Numbers are the lengths of arrays that members point to (`__uint`) or the value of
 * an enum (`__ulong`); types are what members point to (`__type`). The format is libbpf's, in its bpf_helpers.h.
 */
export function readMapDefinition(btf: Btf, name: string, struct: BtfComposite): MapDefinition {
  return readDefinition(btf, name, struct, false);
}

function readDefinition(btf: Btf, name: string, struct: BtfComposite, inner: boolean): MapDefinition {
  const spec = newMapSpec(name, MapType.UNSPEC);
  const draft: Draft = { btf, spec, inner, keySize: undefined, valueSize: undefined, values: undefined };
  for (const [index, member] of struct.members.entries()) {
    const read = memberReaders.get(member.name);
    if (read === undefined) throw wrong(draft, `its definition has an unknown member ${quoteName(member.name)}`);
    read(draft, member, index === struct.members.length - 1);
  }
  if (spec.type === MapType.UNSPEC) throw wrong(draft, "its definition gives no type");
  spec.keySize = draft.keySize ?? 0;
  spec.valueSize = draft.valueSize ?? 0;
  if (spec.valueTypeId !== 0 && holdsRecords(spec)) spec.valueSize = 0;
  return { spec, values: draft.values };
}

function readUint(draft: Draft, member: BtfMember): number {
  const value = readUlong(draft, member);
  if (value > UINT32_MAX) throw wrong(draft, `${quoteName(member.name)} is ${value}, more than 32 bits`);
  return Number(value);
}

function readUlong(draft: Draft, member: BtfMember): bigint {
  const { btf } = draft;
  const type = btf.resolve(member.typeId);
  if (type.kind === "pointer") {
    const target = btf.resolve(type.typeId);
    if (target.kind === "array") return BigInt(target.length);
  }
  if (type.kind === "enum" || type.kind === "enum64") {
    const [only, ...more] = type.values;
    if (only !== undefined && more.length === 0) return BigInt.asUintN(64, BigInt(only.value));
  }
  throw wrong(draft, `${quoteName(member.name)} is no number: use __uint or __ulong`);
}

function setKeySize(draft: Draft, size: number): void {
  if (draft.keySize !== undefined && draft.keySize !== size) {
    throw wrong(draft, `both key and key_size given, and they disagree: ${draft.keySize} and ${size} bytes`);
  }
  draft.keySize = size;
}

function setValueSize(draft: Draft, size: number): void {
  if (draft.valueSize !== undefined && draft.valueSize !== size) {
    throw wrong(draft, `both value and value_size given, and they disagree: ${draft.valueSize} and ${size} bytes`);
  }
  draft.valueSize = size;
}

function readKey(draft: Draft, member: BtfMember): void {
  const typeId = pointerTarget(draft, member);
  setKeySize(draft, sizeOf(draft, member, typeId));
  draft.spec.keyTypeId = typeId;
}

function readValue(draft: Draft, member: BtfMember): void {
  const typeId = pointerTarget(draft, member);
  setValueSize(draft, sizeOf(draft, member, typeId));
  draft.spec.valueTypeId = typeId;
}

function sizeOf(draft: Draft, member: BtfMember, typeId: TypeId): number {
  const size = draft.btf.sizeOf(typeId);
  if (BigInt(size) > UINT32_MAX) throw wrong(draft, `${quoteName(member.name)} is too large: ${size} bytes`);
  return size;
}

function pointerTarget(draft: Draft, member: BtfMember): TypeId {
  const type = draft.btf.resolve(member.typeId);
  if (type.kind !== "pointer") throw wrong(draft, `${quoteName(member.name)} is no type: use __type`);
  return type.typeId;
}

function readPinning(draft: Draft, member: BtfMember): void {
  if (draft.inner) throw wrong(draft, "inner maps can't be pinned");
  const pinning = readUint(draft, member);
  if (pinning !== LIBBPF_PIN_NONE && pinning !== LIBBPF_PIN_BY_NAME) {
    throw wrong(draft, `pinning is ${pinning}, and only LIBBPF_PIN_NONE and LIBBPF_PIN_BY_NAME are known`);
  }
  draft.spec.pinning = pinning === LIBBPF_PIN_BY_NAME ? "byName" : "none";
}

/** `__array(values, …)`: what the slots of a map-in-map or program array are, behind which come initial ones. */
function readValues(draft: Draft, member: BtfMember, isLast: boolean): void {
  const { btf, spec } = draft;
  if (draft.inner) throw wrong(draft, "the inner maps of a map-in-map can't be maps of maps themselves");
  if (!isLast) throw wrong(draft, "'values' must be the last member of its definition");
  if (draft.valueSize !== undefined && draft.valueSize !== 0 && draft.valueSize !== 4) {
    throw wrong(draft, `value_size is ${draft.valueSize}, and must be 0 or 4 with 'values'`);
  }
  draft.valueSize = 4;
  draft.values = member.bitOffset / 8;

  const array = btf.resolve(member.typeId);
  const pointer = array.kind === "array" ? btf.resolve(array.elementTypeId) : undefined;
  if (array.kind !== "array" || array.length !== 0 || pointer?.kind !== "pointer") {
    throw wrong(draft, "'values' is no array of pointers: use __array");
  }
  const target = btf.resolve(pointer.typeId);
  if (target.kind === "functionPrototype") {
    if (spec.type !== MapType.PROG_ARRAY) {
      throw wrong(draft, `'values' are functions, and a ${mapTypeName(spec.type)} does not take any`);
    }
  } else if (target.kind === "struct") {
    if (spec.type !== MapType.ARRAY_OF_MAPS && spec.type !== MapType.HASH_OF_MAPS) {
      throw wrong(draft, `'values' are maps, and a ${mapTypeName(spec.type)} does not take any`);
    }
    spec.innerMap = readDefinition(btf, `${spec.name}_inner`, target, true).spec;
  } else {
    throw wrong(draft, `'values' are of kind ${target.kind}, and must be maps or functions`);
  }
}

function wrong(draft: Draft, problem: string): ObjectFormatError {
  return new ObjectFormatError(`map ${quoteName(draft.spec.name)}: ${problem}`, { section: ".maps" });
}
