/**
 * BPF_MAP_CREATE, for maps of an object and for those without one.
 *
 * @module
 */

import { BpfError, quoteName } from "../errors/index.ts";
import { mapFlagProbes } from "../features/map-flags.ts";
import type { MapFlagName } from "../features/map-flags.ts";
import { mapTypeProbe } from "../features/map-types.ts";
import { Errno, explainSyscall, FileDescriptor, lacks, mapCreate, objectName, tryBpf } from "../sys/index.ts";
import type { FeatureProbe, Values } from "../sys/index.ts";
import { Command, MapFlag, MapType, mapTypeName } from "../uapi/index.ts";
import { flagNames, mapShapeProblems, neededFlags } from "./map-rules.ts";
import type { MapShape } from "./map-rules.ts";
import { mapHost, mapShape } from "./map-shape.ts";
import type { MapHost } from "./map-shape.ts";

/** Types of a map's keys and values, for those who look at it later. */
export interface MapTypeIds {
  /** The types in the kernel. */
  readonly btfFd: number;
  /** 0 = not known. */
  readonly keyTypeId: number;
  /** 0 = not known. */
  readonly valueTypeId: number;
}

/** A map to be created. */
export interface MapDefinition extends MapShape {
  /** In full, for messages. */
  readonly name: string;
  /** What the kernel keeps of the name; made from {@link name} when not given. */
  readonly kernelName?: string;
  /** Used when the flags have `NUMA_NODE`. */
  readonly numaNode?: number;
  /** Template of the maps that a map-in-map holds. */
  readonly innerMapFd?: number | undefined;
  /** Where the kernel doesn't take them, the map has none. */
  readonly types?: MapTypeIds | undefined;
  /** More flags, which the map does without where the kernel refuses them. */
  readonly optionalFlags?: number;
  /** Token that lets the process create it. */
  readonly tokenFd?: number | undefined;
}

/**
 * Creates a map (BPF_MAP_CREATE), empty. What its shape leaves open is filled in as `mapShape` says.
 *
 * @throws BpfError that says which field is wrong, or that the kernel lacks this type of map; {@link MissingCapabilityError}
 */
export function createMap(definition: MapDefinition, host: MapHost = mapHost()): FileDescriptor {
  const shape = mapShape(definition, host);
  const what = `map ${quoteName(definition.name)}`;
  const isMapOfMaps = shape.type === MapType.ARRAY_OF_MAPS || shape.type === MapType.HASH_OF_MAPS;
  if (isMapOfMaps && definition.innerMapFd === undefined) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what} holds maps, and its definition says nothing about their shape`,
    );
  }
  const result = tryCreate(definition, shape);
  if (result < 0) throw explainMapFailure(result, what, definition, shape, host);
  return new FileDescriptor(result, what);
}

function tryCreate(definition: MapDefinition, shape: MapShape): number {
  const { name, kernelName = objectName(name), optionalFlags = 0, innerMapFd, tokenFd } = definition;
  const flags = shape.flags | (tokenFd === undefined ? 0 : MapFlag.TOKEN_FD);
  let values: Values<typeof mapCreate> = {
    mapType: shape.type,
    keySize: shape.keySize,
    valueSize: shape.valueSize,
    maxEntries: shape.maxEntries,
    mapFlags: flags | optionalFlags,
    mapTokenFd: tokenFd,
    innerMapFd,
    numaNode: (shape.flags & MapFlag.NUMA_NODE) === 0 ? 0 : definition.numaNode,
    mapName: kernelName,
    mapExtra: shape.mapExtra,
    ...typeIds(shape.type, definition.types),
  };
  let result = tryBpf(Command.MAP_CREATE, mapCreate, values);
  if (result < 0 && values.btfFd !== undefined) {
    const untyped = { ...values, ...typeIds(shape.type, undefined) };
    const retried = tryBpf(Command.MAP_CREATE, mapCreate, untyped);
    if (retried >= 0 || retried === -Errno.EINVAL) values = untyped;
    if (retried >= 0) result = retried;
  }
  if (result === -Errno.EINVAL && optionalFlags !== 0) {
    result = tryBpf(Command.MAP_CREATE, mapCreate, { ...values, mapFlags: flags });
  }
  return result;
}

/** Types of map that the kernel takes no types of key and value for. Others that refuse them are created again without. */
const untypedMaps: ReadonlySet<number> = new Set([
  MapType.PERF_EVENT_ARRAY,
  MapType.CGROUP_ARRAY,
  MapType.STACK_TRACE,
  MapType.ARRAY_OF_MAPS,
  MapType.HASH_OF_MAPS,
  MapType.DEVMAP,
  MapType.DEVMAP_HASH,
  MapType.CPUMAP,
  MapType.XSKMAP,
  MapType.SOCKMAP,
  MapType.SOCKHASH,
  MapType.QUEUE,
  MapType.STACK,
  MapType.RINGBUF,
  MapType.USER_RINGBUF,
  MapType.ARENA,
]);

function typeIds(mapType: MapType, types: MapTypeIds | undefined): Values<typeof mapCreate> {
  const none = types === undefined || types.btfFd === 0 || (types.keyTypeId === 0 && types.valueTypeId === 0);
  if (none || untypedMaps.has(mapType)) {
    return { btfFd: undefined, btfKeyTypeId: undefined, btfValueTypeId: undefined };
  }
  return { btfFd: types.btfFd, btfKeyTypeId: types.keyTypeId, btfValueTypeId: types.valueTypeId };
}

function explainMapFailure(
  errno: number,
  what: string,
  definition: MapDefinition,
  shape: MapShape,
  host: MapHost,
): BpfError {
  const problems = mapShapeProblems(shape, host);
  const first = (limit: string): string => (problems.length === 0 ? limit : problems.join("; "));
  // A wrong field explains it without trying out anything.
  const probes = problems.length > 0 ? [] : [mapTypeProbe(shape.type), ...flagProbes(shape.flags)];
  if (errno === -Errno.EINVAL && problems.length === 0 && !probes.some((probe) => lacks(probe))) {
    problems.push(...refusedExtras(definition, shape));
  }
  const holdsMaps = definition.innerMapFd !== undefined;
  return explainSyscall(errno, "BPF_MAP_CREATE", what, {
    probes,
    hints: {
      EINVAL: first(
        holdsMaps
          ? "the kernel refuses a field or flag of its definition, or what is to be in it: maps of maps hold none"
          : "the kernel refuses a field or flag of its definition",
      ),
      ENOTSUPP: first(
        holdsMaps
          ? "no map holds maps of the kind that is to be in it, such as program arrays"
          : "the kernel refuses this combination of type, flags and types of key and value",
      ),
      ERANGE: "the addresses of an arena do not go over a multiple of 4 GiB (map_extra)",
      E2BIG: "its keys, values or number of entries are larger than the kernel allows",
      ENOMEM: `there is not enough memory for ${shape.maxEntries} entries of ${shape.keySize} + ${shape.valueSize} bytes`,
    },
  });
}

/** Of a frame that is an address. */
const STACK_FRAME_BYTES = 8;

/**
 * Which of the flags and of `map_extra` the kernel refuses: each alone is tried with a map that has none of the others. What a kind of
 * map takes differs between kernels. Empty when it is none of them, or only some together.
 */
function refusedExtras(definition: MapDefinition, shape: MapShape): readonly string[] {
  const needed = shape.flags & neededFlags(shape.type);
  const refuses = (flags: number, mapExtra: bigint, valueSize = shape.valueSize): boolean => {
    const bare = { ...definition, optionalFlags: 0 };
    const result = tryCreate(bare, { ...shape, flags: needed | flags, mapExtra, valueSize });
    if (result >= 0) new FileDescriptor(result, "map").close();
    return result === -Errno.EINVAL;
  };
  if (refuses(0, 0n)) {
    if (shape.type !== MapType.STACK_TRACE || refuses(0, 0n, STACK_FRAME_BYTES)) return [];
    return [`value size is ${shape.valueSize}, which is more than kernel.perf_event_max_stack frames`];
  }
  const problems: string[] = [];
  for (let bit = 1; bit !== 0; bit <<= 1) {
    if ((shape.flags & ~needed & bit) === 0 || !refuses(bit, 0n)) continue;
    problems.push(
      bit === MapFlag.NUMA_NODE
        ? `there is no NUMA node ${definition.numaNode ?? 0}, or ${mapTypeName(shape.type)} can't be told one`
        : `${mapTypeName(shape.type)} does not take the flag ${flagNames(bit)}`,
    );
  }
  if (shape.mapExtra !== 0n && refuses(0, shape.mapExtra)) {
    problems.push(`${mapTypeName(shape.type)} does not take the map_extra ${shape.mapExtra}`);
  }
  return problems;
}

function flagProbes(flags: number): readonly FeatureProbe[] {
  return Object.entries(mapFlagProbes)
    .filter(([name]) => (flags & MapFlag[name as MapFlagName]) !== 0) // the names of the probes are MapFlagName
    .map(([, probe]) => probe);
}
