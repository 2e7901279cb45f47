/**
 * What the kernel tells about a link. The first 12 bytes are the same for all; behind lies a union, chosen by the link's
 * type, with one layout for each here. Decode the first, then the one of its type, from the same bytes.
 * Source: include/uapi/linux/bpf.h, `struct bpf_link_info`.
 *
 * @module
 */

/** `struct bpf_link_info`, the common part. Since Linux 5.8. */
export const linkInfo = {
  name: "struct bpf_link_info",
  size: 64,
  fields: {
    type: [0, "u32", "one of LinkType"],
    id: [4, "u32", "the kernel's number for it"],
    progId: [8, "u32", "its program"],
  },
} as const;

/** LinkType RAW_TRACEPOINT. */
export const linkInfoRawTracepoint = {
  name: "struct bpf_link_info raw_tracepoint",
  size: 64,
  fields: {
    tpName: [16, "void*", "receives the name, NUL-terminated"],
    tpNameLen: [24, "u32", "bytes of the name; in: bytes of tpName"],
    cookie: [32, "u64", "attach cookie", "6.15"],
  },
} as const;

/** LinkType TRACING. */
export const linkInfoTracing = {
  name: "struct bpf_link_info tracing",
  size: 64,
  fields: {
    attachType: [16, "u32", "one of AttachType"],
    targetObjId: [20, "u32", "id of the program for an extension, else of the BTF object", "5.13"],
    targetBtfId: [24, "u32", "type id in it", "5.13"],
    cookie: [32, "u64", "attach cookie", "6.15"],
  },
} as const;

/** LinkType CGROUP. */
export const linkInfoCgroup = {
  name: "struct bpf_link_info cgroup",
  size: 64,
  fields: {
    cgroupId: [16, "u64", "inode number of the cgroup"],
    attachType: [24, "u32", "one of AttachType"],
  },
} as const;

/** LinkType ITER. */
export const linkInfoIter = {
  name: "struct bpf_link_info iter",
  size: 64,
  fields: {
    targetName: [16, "void*", "receives what is walked: task, bpf_map …"],
    targetNameLen: [24, "u32", "bytes of the name; in: bytes of targetName"],
    mapId: [28, "u32", "the map whose elements are walked"],
    cgroupId: [32, "u64", "the cgroup that is walked", "6.1"],
    cgroupOrder: [40, "u32", "order of the walk", "6.1"],
    taskTid: [32, "u32", "thread", "6.1"],
    taskPid: [36, "u32", "process", "6.1"],
  },
} as const;

/** LinkType NETNS. */
export const linkInfoNetns = {
  name: "struct bpf_link_info netns",
  size: 64,
  fields: {
    netnsIno: [16, "u32", "inode number of the network namespace"],
    attachType: [20, "u32", "one of AttachType"],
  },
} as const;

/** LinkType XDP. Since Linux 5.9. */
export const linkInfoXdp = {
  name: "struct bpf_link_info xdp",
  size: 64,
  fields: { ifindex: [16, "u32", "network interface; 0 when it is gone"] },
} as const;

/** LinkType STRUCT_OPS. */
export const linkInfoStructOps = {
  name: "struct bpf_link_info struct_ops",
  size: 64,
  fields: { mapId: [16, "u32", "the map that holds the structure"] },
} as const;

/** LinkType NETFILTER. Since Linux 6.4. */
export const linkInfoNetfilter = {
  name: "struct bpf_link_info netfilter",
  size: 64,
  fields: {
    pf: [16, "u32", "protocol family"],
    hooknum: [20, "u32", "hook"],
    priority: [24, "i32", "order among the hook's functions"],
    flags: [28, "u32", "1 = defragment first"],
  },
} as const;

/** LinkType KPROBE_MULTI. Since Linux 6.6. */
export const linkInfoKprobeMulti = {
  name: "struct bpf_link_info kprobe_multi",
  size: 64,
  fields: {
    addrs: [16, "void*", "receives u64 addresses of the functions"],
    count: [24, "u32", "functions; in: room in addrs and cookies"],
    flags: [28, "u32", "1 = at the functions' return"],
    missed: [32, "u64", "runs that were left out", "6.7"],
    cookies: [40, "void*", "receives u64 cookies", "6.9"],
  },
} as const;

/** LinkType UPROBE_MULTI. Since Linux 6.8. */
export const linkInfoUprobeMulti = {
  name: "struct bpf_link_info uprobe_multi",
  size: 64,
  fields: {
    path: [16, "void*", "receives the path, NUL-terminated"],
    offsets: [24, "void*", "receives u64 offsets"],
    refCtrOffsets: [32, "void*", "receives u64 offsets of USDT semaphores"],
    cookies: [40, "void*", "receives u64 cookies"],
    pathSize: [48, "u32", "bytes of the path with NUL; in: bytes of path"],
    count: [52, "u32", "probes; in: room in the arrays"],
    flags: [56, "u32", "1 = at the functions' return"],
    pid: [60, "u32", "the process, 0 = all"],
  },
} as const;

/** LinkType PERF_EVENT. Since Linux 6.6. `name` belongs to probes and tracepoints. */
export const linkInfoPerfEvent = {
  name: "struct bpf_link_info perf_event",
  size: 64,
  fields: {
    type: [16, "u32", "1 uprobe, 2 uretprobe, 3 kprobe, 4 kretprobe, 5 tracepoint, 6 event"],
    name: [24, "void*", "receives the file, function or tracepoint"],
    nameLen: [32, "u32", "bytes of the name; in: bytes of name"],
    offset: [36, "u32", "of a probe: bytes from the start of the file or function"],
    eventConfig: [24, "u64", "of an event: perf_event_attr.config"],
    eventType: [32, "u32", "of an event: perf_event_attr.type"],
    probeAddress: [40, "u64", "of a kprobe: its address"],
    uprobeCookie: [40, "u64", "of a uprobe: attach cookie", "6.9"],
    uprobeRefCtrOffset: [48, "u64", "of a uprobe: offset of the USDT semaphore", "6.16"],
    kprobeMissed: [48, "u64", "of a kprobe: runs that were left out", "6.7"],
    kprobeCookie: [56, "u64", "of a kprobe: attach cookie", "6.9"],
    tracepointCookie: [40, "u64", "of a tracepoint or event: attach cookie", "6.9"],
  },
} as const;

/** LinkType TCX, NETKIT. Since Linux 6.6. */
export const linkInfoTcx = {
  name: "struct bpf_link_info tcx",
  size: 64,
  fields: {
    ifindex: [16, "u32", "network interface; 0 when it is gone"],
    attachType: [20, "u32", "one of AttachType"],
  },
} as const;

/** LinkType SOCKMAP. Since Linux 6.10. */
export const linkInfoSockmap = {
  name: "struct bpf_link_info sockmap",
  size: 64,
  fields: {
    mapId: [16, "u32", "the map of sockets"],
    attachType: [20, "u32", "one of AttachType"],
  },
} as const;

/** LinkType TRACING_MULTI. */
export const linkInfoTracingMulti = {
  name: "struct bpf_link_info tracing_multi",
  size: 64,
  fields: {
    attachType: [16, "u32", "one of AttachType", "7.3"],
    count: [20, "u32", "functions; in: room in ids, addrs and cookies", "7.3"],
    btfObjId: [24, "u32", "BTF object that they are of", "7.3"],
    ids: [32, "void*", "receives u32 type ids of the functions", "7.3"],
    addrs: [40, "void*", "receives u64 addresses of the functions", "7.3"],
    cookies: [48, "void*", "receives u64 cookies", "7.3"],
  },
} as const;
