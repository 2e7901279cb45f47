/**
 * Attributes of the commands on maps, and what the kernel tells about a map.
 * Source: include/uapi/linux/bpf.h, `union bpf_attr` and `struct bpf_map_info`.
 *
 * @module
 */

/** BPF_MAP_CREATE. */
export const mapCreate = {
  name: "BPF_MAP_CREATE",
  size: 96,
  fields: {
    mapType: [0, "u32", "one of MapType"],
    keySize: [4, "u32", "bytes of a key"],
    valueSize: [8, "u32", "bytes of a value"],
    maxEntries: [12, "u32", "entries; bytes for ring buffers"],
    mapFlags: [16, "u32", "bits of MapFlag"],
    innerMapFd: [20, "u32", "template of the maps that a map-in-map holds", "4.12"],
    numaNode: [24, "u32", "used when the flags have NUMA_NODE", "4.14"],
    mapName: [28, "char[16]", "at most 15 of [A-Za-z0-9_.]", "4.15"],
    mapIfindex: [44, "u32", "network device of an offloaded map", "4.16"],
    btfFd: [48, "u32", "BTF that the type ids are of", "4.18"],
    btfKeyTypeId: [52, "u32", "type of a key", "4.18"],
    btfValueTypeId: [56, "u32", "type of a value", "4.18"],
    btfVmlinuxValueTypeId: [60, "u32", "the kernel's structure that a struct_ops map holds", "5.6"],
    mapExtra: [64, "u64", "hash functions of a bloom filter; address of an arena", "5.16"],
    valueTypeBtfObjFd: [72, "i32", "BTF of a module that btfVmlinuxValueTypeId is of", "6.9"],
    mapTokenFd: [76, "i32", "token; needs TOKEN_FD in the flags", "6.9"],
    exclProgHash: [80, "void*", "hash of the one program that may use the map", "6.18"],
    exclProgHashSize: [88, "u32", "bytes of exclProgHash", "6.18"],
  },
} as const;

/** BPF_MAP_FREEZE: no more writes through system calls. Since Linux 5.2. */
export const mapFreeze = {
  name: "BPF_MAP_FREEZE",
  size: 8,
  fields: { mapFd: [0, "u32", "the map"] },
} as const;

/** `struct bpf_map_info`. */
export const mapInfo = {
  name: "struct bpf_map_info",
  size: 104,
  fields: {
    type: [0, "u32", "one of MapType"],
    id: [4, "u32", "the kernel's number for it"],
    keySize: [8, "u32", "bytes of a key"],
    valueSize: [12, "u32", "bytes of a value"],
    maxEntries: [16, "u32", "entries; bytes for ring buffers"],
    mapFlags: [20, "u32", "bits of MapFlag"],
    name: [24, "char[16]", "name given at creation", "4.15"],
    ifindex: [40, "u32", "network device of an offloaded map", "4.16"],
    btfVmlinuxValueTypeId: [44, "u32", "the kernel's structure that a struct_ops map holds", "5.6"],
    netnsDev: [48, "u64", "device number of the network namespace file", "4.16"],
    netnsIno: [56, "u64", "inode number of the network namespace file", "4.16"],
    btfId: [64, "u32", "BTF that the type ids are of", "4.18"],
    btfKeyTypeId: [68, "u32", "type of a key", "4.18"],
    btfValueTypeId: [72, "u32", "type of a value", "4.18"],
    btfVmlinuxId: [76, "u32", "BTF that btfVmlinuxValueTypeId is of", "6.9"],
    mapExtra: [80, "u64", "hash functions of a bloom filter; address of an arena", "5.16"],
    hash: [88, "void*", "receives the hash of the content of a frozen map", "6.18"],
    hashSize: [96, "u32", "bytes of room for the hash", "6.18"],
  },
} as const;
