import { uptime } from "node:os";
import { NotSupportedError } from "../errors/index.ts";
import { links, programs, type ProgramInfo } from "../info/index.ts";
import { readProgramInfo } from "../info/program-info.ts";
import { programTypeName } from "../uapi/index.ts";
import { ifAllowed } from "./allowed.ts";
import { attachTargetOf } from "./attach-target.ts";
import type { Json } from "./json-text.ts";
import { openTarget } from "./objects.ts";
import { pinsOf } from "./pins.ts";
import { requirePositionals, type SubCommand } from "./sub-command.ts";
import { fieldsText, tableText, type Column } from "./table.ts";
import { bytesText, shortName } from "./units.ts";

const FORM = `{ "id": 31, "type": "BPF_PROG_TYPE_XDP", "name": "count", "tag": "a04f5eef06a7f555", "loaded": "2026-01-31T12:00:00Z",
"uid": 0, "gplCompatible": true, "size": 96, "jitedSize": 78, "memory": 4096, "verifiedInstructions": 12, "mapIds": [12],
"btfId": 7, "attachBtfObjId": 1, "attachBtfId": 4711, "runCount": 0, "runTime": 0, "recursionMisses": 0 }; sizes and memory in bytes,
"size" of the instructions as the verifier rewrote them; run time in nanoseconds, counted only while statistics are on (bpf top)`;

/** `bpf list programs` */
export const listPrograms: SubCommand = {
  usage: ["list programs"],
  description: `Lists the programs that are loaded.

JSON: a list of ${FORM}. What the kernel does not tell is left out.`,
  flags: {},
  run(args) {
    requirePositionals(args);
    const all = [...programs()];
    return { json: all.map(programJson), text: (terminal) => tableText(columns, all, terminal) };
  },
};

const columns: readonly Column<ProgramInfo>[] = [
  { title: "ID", align: "right", cell: ({ id }) => id },
  { title: "TYPE", flexible: true, cell: ({ type }) => shortName(programTypeName(type)) },
  { title: "NAME", flexible: true, cell: ({ name }) => name || undefined },
  { title: "TAG", cell: ({ tag }) => tag },
  { title: "SIZE", align: "right", cell: ({ translatedSize }) => bytesText(translatedSize) },
  { title: "MEMORY", align: "right", cell: ({ memlock }) => bytesText(memlock) },
  { title: "MAPS", flexible: true, cell: ({ mapIds = [] }) => mapIds.join(",") || undefined },
];

/** `bpf show program` */
export const showProgram: SubCommand = {
  usage: ["show program PROGRAM"],
  description: `Shows one program: what the kernel tells, its functions, its links, where it is pinned.

JSON: ${FORM},
and "attachTo": "vfs_read", "functions": ["count", "parse"], "links": [5], "pins": ["/sys/fs/bpf/count"]. What the kernel does not tell, or not this user, is
left out.`,
  flags: {},
  run(args) {
    const [target = ""] = requirePositionals(args, "PROGRAM");
    const descriptor = openTarget("program", target);
    let info: ProgramInfo;
    try {
      info = readProgramInfo(descriptor.value, descriptor.what);
    } finally {
      descriptor.close();
    }
    const functions = functionsOf(info);
    const attached = ifAllowed(() => linksOf(info.id));
    const attachTo = attachTargetOf(info);
    const pins = pinsOf("program", info.id);
    return {
      json: { ...programJson(info), attachTo, functions, links: attached, pins },
      text: (terminal) =>
        fieldsText(
          [
            ["id", info.id],
            ["name", info.name],
            ["type", programTypeName(info.type)],
            ["tag", info.tag],
            ["functions", functions?.join(" ")],
            ["loaded", `${loadedAt(info) ?? "?"} by uid ${info.createdByUid ?? "?"}`],
            ["license", info.gplCompatible === undefined ? undefined : licenseText(info.gplCompatible)],
            ["instructions", bytesText(info.translatedSize)],
            ["machine code", bytesText(info.jitedSize) ?? "none that is shown"],
            ["memory", bytesText(info.memlock)],
            [
              "verified",
              info.verifiedInstructions === undefined ? undefined : `${info.verifiedInstructions} instructions`,
            ],
            ["maps", info.mapIds?.join(" ")],
            ["BTF", info.btfId || undefined],
            ["made for", info.attachBtfId ? (attachTo ?? `type ${info.attachBtfId}`) : undefined],
            ["runs", info.runCount],
            ["run time", info.runTime === undefined ? undefined : `${info.runTime} ns`],
            ["left out", info.recursionMisses || undefined],
            ["links", attached?.join(" ")],
            ["pins", pins.join(" ")],
          ],
          terminal,
        ),
    };
  },
};

function programJson(info: ProgramInfo): Record<string, Json> {
  return {
    id: info.id,
    type: programTypeName(info.type),
    name: info.name,
    tag: info.tag,
    loaded: loadedAt(info),
    uid: info.createdByUid,
    gplCompatible: info.gplCompatible,
    size: info.translatedSize,
    jitedSize: info.jitedSize,
    memory: info.memlock,
    verifiedInstructions: info.verifiedInstructions,
    mapIds: info.mapIds,
    btfId: info.btfId || undefined,
    attachBtfObjId: info.attachBtfObjId || undefined,
    attachBtfId: info.attachBtfId || undefined,
    runCount: info.runCount,
    runTime: info.runTime,
    recursionMisses: info.recursionMisses,
  };
}

/** In full, where its BTF tells; its instructions may be hidden. */
function functionsOf(info: ProgramInfo): readonly string[] | undefined {
  try {
    return info.instructions().functions.map(({ name }) => name);
  } catch (error) {
    if (error instanceof NotSupportedError) return undefined;
    throw error;
  }
}

function linksOf(programId: number | undefined): readonly number[] {
  if (programId === undefined) return [];
  return [...links()].flatMap((link) => (link.programId === programId ? [link.id] : []));
}

/** Whole seconds, in UTC. The kernel counts from its start. */
function loadedAt({ loadTime }: ProgramInfo): string | undefined {
  if (loadTime === undefined) return undefined;
  const started = Date.now() - uptime() * 1000;
  return new Date(started + Number(loadTime / 1_000_000n)).toISOString().replace(/\.\d+Z$/, "Z");
}

function licenseText(gplCompatible: boolean): string {
  return gplCompatible ? "compatible with the GPL" : "not compatible with the GPL";
}
