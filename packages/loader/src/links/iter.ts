import { readSync } from "node:fs";
import { NotSupportedError, quoteName } from "../errors/index.ts";
import {
  bpf,
  encode,
  type FeatureProbe,
  FileDescriptor,
  iterCreate,
  kernelRelease,
  lacks,
  type Layout,
  type linkCreate,
  type Values,
} from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/index.ts";
import { describeProgram } from "./attachable-program.ts";
import { openCgroup } from "./cgroup-directory.ts";
import { createLink } from "./create-link.ts";
import { kernelBtfNames } from "./kernel-btf-names.ts";
import { BpfLink } from "./link.ts";
import { isOneOf, isText, isUint32, type LinkKind, optional, optionError } from "./link-kind.ts";

/** Options of `iter` programs: what part of all there is to walk, for those kinds of iterator that have parts. */
export interface IterOptions {
  /** The map whose elements are walked: for `iter/bpf_map_elem`, `iter/bpf_sk_storage_map`, `iter/sockmap`. */
  readonly map?: { readonly fd: number };
  /** The cgroup to start from, for `iter/cgroup`. Since Linux 6.1. */
  readonly cgroup?: string;
  /** Which cgroups, with `cgroup`. Default: `"descendantsFirst"`. */
  readonly order?: "self" | "ancestors" | "descendantsFirst" | "descendantsLast";
  /** One process only, for `iter/task`, `iter/task_file`, `iter/task_vma`. Since Linux 6.1. */
  readonly pid?: number;
  /** One thread only, as `pid`. */
  readonly tid?: number;
}

/** `enum bpf_cgroup_iter_order`; pre-order visits a cgroup before those below it. */
const orders = { self: 1, descendantsFirst: 2, descendantsLast: 3, ancestors: 4 } as const;

/** `union bpf_iter_link_info`. */
const iterLinkInfo = {
  name: "union bpf_iter_link_info",
  size: 16,
  fields: {
    mapFd: [0, "u32", "the map whose elements are walked", "5.9"],
    cgroupOrder: [0, "u32", "which cgroups", "6.1"],
    cgroupFd: [4, "u32", "the cgroup to start from", "6.1"],
    taskTid: [0, "u32", "the only thread", "6.1"],
    taskPid: [4, "u32", "the only process", "6.1"],
  },
} as const satisfies Layout;

/**
 * What the kernel's own iterators have parts of; of others only the kernel knows. To the kernel the descriptor of a map and
 * the id of a thread are the same field: it would take the one for the other.
 */
const partsByTarget: ReadonlyMap<string, readonly string[]> = new Map([
  ["task", ["pid", "tid"]],
  ["task_file", ["pid", "tid"]],
  ["task_vma", ["pid", "tid"]],
  ["cgroup", ["cgroup"]],
  ["bpf_map_elem", ["map"]],
  ["bpf_sk_storage_map", ["map"]],
  ["sockmap", ["map"]],
]);

/** An enumerator of the kernel's tells, since older kernels accept the option and do not look at it. */
const taskIterators: FeatureProbe = {
  name: "iterators over one process",
  since: "6.1",
  test: () => kernelBtfNames("BPF_TASK_ITER_TID")?.includes("") ?? "the kernel has no BTF to tell by",
};

const isMap = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "fd" in value && typeof value.fd === "number";

/** Since Linux 5.8. */
export const iter: LinkKind<IterOptions> = {
  kind: "iter",
  title: "an iterator",
  since: "5.8",
  options: {
    map: optional("BpfMap", isMap),
    cgroup: optional("string", isText),
    order: optional('"self" | "ancestors" | "descendantsFirst" | "descendantsLast"', isOneOf(...Object.keys(orders))),
    pid: optional("number", (value) => isUint32(value) && value !== 0),
    tid: optional("number", (value) => isUint32(value) && value !== 0),
  },
  example: "attach().read()",
  attach(program, { map, cgroup, order, pid, tid }) {
    const parts = [map, cgroup, pid, tid].filter((part) => part !== undefined);
    if (parts.length > 1) throw optionError(iter, program, "only one of map, cgroup, pid and tid can be given");
    if (order !== undefined && cgroup === undefined) {
      throw optionError(iter, program, "the option order goes with cgroup");
    }
    const taken = partsByTarget.get(program.attachTo);
    for (const [name, value] of Object.entries({ map, cgroup, pid, tid })) {
      if (value === undefined || taken === undefined || taken.includes(name)) continue;
      const target = quoteName(program.attachTo);
      throw optionError(iter, program, `an iterator over ${target} takes ${taken.join(" or ")}, not ${name}`);
    }
    if ((pid !== undefined || tid !== undefined) && lacks(taskIterators)) {
      // Not left to the kernel, which would not look at the option and walk all.
      throw new NotSupportedError(
        taskIterators.name,
        taskIterators.since,
        `${describeProgram(program)} can't be attached: the running kernel (${kernelRelease()}) walks all tasks or none; ` +
          "iterators over one process or thread came with Linux 6.1",
      );
    }
    const directory = cgroup === undefined ? undefined : openCgroup(cgroup);
    try {
      const part: Values<typeof iterLinkInfo> = {
        mapFd: map?.fd,
        ...(directory === undefined
          ? {}
          : { cgroupFd: directory.value, cgroupOrder: orders[order ?? "descendantsFirst"] }),
        taskPid: pid,
        taskTid: tid,
      };
      const values: Values<typeof linkCreate> =
        parts.length === 0 ? {} : { iterInfo: encode(iterLinkInfo, part), iterInfoLen: iterLinkInfo.size };
      const link = createLink(program, { ...values, attachType: AttachType.TRACE_ITER }, () => ({
        capabilities: ["CAP_BPF", "CAP_PERFMON"],
        hints: {
          EBADF: "it walks the elements of a map: give the option map",
          EINVAL:
            "it does not take these options; map is for iterators of elements, cgroup for iter/cgroup, pid and tid for tasks",
          ESRCH: "there is no such process or thread",
          EACCES: "it uses keys or values of other sizes than the map has",
        },
      }));
      return new IterLink("iter", link);
    } finally {
      directory?.close();
    }
  },
};

/** A ready iterator. Reading runs its program. */
export class IterLink extends BpfLink {
  /**
   * Runs the program for everything that there is to walk, and gives what it wrote with `bpf_seq_write()` or
   * `bpf_seq_printf()`. Each call walks anew. Blocks until the end.
   */
  read(): Uint8Array {
    const fd = bpf(Command.ITER_CREATE, iterCreate, { linkFd: this.fd }, this.what);
    const iterator = new FileDescriptor(fd, `iterator of ${this.what}`);
    try {
      return readToEnd(iterator.value);
    } finally {
      iterator.close();
    }
  }
}

function readToEnd(fd: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (;;) {
    // The kernel fills at most 8 pages in one read.
    const chunk = new Uint8Array(32 * 1024);
    const count = readChunk(fd, chunk);
    if (count === 0) return Buffer.concat(chunks);
    if (count !== undefined) chunks.push(chunk.subarray(0, count));
  }
}

/** Bytes read; undefined when the kernel wants to be asked again: it lets go of the CPU after a million objects. */
function readChunk(fd: number, chunk: Uint8Array): number | undefined {
  try {
    return readSync(fd, chunk);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
    throw error;
  }
}
