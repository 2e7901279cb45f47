import { btfById, maps, programs, type MapInfo } from "../info/index.ts";
import { readMapInfo } from "../info/map-info.ts";
import { flagNames } from "../maps/map-rules.ts";
import { mapTypeName } from "../uapi/index.ts";
import { ifAllowed } from "./allowed.ts";
import type { Json } from "./json-text.ts";
import { openTarget } from "./objects.ts";
import { pinsOf } from "./pins.ts";
import { requirePositionals, type SubCommand } from "./sub-command.ts";
import { fieldsText, tableText, type Column } from "./table.ts";
import { bytesText, shortName } from "./units.ts";

const FORM = `{ "id": 12, "type": "BPF_MAP_TYPE_HASH", "name": "flows", "keySize": 4, "valueSize": 8, "maxEntries": 1024,
"flags": ["BPF_F_NO_PREALLOC"], "mapExtra": 0, "memory": 8192, "frozen": false, "btfId": 7 }; sizes and memory in bytes`;

/** `bpf list maps` */
export const listMaps: SubCommand = {
  usage: ["list maps"],
  description: `Lists the kernel's maps.

JSON: a list of ${FORM}. What the kernel does not tell is left out.`,
  flags: {},
  run(args) {
    requirePositionals(args);
    const all = [...maps()];
    return { json: all.map(mapJson), text: (terminal) => tableText(columns, all, terminal) };
  },
};

const columns: readonly Column<MapInfo>[] = [
  { title: "ID", align: "right", cell: ({ id }) => id },
  { title: "TYPE", flexible: true, cell: ({ type }) => shortName(mapTypeName(type)) },
  { title: "NAME", flexible: true, cell: ({ name }) => name || undefined },
  { title: "KEY", align: "right", cell: ({ keySize }) => keySize },
  { title: "VALUE", align: "right", cell: ({ valueSize }) => valueSize },
  { title: "ENTRIES", align: "right", cell: ({ maxEntries }) => maxEntries },
  { title: "MEMORY", align: "right", cell: ({ memlock }) => bytesText(memlock) },
  { title: "FLAGS", flexible: true, cell: ({ flags }) => flagList(flags).map(shortName).join(",") || undefined },
];

/** `bpf show map` */
export const showMap: SubCommand = {
  usage: ["show map MAP"],
  description: `Shows one map: what the kernel tells, the C types of its keys and values, who uses it, where it is pinned.

JSON: ${FORM},
and "keyType": "u32", "valueType": "struct flow", "programs": [31], "pins": ["/sys/fs/bpf/flows"]. What the kernel does not tell, or
not this user, is left out.`,
  flags: {},
  run(args) {
    const [target = ""] = requirePositionals(args, "MAP");
    const descriptor = openTarget("map", target);
    let info: MapInfo;
    try {
      info = readMapInfo(descriptor.value, descriptor.what);
    } finally {
      descriptor.close();
    }
    const { id } = info;
    const users = ifAllowed(() =>
      [...programs()].flatMap((program) =>
        program.id !== undefined && id !== undefined && program.mapIds?.includes(id) === true ? [program.id] : [],
      ),
    );
    const pins = pinsOf("map", id);
    const types = ifAllowed(() => typesOf(info)) ?? {};
    return {
      json: { ...mapJson(info), ...types, programs: users, pins },
      text: (terminal) =>
        fieldsText(
          [
            ["id", id],
            ["name", info.name],
            ["type", mapTypeName(info.type)],
            ["key", sized(info.keySize, types.keyType)],
            ["value", sized(info.valueSize, types.valueType)],
            ["max entries", info.maxEntries],
            ["flags", flagList(info.flags).join(" ")],
            ["map extra", info.mapExtra === 0n ? undefined : info.mapExtra],
            ["memory", bytesText(info.memlock)],
            ["frozen", info.frozen === true ? "yes" : undefined],
            ["BTF", info.btfId || undefined],
            ["programs", users?.join(" ")],
            ["pins", pins.join(" ")],
          ],
          terminal,
        ),
    };
  },
};

function mapJson(info: MapInfo): Record<string, Json> {
  return {
    id: info.id,
    type: mapTypeName(info.type),
    name: info.name,
    keySize: info.keySize,
    valueSize: info.valueSize,
    maxEntries: info.maxEntries,
    flags: flagList(info.flags),
    mapExtra: info.mapExtra,
    memory: info.memlock,
    frozen: info.frozen,
    btfId: info.btfId || undefined,
  };
}

/** Names of the flags, as C has them; bits without a name as a hexadecimal number. */
function flagList(flags: number): readonly string[] {
  return flags === 0 ? [] : flagNames(flags).split(" | ");
}

/** How C calls the types. */
function typesOf({ btfId, btfKeyTypeId, btfValueTypeId }: MapInfo): { keyType?: string; valueType?: string } {
  if (btfId === undefined || btfId === 0) return {};
  const btf = btfById(btfId);
  return {
    ...(btfKeyTypeId ? { keyType: btf.typeName(btfKeyTypeId) } : {}),
    ...(btfValueTypeId ? { valueType: btf.typeName(btfValueTypeId) } : {}),
  };
}

function sized(size: number, type: string | undefined): string {
  return type === undefined ? `${size} bytes` : `${size} bytes, ${type}`;
}
