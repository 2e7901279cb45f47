import { beforeEach, describe, expect, it } from "vitest";
import { requireKernel } from "../../../../../test/kernel.ts";
import { Btf } from "../../btf/index.ts";
import type { TypeId } from "../../btf/index.ts";
import { Command } from "../../uapi/index.ts";
import { addon } from "../addon.ts";
import { kernelIsAtLeast, readKernelBtf } from "../kernel.ts";
import type { Field, Layout } from "../layout.ts";
import * as attributes from "./index.ts";

function isLayout(value: object): value is Layout {
  return "fields" in value;
}

const layouts = Object.values<object>(attributes).filter((value) => isLayout(value));
/** Fields whose names here say more than the kernel's. */
const KERNEL_NAMES: Readonly<Record<string, string>> = {
  perfEventCookie: "perf_event_bpf_cookie",
  perf_event_attr_probeName: "kprobe_func",
  perf_event_attr_flags: "disabled",
  perf_info_eventConfig: "perf_event_event_config",
  perf_info_eventType: "perf_event_event_type",
  perf_info_name: "perf_event_kprobe_func_name",
  perf_info_nameLen: "perf_event_kprobe_name_len",
  perf_info_offset: "perf_event_kprobe_offset",
  perf_info_probeAddress: "perf_event_kprobe_addr",
  perf_info_uprobeCookie: "perf_event_uprobe_cookie",
  perf_info_uprobeRefCtrOffset: "perf_event_uprobe_ref_ctr_offset",
  perf_info_kprobeMissed: "perf_event_kprobe_missed",
  perf_info_kprobeCookie: "perf_event_kprobe_cookie",
  perf_info_tracepointCookie: "perf_event_tracepoint_cookie",
  get_fd_id: "map_id",
};

function kernelName(layout: Layout, field: string): string {
  const prefix = layout.name.endsWith("perf_event")
    ? "perf_info_"
    : layout.name === "struct perf_event_attr"
      ? "perf_event_attr_"
      : layout.name === "BPF_MAP_GET_FD_BY_ID"
        ? "get_fd_"
        : "";
  const own = KERNEL_NAMES[prefix + field] ?? KERNEL_NAMES[field];
  return own ?? field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Every member of the type and of what is inside it, as `path_to_member@offset`. */
function membersOf(btf: Btf, typeId: TypeId, path: string, offset: number, into: Set<string>): Set<string> {
  const type = btf.resolve(typeId);
  if (type.kind !== "struct" && type.kind !== "union") return into;
  for (const member of type.members) {
    const inner = member.name === "" ? path : `${path}_${member.name}`;
    const at = offset + Math.floor(member.bitOffset / 8);
    if (member.name !== "") into.add(`${inner}@${at}`);
    membersOf(btf, member.typeId, inner, at, into);
  }
  return into;
}

/** The newest kernel that this was written on: all of it is known here. */
const NEWEST = kernelIsAtLeast("6.18");

/** Whether the running kernel need not have a field. One that has no release of its own came with its command or type. */
function mayLack(since: string | undefined): boolean {
  return since === undefined ? !NEWEST : !kernelIsAtLeast(since);
}

describe("the layouts", () => {
  beforeEach(requireKernel);

  it("are what the running kernel's BTF says, for the fields that this kernel has", () => {
    const btf = Btf.parse(readKernelBtf());
    const missing: string[] = [];
    for (const layout of layouts) {
      const [, struct] = layout.name.split(" ");
      const typeId = btf.find(struct ?? "bpf_attr", struct === undefined ? "union" : "struct");
      if (typeId === undefined) throw new Error(`no ${layout.name}`);
      const members = [...membersOf(btf, typeId, "", 0, new Set())];
      for (const [field, [offset, , , since]] of Object.entries(layout.fields)) {
        const name = `_${kernelName(layout, field)}`;
        if (members.some((member) => member.endsWith(`${name}@${offset}`))) continue;
        if (!mayLack(since)) missing.push(`${layout.name} ${field} ${since ?? ""}`);
      }
    }
    expect(missing).toEqual([]);
  });

  const commands: readonly CommandCase[] = [
    { command: Command.MAP_CREATE, layout: attributes.mapCreate },
    { command: Command.PROG_LOAD, layout: attributes.programLoad },
    { command: Command.OBJ_GET, layout: attributes.objectPath },
    { command: Command.PROG_ATTACH, layout: attributes.programAttach },
    { command: Command.PROG_TEST_RUN, layout: attributes.testRun },
    { command: Command.OBJ_GET_INFO_BY_FD, layout: attributes.infoByFd },
    { command: Command.PROG_QUERY, layout: attributes.programQuery },
    { command: Command.RAW_TRACEPOINT_OPEN, layout: attributes.rawTracepointOpen },
    { command: Command.BTF_LOAD, layout: attributes.btfLoad },
    { command: Command.TASK_FD_QUERY, layout: attributes.taskFdQuery },
    { command: Command.PROG_STREAM_READ_BY_FD, layout: attributes.programStreamRead },
    { command: Command.LINK_CREATE, layout: linkFields("iter"), attachType: 28 },
    { command: Command.LINK_CREATE, layout: linkFields("kprobeMulti"), attachType: 42 },
    { command: Command.LINK_CREATE, layout: linkFields("uprobeMulti"), attachType: 48 },
    { command: Command.LINK_CREATE, layout: linkFields("tracingMulti"), attachType: 59 },
  ];

  it.each(commands)(
    "of $layout.name has pointers where the addon knows them, and nowhere else",
    ({ command, layout, attachType }) => {
      const pointerOffsets = new Set<number>();
      for (const [offset, type] of Object.values(layout.fields)) if (type.includes("*")) pointerOffsets.add(offset);
      for (let offset = 0; offset + 8 <= layout.size; offset += 8) {
        const attribute = new Uint8Array(layout.size);
        const view = new DataView(attribute.buffer);
        if (attachType !== undefined) view.setUint32(8, attachType, true);
        const call = (): unknown => addon().bpf(command, attribute, [[offset, new Uint8Array(64)]]);
        if (pointerOffsets.has(offset)) {
          expect(errorOf(call), `${layout.name} ${offset}`).not.toBeInstanceOf(TypeError);
          view.setBigUint64(offset, 0x1000n, true);
          expect(errorOf(call), `${layout.name} ${offset} set`).toBeInstanceOf(TypeError);
        } else {
          expect(errorOf(call), `${layout.name} ${offset}`).toBeInstanceOf(TypeError);
        }
      }
    },
  );
});

interface CommandCase {
  readonly command: number;
  readonly layout: Layout;
  readonly attachType?: number;
}

/** The part of BPF_LINK_CREATE for one kind of link. */
function linkFields(kind: string): Layout {
  const fields = Object.entries<Field>(attributes.linkCreate.fields).filter(([name]) => name.startsWith(kind));
  return { ...attributes.linkCreate, name: `BPF_LINK_CREATE, ${kind}`, fields: Object.fromEntries(fields) };
}

function errorOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
