import { Btf } from "../btf/index.ts";
import { bytes } from "../codec/index.ts";
import { btfById } from "../info/index.ts";
import { MapEntries } from "../maps/map-entries.ts";
import { MapHandle } from "../maps/map-handle.ts";
import { walkOrder } from "../maps/walk-order.ts";
import { mapInfo, objectInfo, possibleCpus, readKernelBtf, type Decoded, type FileDescriptor } from "../sys/index.ts";
import { MapType, mapTypeName } from "../uapi/index.ts";
import { ifAllowed } from "./allowed.ts";
import {
  bytesElement,
  indexElement,
  objectElement,
  perCpuElement,
  typedElement,
  variablesElement,
  type ElementType,
} from "./element-type.ts";
import { CommandError } from "./errors.ts";
import { openTarget } from "./objects.ts";

/** Kinds of map that have no entries to list: they are read by taking, or not by system calls. */
const withoutEntries: ReadonlySet<number> = new Set([
  MapType.QUEUE,
  MapType.STACK,
  MapType.BLOOM_FILTER,
  MapType.RINGBUF,
  MapType.USER_RINGBUF,
  MapType.ARENA,
  MapType.SK_STORAGE,
  MapType.INODE_STORAGE,
  MapType.TASK_STORAGE,
  MapType.CGRP_STORAGE,
]);

/** Kinds of map whose values the kernel gives to nobody. */
const withoutValues: ReadonlySet<number> = new Set([MapType.PERF_EVENT_ARRAY, MapType.CGROUP_ARRAY, MapType.XSKMAP]);

/** Kinds of map that give numbers of sockets, if their values have room for these. */
const withSockets: ReadonlySet<number> = new Set([MapType.SOCKMAP, MapType.SOCKHASH, MapType.REUSEPORT_SOCKARRAY]);
const SOCKET_NUMBER_BYTES = 8;

/** Kinds of map whose values are other objects: they take descriptors, and give ids. */
const withObjects: ReadonlyMap<number, "map" | "program"> = new Map([
  [MapType.PROG_ARRAY, "program"],
  [MapType.ARRAY_OF_MAPS, "map"],
  [MapType.HASH_OF_MAPS, "map"],
]);

const perCpu: ReadonlySet<number> = new Set([
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_PERCPU_HASH,
  MapType.PERCPU_CGROUP_STORAGE_DEPRECATED,
]);

/** The entries of any map with keys, as bytes and what these mean. */
export class MapContent {
  readonly id: number;
  readonly key: ElementType;
  readonly value: ElementType;
  readonly #handle: MapHandle;
  readonly #info: Decoded<typeof mapInfo>;
  /** What values were given as, until they are written. */
  readonly #objects: FileDescriptor[] = [];

  /**
   * Takes over `fd`, also when it throws.
   *
   * @throws CommandError for maps without entries
   */
  constructor(fd: FileDescriptor) {
    try {
      const { info } = objectInfo(fd.value, mapInfo, fd.what);
      if (withoutEntries.has(info.type)) {
        throw new CommandError(
          `map ${info.id} is of type ${mapTypeName(info.type)}, whose content can't be listed or set by key`,
        );
      }
      const { key, value } = elementTypes(info);
      const objects = withObjects.get(info.type);
      this.#info = info;
      this.id = info.id;
      this.key = key;
      if (objects !== undefined) this.value = objectElement(objects, (target) => this.#open(objects, target));
      else this.value = perCpu.has(info.type) ? perCpuElement(value, possibleCpus()) : value;
      this.#handle = new MapHandle(fd, info.name || String(info.id));
    } catch (error) {
      fd.close();
      throw error;
    }
  }

  /**
   * Each entry's key and value. The bytes are good until the next one.
   *
   * @throws CommandError for kinds of map whose values can't be read
   */
  *entries(): Generator<readonly [key: Uint8Array, value: Uint8Array]> {
    const { type, keySize, valueSize, maxEntries } = this.#info;
    if (withoutValues.has(type) || (withSockets.has(type) && valueSize < SOCKET_NUMBER_BYTES)) {
      throw new CommandError(
        `${this.#handle.what} is of type ${mapTypeName(type)} with values of ${valueSize} bytes, which the kernel shows to nobody`,
      );
    }
    const map = { handle: this.#handle, order: walkOrder(type), keySize, maxEntries };
    yield* new MapEntries(map, bytes(keySize), bytes(this.#handle.elements.valueBytes)).entries();
  }

  /** `undefined` when there is no such key. */
  get(key: Uint8Array): Uint8Array | undefined {
    const { elements } = this.#handle;
    elements.bytes.set(key, elements.keyOffset);
    if (!elements.lookup(0)) return undefined;
    return elements.bytes.slice(elements.valueOffset, elements.valueOffset + elements.valueBytes);
  }

  /** False when `flags` say that the key must be there and it is not, or must not be there and is. */
  set(key: Uint8Array, value: Uint8Array, flags: number): boolean {
    const { elements } = this.#handle;
    elements.bytes.set(key, elements.keyOffset);
    elements.bytes.set(value, elements.valueOffset);
    const { type, maxEntries } = this.#info;
    return elements.update(
      flags,
      walkOrder(type) === "byIndex" ? { E2BIG: `its keys are 0 to ${maxEntries - 1}` } : {},
    );
  }

  /** What the map gives for a value that was written: of an object, its id. */
  stored(key: Uint8Array, value: Uint8Array): Uint8Array {
    return withObjects.has(this.#info.type) ? (this.get(key) ?? value) : value;
  }

  /** False when there is no such key. */
  delete(key: Uint8Array): boolean {
    const { elements } = this.#handle;
    elements.bytes.set(key, elements.keyOffset);
    return elements.delete();
  }

  /** Idempotent. */
  close(): void {
    for (const object of this.#objects.splice(0)) object.close();
    this.#handle.close();
  }

  #open(kind: "map" | "program", target: string): number {
    const descriptor = openTarget(kind, target);
    this.#objects.push(descriptor);
    return descriptor.value;
  }
}

interface ElementTypes {
  readonly key: ElementType;
  /** Of one CPU, in per-CPU maps. */
  readonly value: ElementType;
}

function elementTypes(info: Decoded<typeof mapInfo>): ElementTypes {
  const { type, keySize, valueSize, btfKeyTypeId, btfValueTypeId, btfVmlinuxValueTypeId } = info;
  const isArray = keySize === 4 && walkOrder(type) === "byIndex";
  const untyped = { key: isArray ? indexElement() : bytesElement(keySize), value: bytesElement(valueSize) };
  if (btfVmlinuxValueTypeId !== 0) {
    const kernel = info.btfVmlinuxId === 0 ? Btf.open(readKernelBtf()) : btfById(info.btfVmlinuxId);
    return { key: indexElement(), value: fitting(typedElement(kernel, btfVmlinuxValueTypeId), untyped.value) };
  }
  const btf = info.btfId === 0 ? undefined : ifAllowed(() => btfById(info.btfId));
  if (btf === undefined) return untyped;
  const element = (typeId: number, fallback: ElementType): ElementType => {
    if (typeId === 0) return fallback;
    if (btf.kind(typeId) === "dataSection") return variablesElement(btf, typeId, valueSize) ?? fallback;
    return fitting(typedElement(btf, typeId), fallback);
  };
  return { key: element(btfKeyTypeId, untyped.key), value: element(btfValueTypeId, untyped.value) };
}

/** A type that is not as large as the kernel says is not the right one. */
function fitting(type: ElementType, fallback: ElementType): ElementType {
  return type.size === fallback.size ? type : fallback;
}
