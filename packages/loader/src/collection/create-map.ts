import { BpfError, quoteName } from "../errors/index.ts";
import { mapFlagProbes } from "../features/map-flags.ts";
import { mapTypeProbe } from "../features/map-types.ts";
import { createMap, freezeMap } from "../maps/index.ts";
import type { MapDefinition, MapHost } from "../maps/index.ts";
import { newMapSpec } from "../spec/index.ts";
import type { MapSpec } from "../spec/index.ts";
import { explainSyscall, FileDescriptor, mapCreate, objectName, tryBpf } from "../sys/index.ts";
import { Command, MapFlag, MapType, OBJECT_NAME_LENGTH } from "../uapi/index.ts";
import { INSTRUCTION_PLACE_BYTES, writePlaces } from "./map-content.ts";

/** What the maps of a collection share. */
export interface MapContext {
  readonly host: MapHost;
  /** The object's types in the kernel; 0 = none. */
  readonly btfFd: number;
  /** Goes into the names of data sections: `"counter.rodata"`. */
  readonly collectionName: string;
  /** Lets the process create them; `undefined` = its own privileges do. */
  readonly tokenFd: number | undefined;
}

/** Whether the map is made for a data section. An arena is defined by the object, and its variables are but a part of it. */
export function isDataSection({ section }: MapSpec): boolean {
  return section !== undefined && section.kind !== "arena";
}

/**
 * Creates the map that an object defines. Its content is still to be written.
 *
 * @throws BpfError that says which field is wrong, or that the kernel lacks this type of map.
 */
export function createSpecMap(spec: MapSpec, context: MapContext): FileDescriptor {
  const what = `map ${quoteName(spec.name)}`;
  if (spec.extra.some((byte) => byte !== 0)) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what}: its definition has ${spec.extra.length} bytes behind the known fields, which are not zero and which nobody reads`,
    );
  }
  const inner = spec.innerMap === undefined ? undefined : createSpecMap(spec.innerMap, context);
  try {
    const { type, keySize, valueSize, maxEntries, flags, mapExtra, name, numaNode, keyTypeId, valueTypeId } = spec;
    const definition: MapDefinition = {
      type,
      keySize,
      valueSize,
      maxEntries,
      flags,
      mapExtra,
      name,
      kernelName: kernelMapName(name, context.collectionName),
      numaNode,
      innerMapFd: inner?.value,
      tokenFd: context.tokenFd,
      types: { btfFd: context.btfFd, keyTypeId, valueTypeId },
      // Mapped memory is how variables are read without a system call. Since Linux 5.5.
      optionalFlags: isDataSection(spec) ? MapFlag.MMAPABLE : 0,
    };
    return createMap(definition, context.host);
  } finally {
    // The outer map keeps the template's shape, not the template.
    inner?.close();
  }
}

/**
 * Creates the map that an indirect jump of a program goes by. The verifier wants it frozen, and the program keeps it. Since Linux 6.19.
 *
 * @throws BpfError that says that the kernel lacks this type of map.
 */
export function createJumpTable(name: string, places: readonly number[], context: MapContext): FileDescriptor {
  const spec = newMapSpec(name, MapType.INSN_ARRAY);
  const map = createSpecMap(
    { ...spec, keySize: 4, valueSize: INSTRUCTION_PLACE_BYTES, maxEntries: places.length },
    context,
  );
  try {
    writePlaces(map, places);
    freezeMap(map.value, map.what);
    return map;
  } catch (error) {
    map.close();
    throw error;
  }
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
  { btfFd, tokenFd }: MapContext,
): FileDescriptor {
  const what = `map ${quoteName(spec.name)}`;
  const result = tryBpf(Command.MAP_CREATE, mapCreate, {
    mapType: spec.type,
    keySize: spec.keySize,
    valueSize,
    maxEntries: spec.maxEntries,
    mapFlags:
      spec.flags |
      (valueTypeFd === undefined ? 0 : MapFlag.VTYPE_BTF_OBJ_FD) |
      (tokenFd === undefined ? 0 : MapFlag.TOKEN_FD),
    mapTokenFd: tokenFd,
    mapName: objectName(spec.name),
    // The kernel wants some BTF, and looks at nothing in it.
    btfFd,
    btfVmlinuxValueTypeId: valueTypeId,
    valueTypeBtfObjFd: valueTypeFd,
  });
  if (result >= 0) return new FileDescriptor(result, what);
  throw explainSyscall(result, "BPF_MAP_CREATE", what, {
    probes: [
      mapTypeProbe(spec.type),
      // Structures that are linked (.struct_ops.link), and those of modules, came later.
      ...((spec.flags & MapFlag.LINK) === 0 ? [] : [mapFlagProbes.LINK]),
      ...(valueTypeFd === undefined ? [] : [mapFlagProbes.VTYPE_BTF_OBJ_FD]),
    ],
    hints: {
      EINVAL: "the kernel refuses its flags",
      ENOTSUPP: "the kernel was built without this structure",
    },
  });
}

/** Data sections get as much of the collection's name as fits, so that they can be told apart. */
function kernelMapName(name: string, collectionName: string): string {
  if (!name.startsWith(".")) return objectName(name);
  const room = Math.max(0, OBJECT_NAME_LENGTH - 1 - name.length);
  return objectName(collectionName.slice(0, room) + name);
}
