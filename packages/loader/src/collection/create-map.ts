import { BpfError, quoteName } from "../errors/index.ts";
import type { MapSpec } from "../spec/index.ts";
import { Errno, explainSyscall, FileDescriptor, mapCreate, objectName, tryBpf } from "../sys/index.ts";
import type { FeatureProbe, Values } from "../sys/index.ts";
import { Command, MapFlag, MapType, mapTypeName, mapTypeSince, OBJECT_NAME_LENGTH } from "../uapi/index.ts";
import { mapShapeProblems, minimalShape } from "./map-rules.ts";
import type { MapShape } from "./map-rules.ts";
import { isDataSection, mapShape } from "./map-shape.ts";
import type { MapHost } from "./map-shape.ts";

/** What the maps of a collection share. */
export interface MapContext {
  readonly host: MapHost;
  /** The object's types in the kernel; 0 = none. */
  readonly btfFd: number;
  /** Goes into the names of data sections: `"counter.rodata"`. */
  readonly collectionName: string;
}

/**
 * Creates a map (BPF_MAP_CREATE). Its content is still to be written.
 *
 * @throws BpfError that says which field is wrong, or that the kernel lacks this type of map.
 */
export function createMap(spec: MapSpec, context: MapContext): FileDescriptor {
  const what = `map ${quoteName(spec.name)}`;
  if (spec.extra.some((byte) => byte !== 0)) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what}: its definition has ${spec.extra.length} bytes behind the known fields, which are not zero and which nobody reads`,
    );
  }
  const inner = spec.innerMap === undefined ? undefined : createMap(spec.innerMap, context);
  try {
    return create(spec, context, what, inner?.value);
  } finally {
    // The outer map keeps the template's shape, not the template.
    inner?.close();
  }
}

function create(spec: MapSpec, context: MapContext, what: string, innerMapFd: number | undefined): FileDescriptor {
  const shape = mapShape(spec, context.host);
  const isMapOfMaps = shape.type === MapType.ARRAY_OF_MAPS || shape.type === MapType.HASH_OF_MAPS;
  if (isMapOfMaps && innerMapFd === undefined) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what} holds maps, and its definition says nothing about their shape`,
    );
  }
  const isSection = isDataSection(spec);
  let values: Values<typeof mapCreate> = {
    mapType: shape.type,
    keySize: shape.keySize,
    valueSize: shape.valueSize,
    maxEntries: shape.maxEntries,
    // Mapped memory is how variables are read without a system call. Since Linux 5.5.
    mapFlags: shape.flags | (isSection ? MapFlag.MMAPABLE : 0),
    innerMapFd,
    numaNode: (shape.flags & MapFlag.NUMA_NODE) === 0 ? 0 : spec.numaNode,
    mapName: kernelMapName(spec.name, context.collectionName),
    mapExtra: shape.mapExtra,
    ...typeIds(spec, context.btfFd),
  };
  let result = tryBpf(Command.MAP_CREATE, mapCreate, values);
  if (result < 0 && values.btfFd !== undefined) {
    const untyped = { ...values, ...typeIds(spec, 0) };
    const retried = tryBpf(Command.MAP_CREATE, mapCreate, untyped);
    if (retried >= 0 || retried === -Errno.EINVAL) values = untyped;
    if (retried >= 0) result = retried;
  }
  if (result === -Errno.EINVAL && isSection) {
    result = tryBpf(Command.MAP_CREATE, mapCreate, { ...values, mapFlags: shape.flags });
  }
  if (result < 0) throw explainMapFailure(result, what, shape, context);
  return new FileDescriptor(result, what);
}

/** The kernel's structure that a struct_ops map holds. */
export interface StructOpsValue {
  readonly valueTypeId: number;
  /** Bytes. */
  readonly valueSize: number;
  /** Types of the module that it is of; `undefined` = the kernel itself. */
  readonly valueTypeFd: number | undefined;
}

/** Creates the map of a structure that programs implement. It is empty: its value is what registers it. Since Linux 5.6. */
export function createStructOpsMap(
  spec: MapSpec,
  { valueTypeId, valueSize, valueTypeFd }: StructOpsValue,
  { btfFd }: MapContext,
): FileDescriptor {
  const what = `map ${quoteName(spec.name)}`;
  const result = tryBpf(Command.MAP_CREATE, mapCreate, {
    mapType: spec.type,
    keySize: spec.keySize,
    valueSize,
    maxEntries: spec.maxEntries,
    mapFlags: spec.flags | (valueTypeFd === undefined ? 0 : MapFlag.VTYPE_BTF_OBJ_FD),
    mapName: objectName(spec.name),
    // The kernel wants some BTF, and looks at nothing in it.
    btfFd,
    btfVmlinuxValueTypeId: valueTypeId,
    valueTypeBtfObjFd: valueTypeFd,
  });
  if (result >= 0) return new FileDescriptor(result, what);
  throw explainSyscall(result, "BPF_MAP_CREATE", what, {
    hints: {
      EINVAL: "the kernel refuses its flags: structures that are linked (.struct_ops.link) came with Linux 6.4",
      ENOTSUPP: "the kernel was built without this structure",
    },
  });
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

function typeIds(spec: MapSpec, btfFd: number): Values<typeof mapCreate> {
  const isUntyped = untypedMaps.has(spec.type) || (spec.keyTypeId === 0 && spec.valueTypeId === 0);
  if (btfFd === 0 || isUntyped) return { btfFd: undefined, btfKeyTypeId: undefined, btfValueTypeId: undefined };
  return { btfFd, btfKeyTypeId: spec.keyTypeId, btfValueTypeId: spec.valueTypeId };
}

/** Data sections get as much of the collection's name as fits, so that they can be told apart. */
function kernelMapName(name: string, collectionName: string): string {
  if (!name.startsWith(".")) return objectName(name);
  const room = Math.max(0, OBJECT_NAME_LENGTH - 1 - name.length);
  return objectName(collectionName.slice(0, room) + name);
}

function explainMapFailure(errno: number, what: string, shape: MapShape, context: MapContext): BpfError {
  const problems = mapShapeProblems(shape, context.host);
  const first = (limit: string): string => (problems.length === 0 ? limit : problems.join("; "));
  return explainSyscall(errno, "BPF_MAP_CREATE", what, {
    // A wrong field explains it without trying out anything.
    probes: problems.length > 0 ? [] : [mapTypeProbe(shape.type, context.host)],
    hints: {
      EINVAL: first("the kernel refuses a field or flag of its definition"),
      ENOTSUPP: first("the kernel refuses this combination of type, flags and types of key and value"),
      E2BIG: "its keys, values or number of entries are larger than the kernel allows",
      ENOMEM: `there is not enough memory for ${shape.maxEntries} entries of ${shape.keySize} + ${shape.valueSize} bytes`,
    },
  });
}

const typeProbes = new Map<number, FeatureProbe>();

/** Whether the kernel has a type of map: it takes the smallest map of that type. */
function mapTypeProbe(type: MapType, host: MapHost): FeatureProbe {
  const known = typeProbes.get(type);
  if (known !== undefined) return known;
  const probe: FeatureProbe = {
    name: mapTypeName(type),
    since: mapTypeSince[type] ?? "some later version",
    test: () => {
      const shape = minimalShape(type, host);
      if (shape === undefined) return undefined;
      const result = tryBpf(Command.MAP_CREATE, mapCreate, {
        mapType: type,
        keySize: shape.keySize,
        valueSize: shape.valueSize,
        maxEntries: shape.maxEntries,
        mapFlags: shape.flags,
      });
      if (result >= 0) new FileDescriptor(result, mapTypeName(type)).close();
      return result >= 0 ? true : result === -Errno.EINVAL ? false : undefined;
    },
  };
  typeProbes.set(type, probe);
  return probe;
}
