import { codecFromBtf } from "../codec/index.ts";
import type { Codec } from "../codec/index.ts";
import { MissingCapabilityError } from "../errors/index.ts";
import { btfById } from "../info/index.ts";
import { mapInfo, objectInfo } from "../sys/index.ts";
import type { Decoded, FileDescriptor } from "../sys/index.ts";
import type { OpenedMap, OpenInner } from "./bpf-map.ts";

/** What is known of a map that the kernel doesn't tell. */
export interface OpenMapOptions {
  /** Name for messages; the kernel's own, cut to 15 bytes, when not given. */
  readonly name?: string | undefined;
  /** Codec of the keys; bytes when not given. */
  readonly key?: Codec<unknown> | undefined;
  /** Codec of the values, of one CPU's value for per-CPU maps, of the records of a ring buffer; bytes when not given. */
  readonly value?: Codec<unknown> | undefined;
  /** Where it is pinned. */
  readonly pinnedAt?: string | undefined;
  /** Of a map of maps: opens one of those. */
  readonly openInner?: OpenInner | undefined;
}

/** What the kernel tells about the map behind a descriptor, with the codecs that are given. */
export function openedMap(fd: FileDescriptor, options: OpenMapOptions = {}): OpenedMap {
  return describe(fd, objectInfo(fd.value, mapInfo, fd.what).info, options);
}

/** As {@link openedMap}; the codecs that are not given are made from the map's own BTF, if it has any. */
export function openedTypedMap(fd: FileDescriptor, options: OpenMapOptions = {}): OpenedMap {
  const { key, value } = options;
  const { info } = objectInfo(fd.value, mapInfo, fd.what);
  if (key !== undefined && value !== undefined) return describe(fd, info, options);
  const own = ownCodecs(info);
  return describe(fd, info, { ...options, key: key ?? own.key, value: value ?? own.value });
}

function describe(fd: FileDescriptor, info: Decoded<typeof mapInfo>, options: OpenMapOptions): OpenedMap {
  return {
    fd,
    name: options.name ?? info.name,
    type: info.type,
    id: info.id,
    keySize: info.keySize,
    valueSize: info.valueSize,
    maxEntries: info.maxEntries,
    flags: info.mapFlags,
    key: options.key,
    value: options.value,
    pinnedAt: options.pinnedAt,
    openInner: options.openInner,
  };
}

/** None where the map has no types, or the process lacks CAP_SYS_ADMIN, which reading them takes. */
function ownCodecs(info: Decoded<typeof mapInfo>): Pick<OpenMapOptions, "key" | "value"> {
  const { btfId, btfKeyTypeId, btfValueTypeId, keySize, valueSize } = info;
  if (btfId === 0) return {};
  try {
    const btf = btfById(btfId);
    const codec = (typeId: number, size: number): Codec<unknown> | undefined => {
      // A data section is bytes; its variables are what has types.
      if (typeId === 0 || btf.kind(typeId) === "dataSection") return undefined;
      const made = codecFromBtf(btf, typeId);
      return made.size === size ? made : undefined;
    };
    return { key: codec(btfKeyTypeId, keySize), value: codec(btfValueTypeId, valueSize) };
  } catch (error) {
    if (error instanceof MissingCapabilityError) return {};
    throw error;
  }
}
