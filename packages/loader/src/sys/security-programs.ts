/**
 * BPF programs on the kernel's security hooks: when one of them refuses a call, the caller learns no more than EPERM.
 *
 * @module
 */
import { Btf } from "../btf/index.ts";
import { AttachType, Command, LinkType } from "../uapi/index.ts";
import { addon } from "./addon.ts";
import { getFdById, getNextId, linkInfo, linkInfoTracing, programInfo } from "./attributes/index.ts";
import { Errno } from "./errno.ts";
import { readKernelBtf } from "./kernel.ts";
import { decode, type Decoded, type Layout } from "./layout.ts";
import { callBpf, tryBpf, tryObjectInfo, type ObjectInfo } from "./try-bpf.ts";

/** A BPF program on a security hook. */
export interface SecurityProgram {
  readonly name: string;
  readonly id: number;
  /** Of the link that attaches it. */
  readonly linkId: number;
  /** What it is asked about: `"bpf"`, `"file_open"`. Since Linux 5.13. */
  readonly hook: string | undefined;
}

/**
 * The programs that can refuse `command`, as far as the kernel tells; `undefined` where it tells nothing: before Linux 5.8, without
 * CAP_SYS_ADMIN, or when a program refuses that, too.
 */
export function securityPrograms(command: string): readonly SecurityProgram[] | undefined {
  const attached = attachedPrograms();
  if (attached === undefined || attached.length === 0) return attached;
  return attached.filter(({ hook }) => hook === undefined || isAsked(hook, command));
}

/** Calls that only some hooks are asked about; of others it is not known. */
const HOOKS: readonly (readonly [command: RegExp, hooks: RegExp])[] = [
  // Pins are files.
  [/^BPF_(?!OBJ_(?:PIN|GET)$)/, /^(?:bpf(?:_|$)|capable$|locked_down$)/],
  [/^perf_event_open$/, /^(?:perf_event_|capable$|locked_down$)/],
];

function isAsked(hook: string, command: string): boolean {
  return HOOKS.find(([commands]) => commands.test(command))?.[1].test(hook) ?? true;
}

function attachedPrograms(): readonly SecurityProgram[] | undefined {
  const found: SecurityProgram[] = [];
  let nameOfHook: ((id: number) => string | undefined) | undefined;
  for (let id = 0; ;) {
    const { result, attribute } = callBpf(Command.LINK_GET_NEXT_ID, getNextId, { startId: id });
    if (result === -Errno.ENOENT) return found;
    if (result < 0) return undefined;
    id = attribute.nextId;
    const link = infoById(Command.LINK_GET_FD_BY_ID, id, linkInfo);
    if (link === undefined || link.info.type !== LinkType.TRACING) continue;
    const { attachType, targetBtfId } = decode(linkInfoTracing, link.bytes);
    if (attachType !== AttachType.LSM_MAC) continue;
    nameOfHook ??= hookNames();
    const program: Partial<Decoded<typeof programInfo>> =
      infoById(Command.PROG_GET_FD_BY_ID, link.info.progId, programInfo)?.info ?? {};
    found.push({ name: program.name ?? "", id: link.info.progId, linkId: id, hook: nameOfHook(targetBtfId) });
  }
}

/** `undefined` for an object that is gone meanwhile. */
function infoById<L extends Layout>(open: Command, id: number, layout: L): ObjectInfo<L> | undefined {
  const fd = tryBpf(open, getFdById, { id });
  if (fd < 0) return undefined;
  const info = tryObjectInfo(fd, layout);
  addon().close(fd);
  return typeof info === "number" ? undefined : info;
}

/** The kernel has a function for each hook, which programs are attached to. */
const PREFIX = "bpf_lsm_";

function hookNames(): (id: number) => string | undefined {
  let types: Btf | undefined;
  try {
    types = Btf.parse(readKernelBtf());
  } catch {
    // What explains an error does not fail with another.
  }
  return (id) => {
    if (id === 0 || types === undefined) return undefined;
    const name = types.name(id);
    return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
  };
}
