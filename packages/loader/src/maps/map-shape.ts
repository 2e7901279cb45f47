import { pageSize, possibleCpus } from "../sys/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import type { MapShape } from "./map-rules.ts";

/** What a map's final shape depends on. */
export interface MapHost {
  /** Bytes. */
  readonly pageSize: number;
  readonly possibleCpus: number;
}

/** This machine. */
export function mapHost(): MapHost {
  return {
    pageSize: pageSize(),
    // Most maps can do without sysfs.
    get possibleCpus() {
      return possibleCpus();
    },
  };
}

/**
 * The shape in which a map is created: what its definition leaves to the loader is filled in.
 *
 * - Perf event arrays and CPU maps have at most one entry for each possible CPU, and as many when the definition says 0.
 * - A ring buffer's size is rounded up to the page size times a power of two, so that an object made for small pages loads where
 *   they are large.
 * - The keys and values of maps of descriptors are 4 bytes even when the definition says nothing.
 */
export function mapShape(spec: MapShape, host: MapHost): MapShape {
  let { keySize, valueSize, maxEntries } = spec;
  switch (spec.type) {
    case MapType.PERF_EVENT_ARRAY:
      keySize ||= 4;
      valueSize ||= 4;
      if (maxEntries === 0 || maxEntries > host.possibleCpus) maxEntries = host.possibleCpus;
      break;
    case MapType.CPUMAP:
      if (maxEntries === 0 || maxEntries > host.possibleCpus) maxEntries = host.possibleCpus;
      break;
    case MapType.PROG_ARRAY:
    case MapType.CGROUP_ARRAY:
    case MapType.ARRAY_OF_MAPS:
      keySize ||= 4;
      valueSize ||= 4;
      break;
    case MapType.HASH_OF_MAPS:
      valueSize ||= 4;
      break;
    case MapType.RINGBUF:
    case MapType.USER_RINGBUF:
      // A definition may name the type of its records; the kernel wants no sizes.
      keySize = 0;
      valueSize = 0;
      maxEntries = ringSize(maxEntries, host.pageSize);
      break;
    case MapType.ARENA:
      keySize = 0;
      valueSize = 0;
      break;
    default:
  }
  return { type: spec.type, keySize, valueSize, maxEntries, flags: spec.flags, mapExtra: spec.mapExtra };
}

/** 0 stays 0, for the kernel to refuse. */
function ringSize(bytes: number, pageSize: number): number {
  if (bytes === 0) return 0;
  let size = pageSize;
  while (size < bytes) size *= 2;
  return size;
}

/**
 * The flags to compare when a map is used in place of another: those that the kernel or the loader add on their own are left out.
 *
 * - The kernel reports BPF_F_RDONLY_PROG for device maps that were created without it (since Linux 4.20).
 * - Data sections are made mappable where the kernel can.
 */
export function comparableFlags(type: MapType, flags: number, isSection: boolean): number {
  let comparable = flags;
  if (type === MapType.DEVMAP || type === MapType.DEVMAP_HASH) comparable &= ~MapFlag.RDONLY_PROG;
  if (isSection) comparable &= ~MapFlag.MMAPABLE;
  return comparable;
}
