import {
  links,
  programs,
  type LinkInfo,
  type PerfEventTarget,
  type ProgramInfo,
  type TracingLinkInfo,
} from "../info/index.ts";
import { readLinkInfo } from "../info/link-info.ts";
import { tryOpenById } from "../info/object-by-id.ts";
import { readProgramInfo } from "../info/program-info.ts";
import { networkInterfaces } from "../sys/index.ts";
import { attachTypeName, linkTypeName } from "../uapi/index.ts";
import { ifAllowed } from "./allowed.ts";
import { attachTargetOf } from "./attach-target.ts";
import { jsonText, type Json } from "./json-text.ts";
import { openTarget } from "./objects.ts";
import { pinsOf } from "./pins.ts";
import { requirePositionals, type SubCommand } from "./sub-command.ts";
import { fieldsText, tableText, type Column } from "./table.ts";
import { shortName } from "./units.ts";

const FORM = `{ "id": 5, "type": "BPF_LINK_TYPE_XDP", "programId": 31, "kind": "xdp", "ifindex": 2 }; behind "kind", what is told of its
kind: see LinkDetails of bpf-loader/info. Attach types are the kernel's names`;

interface LinkRow {
  readonly info: LinkInfo;
  readonly program: ProgramInfo | undefined;
}

/** `bpf list links` */
export const listLinks: SubCommand = {
  usage: ["list links"],
  description: `Lists the links, by which programs are attached. What is attached without a link is not among them.

JSON: a list of ${FORM}.`,
  flags: {},
  run(args) {
    requirePositionals(args);
    const known = new Map([...programs()].map((program) => [program.id, program]));
    const rows = [...links()].map((info): LinkRow => ({ info, program: known.get(info.programId) }));
    return { json: rows.map(({ info }) => linkJson(info)), text: (terminal) => tableText(columns, rows, terminal) };
  },
};

const columns: readonly Column<LinkRow>[] = [
  { title: "ID", align: "right", cell: ({ info }) => info.id },
  { title: "TYPE", cell: ({ info }) => shortName(linkTypeName(info.type)) },
  { title: "PROGRAM", align: "right", cell: ({ info }) => info.programId || undefined },
  { title: "NAME", flexible: true, cell: ({ program }) => program?.name || undefined },
  { title: "TARGET", flexible: true, cell: ({ info, program }) => targetText(info, program) },
];

/** `bpf show link` */
export const showLink: SubCommand = {
  usage: ["show link LINK"],
  description: `Shows one link: what is attached to what, and where it is pinned.

JSON: ${FORM};
and "pins": ["/sys/fs/bpf/link"].`,
  flags: {},
  run(args) {
    const [target = ""] = requirePositionals(args, "LINK");
    const descriptor = openTarget("link", target);
    let info: LinkInfo;
    try {
      info = readLinkInfo(descriptor.value, descriptor.what);
    } finally {
      descriptor.close();
    }
    const pins = pinsOf("link", info.id);
    const { id, type, programId, kind, ...details } = linkJson(info);
    return {
      json: { id, type, programId, kind, ...details, pins },
      text: (terminal) =>
        fieldsText(
          [
            ["id", info.id],
            ["type", linkTypeName(info.type)],
            ["program", info.programId || undefined],
            ["target", targetText(info, programOf(info))],
            ...Object.entries(details).map(([name, value]) => [name, detailText(value)] as const),
            ["pins", pins.join(" ")],
          ],
          terminal,
        ),
    };
  },
};

/** `undefined` when it is gone, or this user may not look at it. */
function programOf({ programId }: LinkInfo): ProgramInfo | undefined {
  const descriptor = ifAllowed(() => tryOpenById("program", programId));
  if (descriptor === undefined) return undefined;
  try {
    return readProgramInfo(descriptor.value, descriptor.what);
  } finally {
    descriptor.close();
  }
}

function linkJson(info: LinkInfo): Record<string, Json> {
  return {
    ...info,
    type: linkTypeName(info.type),
    ...("attachType" in info && info.attachType !== undefined ? { attachType: attachTypeName(info.attachType) } : {}),
  };
}

function detailText(value: Json): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map(String).join(" ");
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .flatMap(([name, item]) => (item === undefined ? [] : [`${name} ${jsonText(item, 0)}`]))
    .join(", ");
}

/** What a program is attached to, in a few words. */
function targetText(info: LinkInfo, program: ProgramInfo | undefined): string | undefined {
  switch (info.kind) {
    case "rawTracepoint":
      return info.tracepoint;
    case "tracing":
      return tracingText(info, program);
    case "cgroup":
      return `${shortName(attachTypeName(info.attachType))} cgroup ${info.cgroupId}`;
    case "iter":
      return info.mapId === undefined ? info.target : `${info.target} of map ${info.mapId}`;
    case "netns":
      return `${shortName(attachTypeName(info.attachType))} netns ${info.netnsIno}`;
    case "xdp":
      return interfaceText(info.ifindex);
    case "tcx":
    case "netkit":
      return `${shortName(attachTypeName(info.attachType))} ${interfaceText(info.ifindex)}`;
    case "perfEvent":
      return info.event === undefined ? undefined : eventText(info.event);
    case "kprobeMulti":
      return info.count === undefined
        ? undefined
        : `${info.count} functions${info.atReturn === true ? ", returns" : ""}`;
    case "uprobeMulti":
      return info.path === undefined ? undefined : `${info.path}: ${info.count ?? "?"} places`;
    case "structOps":
      return `map ${info.mapId}`;
    case "netfilter":
      return `${info.protocolFamily === 2 ? "ipv4" : "ipv6"} hook ${info.hook} priority ${info.priority}`;
    case "sockmap":
      return `${shortName(attachTypeName(info.attachType))} map ${info.mapId}`;
    case "tracingMulti":
      return info.count === undefined ? undefined : `${info.count} functions`;
    case "other":
      return undefined;
  }
}

/** The kernel's numbers of a target don't tell functions of its own from those of programs; what the program was loaded for does. */
function tracingText(
  { attachType, targetObjectId, targetBtfId }: TracingLinkInfo,
  program: ProgramInfo | undefined,
): string {
  const what = shortName(attachTypeName(attachType));
  const name = program === undefined ? undefined : attachTargetOf(program);
  if (name !== undefined) return `${what} ${name}`;
  return targetBtfId === undefined ? what : `${what} type ${targetBtfId} of ${targetObjectId}`;
}

function eventText(event: PerfEventTarget): string {
  switch (event.type) {
    case "uprobe":
    case "uretprobe":
      return `${event.type} ${event.path}+0x${event.offset.toString(16)}`;
    case "kprobe":
    case "kretprobe":
      return `${event.type} ${event.function}${event.offset === 0 ? "" : `+0x${event.offset.toString(16)}`}`;
    case "tracepoint":
      return `tracepoint ${event.name}`;
    case "event":
      return `perf event ${event.eventType}:${event.config}`;
  }
}

/** Interfaces of other network namespaces have no name here. */
function interfaceText(index: number): string {
  if (index === 0) return "an interface that is gone";
  const name = networkInterfaces().find((each) => each.index === index)?.name;
  return name === undefined ? `interface ${index}` : `${name} (${index})`;
}
