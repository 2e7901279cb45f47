/**
 * Attributes of the commands that attach programs.
 * Source: include/uapi/linux/bpf.h, `union bpf_attr`.
 *
 * @module
 */

/**
 * BPF_LINK_CREATE. Since Linux 5.7. Behind the first 16 bytes lies a union, chosen by the attach type:
 * give only fields of one kind.
 */
export const linkCreate = {
  name: "BPF_LINK_CREATE",
  size: 64,
  fields: {
    progFd: [0, "u32", "the program; the map for struct_ops"],
    targetFd: [4, "u32", "cgroup, network namespace, perf event, map …"],
    targetIfindex: [4, "u32", "network interface, instead of targetFd"],
    attachType: [8, "u32", "one of AttachType"],
    flags: [12, "u32", "depends on the kind"],

    targetBtfId: [16, "u32", "function that an extension replaces or a tracing program is for", "5.10"],
    tracingCookie: [24, "u64", "value that bpf_get_attach_cookie() gives, for tracing programs", "6.0"],

    iterInfo: [16, "void*", "union bpf_iter_link_info: what an iterator walks", "5.9"],
    iterInfoLen: [24, "u32", "bytes of iterInfo", "5.9"],

    perfEventCookie: [16, "u64", "value that bpf_get_attach_cookie() gives, for perf events", "5.15"],

    kprobeMultiFlags: [16, "u32", "1 = at the functions' return", "5.18"],
    kprobeMultiCnt: [20, "u32", "functions", "5.18"],
    kprobeMultiSyms: [24, "char**", "names of the functions", "5.18"],
    kprobeMultiAddrs: [32, "void*", "u64 addresses of the functions, instead of names", "5.18"],
    kprobeMultiCookies: [40, "void*", "u64 each", "5.18"],

    netfilterPf: [16, "u32", "protocol family: 2 = IPv4, 10 = IPv6", "6.4"],
    netfilterHooknum: [20, "u32", "NF_INET_PRE_ROUTING = 0 … NF_INET_POST_ROUTING = 4", "6.4"],
    netfilterPriority: [24, "i32", "order among the hook's functions", "6.4"],
    netfilterFlags: [28, "u32", "1 = defragment first", "6.4"],

    relativeFd: [16, "u32", "program or link to go before or after (tcx, netkit; cgroup since 6.17)", "6.6"],
    relativeId: [16, "u32", "the same by id, with flag BPF_F_ID", "6.6"],
    expectedRevision: [24, "u64", "refuse when the list was changed since; 0 = any", "6.6"],

    uprobeMultiPath: [16, "char*", "executable or library", "6.6"],
    uprobeMultiOffsets: [24, "void*", "u64 file offsets", "6.6"],
    uprobeMultiRefCtrOffsets: [32, "void*", "u64 file offsets of USDT semaphores", "6.6"],
    uprobeMultiCookies: [40, "void*", "u64 each", "6.6"],
    uprobeMultiCnt: [48, "u32", "probes", "6.6"],
    uprobeMultiFlags: [52, "u32", "1 = at the functions' return", "6.6"],
    uprobeMultiPid: [56, "u32", "only in this process; 0 = in all", "6.6"],
    uprobeMultiPathFd: [60, "u32", "open executable, with flag BPF_F_UPROBE_MULTI_PATH_FD", "7.2"],

    tracingMultiIds: [16, "void*", "u32 type ids of the functions", "7.2"],
    tracingMultiCookies: [24, "void*", "u64 each", "7.2"],
    tracingMultiCnt: [32, "u32", "functions", "7.2"],
  },
} as const;

/** BPF_LINK_UPDATE: another program in the same place. Since Linux 5.7. */
export const linkUpdate = {
  name: "BPF_LINK_UPDATE",
  size: 16,
  fields: {
    linkFd: [0, "u32", "the link"],
    newProgFd: [4, "u32", "the new program; the new map for struct_ops"],
    flags: [8, "u32", "4 (BPF_F_REPLACE) = only when oldProgFd is the present one"],
    oldProgFd: [12, "u32", "the program that is expected to be there"],
  },
} as const;

/** BPF_LINK_DETACH. Since Linux 5.9. */
export const linkDetach = {
  name: "BPF_LINK_DETACH",
  size: 8,
  fields: { linkFd: [0, "u32", "the link"] },
} as const;

/** BPF_ITER_CREATE: a descriptor to read an iterator's output from. Since Linux 5.8. */
export const iterCreate = {
  name: "BPF_ITER_CREATE",
  size: 8,
  fields: {
    linkFd: [0, "u32", "the iterator's link"],
    flags: [4, "u32", "none exist"],
  },
} as const;

/** BPF_RAW_TRACEPOINT_OPEN. Since Linux 4.17; also attaches fentry, fexit, fmod_ret, LSM and tp_btf programs, without name, since 5.5. */
export const rawTracepointOpen = {
  name: "BPF_RAW_TRACEPOINT_OPEN",
  size: 24,
  fields: {
    name: [0, "char*", "the tracepoint: sched_switch"],
    progFd: [8, "u32", "the program"],
    cookie: [16, "u64", "value that bpf_get_attach_cookie() gives", "6.10"],
  },
} as const;

/** BPF_PROG_ATTACH and BPF_PROG_DETACH. Since Linux 4.10. */
export const programAttach = {
  name: "BPF_PROG_ATTACH",
  size: 32,
  fields: {
    targetFd: [0, "u32", "cgroup, map, network namespace"],
    targetIfindex: [0, "u32", "network interface, instead of targetFd", "6.6"],
    attachBpfFd: [4, "u32", "the program"],
    attachType: [8, "u32", "one of AttachType"],
    attachFlags: [12, "u32", "1 = override, 2 = multi, 4 = replace, 8 = before, 16 = after …"],
    replaceBpfFd: [16, "u32", "program to replace, with flag 4", "5.6"],
    relativeFd: [20, "u32", "program to go before or after", "6.6"],
    relativeId: [20, "u32", "the same by id, with flag BPF_F_ID", "6.6"],
    expectedRevision: [24, "u64", "refuse when the list was changed since; 0 = any", "6.6"],
  },
} as const;

/** BPF_PROG_QUERY: which programs are attached. Since Linux 4.15. */
export const programQuery = {
  name: "BPF_PROG_QUERY",
  size: 64,
  fields: {
    targetFd: [0, "u32", "cgroup, map, network namespace"],
    targetIfindex: [0, "u32", "network interface, instead of targetFd", "6.6"],
    attachType: [4, "u32", "one of AttachType"],
    queryFlags: [8, "u32", "1 = also those of parent cgroups"],
    attachFlags: [12, "u32", "result: flags of the attachment"],
    progIds: [16, "void*", "receives u32 ids of programs"],
    progCnt: [24, "u32", "room in each array, in entries; result: programs"],
    progAttachFlags: [32, "void*", "receives u32 flags of each", "6.1"],
    linkIds: [40, "void*", "receives u32 ids of links", "6.6"],
    linkAttachFlags: [48, "void*", "receives u32 flags of each", "6.6"],
    revision: [56, "u64", "result: counts changes of the list", "6.6"],
  },
} as const;
