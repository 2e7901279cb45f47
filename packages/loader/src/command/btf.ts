import { btfObjects, maps, programs, type BtfInfo } from "../info/index.ts";
import { readBtfInfo } from "../info/btf-object.ts";
import type { Json } from "./json-text.ts";
import { openTarget } from "./objects.ts";
import { requirePositionals, type SubCommand } from "./sub-command.ts";
import { fieldsText, tableText, type Column } from "./table.ts";
import { bytesText } from "./units.ts";

const FORM = `{ "id": 7, "name": "vmlinux", "size": 5941233, "kernel": true }; size in bytes; the name is empty for types that a program
brought along`;

/** `bpf list btf` */
export const listBtf: SubCommand = {
  usage: ["list btf"],
  description: `Lists the BTF objects: descriptions of the types of the kernel, its modules, and of programs and maps.

JSON: a list of ${FORM}. What the kernel does not tell is left out.`,
  flags: {},
  run(args) {
    requirePositionals(args);
    const all = [...btfObjects()];
    return { json: all.map(btfJson), text: (terminal) => tableText(columns, all, terminal) };
  },
};

const columns: readonly Column<BtfInfo>[] = [
  { title: "ID", align: "right", cell: ({ id }) => id },
  { title: "NAME", flexible: true, cell: ({ name }) => name || undefined },
  { title: "SIZE", align: "right", cell: ({ size }) => bytesText(size) },
  { title: "OF", cell: ownerText },
];

/** `bpf show btf` */
export const showBtf: SubCommand = {
  usage: ["show btf BTF"],
  description: `Shows one BTF object, and which programs and maps refer to it.

JSON: ${FORM};
and "programs": [31], "maps": [12]. What the kernel does not tell is left out.`,
  flags: {},
  run(args) {
    const [target = ""] = requirePositionals(args, "BTF");
    const descriptor = openTarget("btf", target);
    let info: BtfInfo;
    try {
      info = readBtfInfo(descriptor.value, descriptor.what);
    } finally {
      descriptor.close();
    }
    const ofPrograms = idsWith(programs(), info.id);
    const ofMaps = idsWith(maps(), info.id);
    return {
      json: { ...btfJson(info), programs: ofPrograms, maps: ofMaps },
      text: (terminal) =>
        fieldsText(
          [
            ["id", info.id],
            ["name", info.name],
            ["size", bytesText(info.size)],
            ["of", ownerText(info)],
            ["programs", ofPrograms.join(" ")],
            ["maps", ofMaps.join(" ")],
          ],
          terminal,
        ),
    };
  },
};

function btfJson({ id, name, size, isKernel }: BtfInfo): Record<string, Json> {
  return { id, name, size, kernel: isKernel };
}

function ownerText({ name, isKernel }: BtfInfo): string | undefined {
  if (isKernel === undefined) return undefined;
  if (!isKernel) return "programs";
  return name === "vmlinux" ? "the kernel" : "a module";
}

function idsWith(
  objects: Iterable<{ readonly id: number | undefined; readonly btfId: number | undefined }>,
  btfId: number,
): readonly number[] {
  return [...objects].flatMap((object) => (object.id !== undefined && object.btfId === btfId ? [object.id] : []));
}
