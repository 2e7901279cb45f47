/**
 * Attributes of the commands that are the same for maps, programs, links and BTF objects.
 * Source: include/uapi/linux/bpf.h, `union bpf_attr`.
 *
 * @module
 */

/** BPF_OBJ_PIN and BPF_OBJ_GET. Since Linux 4.4. */
export const objectPath = {
  name: "BPF_OBJ_PIN",
  size: 24,
  fields: {
    pathname: [0, "char*", "path in a bpf file system"],
    bpfFd: [8, "u32", "object to pin; 0 to get"],
    fileFlags: [12, "u32", "RDONLY, WRONLY, PATH_FD of MapFlag", "4.15"],
    pathFd: [16, "i32", "directory that pathname starts at; needs PATH_FD", "6.5"],
  },
} as const;

/** BPF_{PROG,MAP,BTF,LINK}_GET_FD_BY_ID. Since Linux 4.13, BTF 4.18, link 5.8. */
export const getFdById = {
  name: "BPF_MAP_GET_FD_BY_ID",
  size: 16,
  fields: {
    id: [0, "u32", "id of the object"],
    openFlags: [8, "u32", "RDONLY, WRONLY of MapFlag, for maps", "4.15"],
    fdByIdTokenFd: [12, "i32", "token; needs TOKEN_FD in the flags", "6.15"],
  },
} as const;

/** BPF_{PROG,MAP,BTF,LINK}_GET_NEXT_ID. Since Linux 4.13, BTF 5.1, link 5.8. */
export const getNextId = {
  name: "BPF_MAP_GET_NEXT_ID",
  size: 8,
  fields: {
    startId: [0, "u32", "last id seen; 0 to start"],
    nextId: [4, "u32", "result: the next id"],
  },
} as const;

/** BPF_OBJ_GET_INFO_BY_FD. Since Linux 4.13. */
export const infoByFd = {
  name: "BPF_OBJ_GET_INFO_BY_FD",
  size: 16,
  fields: {
    bpfFd: [0, "u32", "the object"],
    infoLen: [4, "u32", "bytes of info; result: bytes that the kernel filled"],
    info: [8, "void*", "receives the information"],
  },
} as const;

/** BPF_TASK_FD_QUERY: which program hangs on a perf event. Since Linux 4.18. */
export const taskFdQuery = {
  name: "BPF_TASK_FD_QUERY",
  size: 48,
  fields: {
    pid: [0, "u32", "process"],
    fd: [4, "u32", "its descriptor"],
    flags: [8, "u32", "none exist"],
    bufLen: [12, "u32", "bytes of buf; result: bytes of the name"],
    buf: [16, "void*", "receives the name of the tracepoint, function or file"],
    progId: [24, "u32", "result: id of the program"],
    fdType: [28, "u32", "result: raw tracepoint, tracepoint, kprobe, kretprobe, uprobe, uretprobe"],
    probeOffset: [32, "u64", "result: offset of the probe"],
    probeAddr: [40, "u64", "result: address of the probe"],
  },
} as const;

/** BPF_ENABLE_STATS: run time and run count are kept while the resulting descriptor is open. Since Linux 5.8. */
export const enableStats = {
  name: "BPF_ENABLE_STATS",
  size: 8,
  fields: { type: [0, "u32", "0 = run time"] },
} as const;

/** BPF_TOKEN_CREATE. Since Linux 6.9. */
export const tokenCreate = {
  name: "BPF_TOKEN_CREATE",
  size: 8,
  fields: {
    flags: [0, "u32", "none exist"],
    bpffsFd: [4, "u32", "the bpf file system that delegates"],
  },
} as const;
