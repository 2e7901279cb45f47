/**
 * What the native addon offers: free functions over numbers and typed arrays.
 *
 * A failing system call is a negative result, `-errno`; only wrong use (a wrong type, a buffer that is too short for
 * what the attribute says, a handle that is not open) throws `TypeError` or `RangeError`. The addon lays out no
 * attribute and decides nothing: see `attributes/` for the layouts.
 *
 * Descriptors that the addon opened belong to the environment (main thread or worker): those still open when it ends are
 * closed then.
 *
 * @module
 */

/**
 * Attribute fields that must hold the address of a buffer: byte offset of the field, and the buffer. A buffer that holds
 * pointers itself (the information about an object, an array of strings) has a list of its own, with offsets in that buffer.
 */
export type Pointers = readonly (readonly [offset: number, buffer: Uint8Array, inside?: Pointers])[];

/** A map held by the addon, with a block of memory for its calls. */
export interface MapSlot {
  /** Never reused within an environment. */
  readonly handle: number;
  /** The block: one area for a key, one for the next key, one for a value; offsets in bytes, 8-aligned. */
  readonly buffer: ArrayBuffer;
  readonly keyOffset: number;
  readonly nextKeyOffset: number;
  readonly valueOffset: number;
  /** Bytes of the value area: value size, for per-CPU maps round_up(value size, 8) × possible CPUs. */
  readonly valueBytes: number;
  /** Bytes of a cursor for the commands on many entries. */
  readonly cursorBytes: number;
}

export interface Addon {
  /** Version of this interface; the loader refuses another. */
  readonly abi: number;

  /**
   * bpf(2). The attribute is copied, so that no address of the process shows in JavaScript; scalar results that the kernel
   * writes into it are copied back. Pointer fields of the command must be zero in the attribute, and listed in `pointers` when they
   * are not NULL; the lengths in the attribute are checked against the buffers. The information of BPF_OBJ_GET_INFO_BY_FD and arrays
   * of strings hold pointers themselves, for which the same goes. Map element commands are refused: they go through slots.
   * A descriptor in the result is owned by the environment.
   */
  readonly bpf: (command: number, attribute: Uint8Array, pointers: Pointers) => number;
  /**
   * The same on the thread pool. Buffers are copied in before and out after, so they may be touched meanwhile. Wrong use throws at
   * once; a buffer for results that was detached meanwhile rejects.
   */
  readonly bpfAsync: (command: number, attribute: Uint8Array, pointers: Pointers) => Promise<number>;

  /** perf_event_open(2). `pointers` as in {@link bpf}; only `config1` (offset 56) may be one, a NUL-terminated string. */
  readonly perfEventOpen: (
    attribute: Uint8Array,
    pointers: Pointers,
    pid: number,
    cpu: number,
    group: number,
    flags: number,
  ) => number;
  /** ioctl(2) of PERF_EVENT_IOC_ENABLE, _DISABLE, _SET_BPF and _PAUSE_OUTPUT; others are refused. */
  readonly ioctl: (fd: number, request: number, argument: number) => number;
  /** Sends one netlink request (protocol NETLINK_ROUTE = 0) and collects the answers. Result: bytes of `response` filled. */
  readonly netlink: (protocol: number, request: Uint8Array, response: Uint8Array) => number;
  /**
   * setsockopt(2) of SO_ATTACH_BPF, SO_DETACH_FILTER, SO_ATTACH_REUSEPORT_EBPF and SO_DETACH_REUSEPORT_BPF, which take an int; others
   * are refused.
   */
  readonly setSocketFilter: (fd: number, option: number, value: number) => number;

  /** A duplicate, close-on-exec, owned by the environment. */
  readonly dup: (fd: number) => number;
  /** open(2) with O_CLOEXEC, owned by the environment. O_CREAT and O_TMPFILE throw. */
  readonly open: (path: string, flags: number) => number;
  /** pidfd_open(2), owned by the environment; `thread` is PIDFD_THREAD: `pid` may be any thread's number then (since Linux 6.9). */
  readonly pidfdOpen: (pid: number, thread: boolean) => number;
  /** Closes a descriptor that the environment owns; one that it does not own is -EBADF. */
  readonly close: (fd: number) => number;

  /**
   * Takes the map's sizes from the kernel and allocates its block; the slot owns `fd`, which the environment must own, from then on.
   * On failure -errno and `fd` stays the caller's.
   */
  readonly openMapSlot: (fd: number) => MapSlot | number;
  /** Closes the map's descriptor. The block stays readable, and is freed with its ArrayBuffer. Idempotent. */
  readonly closeMapSlot: (handle: number) => void;
  // The operations answer -EBADF for a handle that is not open.

  /** BPF_MAP_LOOKUP_ELEM: key area → value area. `flags` may have more than 32 bits. */
  readonly mapLookup: (handle: number, flags: number) => number;
  /** BPF_MAP_UPDATE_ELEM: key area, value area → kernel. */
  readonly mapUpdate: (handle: number, flags: number) => number;
  /** BPF_MAP_DELETE_ELEM: key area. */
  readonly mapDelete: (handle: number) => number;
  /** BPF_MAP_LOOKUP_AND_DELETE_ELEM: key area → value area. */
  readonly mapLookupAndDelete: (handle: number, flags: number) => number;
  /** BPF_MAP_GET_NEXT_KEY: key area (or the first key when `first`) → next-key area. */
  readonly mapNextKey: (handle: number, first: boolean) => number;

  // The commands on many entries. Keys and values are one behind the other, as long as the slot says. `cursor` has `cursorBytes`: at
  // 0 a u32 with how many entries `keys` and `values` hold or have room for, which becomes how many were done, whatever the result is;
  // from 8 on where the kernel goes on. -EOPNOTSUPP for kinds of map that came after this addon. Since Linux 5.6.

  /** BPF_MAP_LOOKUP_BATCH: from where `cursor` says, or from the start when `first`. -ENOENT at the end, with the last entries. */
  readonly mapLookupBatch: (
    handle: number,
    flags: number,
    cursor: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
    first: boolean,
  ) => number;
  /** BPF_MAP_LOOKUP_AND_DELETE_BATCH: as {@link mapLookupBatch}; what it gives is gone from the map. */
  readonly mapLookupAndDeleteBatch: Addon["mapLookupBatch"];
  /** BPF_MAP_UPDATE_BATCH. */
  readonly mapUpdateBatch: (
    handle: number,
    flags: number,
    cursor: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
  ) => number;
  /** BPF_MAP_DELETE_BATCH. */
  readonly mapDeleteBatch: (handle: number, flags: number, cursor: Uint8Array, keys: Uint8Array) => number;

  /**
   * mmap(2) of a map or perf event, MAP_SHARED, `writable` adds PROT_WRITE; or of a file of /sys/kernel/btf, MAP_PRIVATE and never
   * writable: it can be mapped since Linux 6.16, and read(2) gives only a page of it at a time. -ENODEV for any other file: one that
   * is cut short while it is mapped would end the process. `length` and `offset` are multiples of the page size.
   *
   * `address` is where an arena has to be, a multiple of the page size from 65536 on: nothing that is there is replaced, the result is
   * -EEXIST then. 0, or nothing, leaves it to the kernel; other files than maps of type ARENA are -EINVAL with one.
   *
   * JavaScript knows no read-only memory: **a write to a mapping that is not writable ends the process with SIGSEGV**, so that such
   * a buffer must not reach a user.
   *
   * Use {@link unmap} to give it back at a known time; otherwise the collector does.
   */
  readonly map: (
    fd: number,
    length: number,
    offset: number,
    writable: boolean,
    address?: number,
  ) => ArrayBuffer | number;
  /** Detaches the buffer (views become empty), then munmap(2). Idempotent. */
  readonly unmap: (buffer: ArrayBuffer) => void;
  /** Where a mapping is: pointers in an arena are addresses. 0 when it is unmapped. */
  readonly addressOf: (buffer: ArrayBuffer) => number;

  /**
   * Calls `callback(status)` on the event loop each time that `fd` is readable; status 0, or -errno when polling failed.
   * Level-triggered by uv_poll; keeps the process alive until {@link stopPoll}. Watches a duplicate, so that `fd` may be closed.
   * Result: a handle > 0, never reused, or -errno.
   */
  readonly startPoll: (fd: number, callback: (status: number) => void) => number;
  /** Idempotent. */
  readonly stopPoll: (handle: number) => void;
  /**
   * A descriptor, owned by the environment, that is readable when one of `fds`, 32-bit numbers, is. It does not keep them open.
   */
  readonly epoll: (fds: Uint8Array) => number;

  /** How many CPUs the kernel could ever use: the count of slots of a per-CPU value. -errno when sysfs does not tell. */
  readonly possibleCpus: () => number;
  /** Page size in bytes. */
  readonly pageSize: () => number;
  /**
   * setrlimit(2): raises the process's limit of locked memory, to no limit or, without CAP_SYS_RESOURCE, to its hard limit. 0, or -errno
   * when it stays as it is.
   */
  readonly raiseMemoryLimit: () => number;
}
