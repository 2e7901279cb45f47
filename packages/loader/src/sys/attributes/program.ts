/**
 * Attributes of the commands on programs, and what the kernel tells about a program.
 * Source: include/uapi/linux/bpf.h, `union bpf_attr` and `struct bpf_prog_info`.
 *
 * @module
 */

/** BPF_PROG_LOAD. */
export const programLoad = {
  name: "BPF_PROG_LOAD",
  size: 168,
  fields: {
    progType: [0, "u32", "one of ProgramType"],
    insnCnt: [4, "u32", "instructions, 8 bytes each"],
    insns: [8, "void*", "the instructions"],
    license: [16, "char*", "helpers for GPL programs need one that is compatible"],
    logLevel: [24, "u32", "0 none, 1 branches, 2 every instruction, bit 4 statistics"],
    logSize: [28, "u32", "bytes of logBuf"],
    logBuf: [32, "void*", "receives the verifier's log, NUL-terminated"],
    kernVersion: [40, "u32", "checked for kprobes before Linux 5.0"],
    progFlags: [44, "u32", "bits of ProgramFlag", "4.12"],
    progName: [48, "char[16]", "at most 15 of [A-Za-z0-9_.]", "4.15"],
    progIfindex: [64, "u32", "network device that the program is for", "4.16"],
    expectedAttachType: [68, "u32", "one of AttachType, where the type of program has several", "4.17"],
    progBtfFd: [72, "u32", "BTF that funcInfo and lineInfo are of", "5.0"],
    funcInfoRecSize: [76, "u32", "bytes of a record of funcInfo", "5.0"],
    funcInfo: [80, "void*", "records of struct bpf_func_info", "5.0"],
    funcInfoCnt: [88, "u32", "records in funcInfo", "5.0"],
    lineInfoRecSize: [92, "u32", "bytes of a record of lineInfo", "5.0"],
    lineInfo: [96, "void*", "records of struct bpf_line_info", "5.0"],
    lineInfoCnt: [104, "u32", "records in lineInfo", "5.0"],
    attachBtfId: [108, "u32", "the kernel's function, tracepoint or structure that the program is for", "5.5"],
    attachProgFd: [112, "u32", "program, or BTF of a module, that attachBtfId is of; 0 = the kernel itself", "5.5"],
    coreReloCnt: [116, "u32", "records in coreRelos", "5.17"],
    fdArray: [120, "void*", "descriptors that instructions refer to by index", "5.14"],
    coreRelos: [128, "void*", "records of struct bpf_core_relo", "5.17"],
    coreReloRecSize: [136, "u32", "bytes of a record of coreRelos", "5.17"],
    logTrueSize: [140, "u32", "result: bytes that the whole log takes", "6.4"],
    progTokenFd: [144, "i32", "token; needs TOKEN_FD in the flags", "6.9"],
    fdArrayCnt: [148, "u32", "descriptors in fdArray", "6.14"],
    signature: [152, "void*", "signature of the instructions", "6.18"],
    signatureSize: [160, "u32", "bytes of signature", "6.18"],
    keyringId: [164, "i32", "keyring that the signature is checked with", "6.18"],
  },
} as const;

/** BPF_PROG_TEST_RUN (BPF_PROG_RUN). Since Linux 4.12. */
export const testRun = {
  name: "BPF_PROG_TEST_RUN",
  size: 80,
  fields: {
    progFd: [0, "u32", "the program"],
    retval: [4, "u32", "result: what the program returned"],
    dataSizeIn: [8, "u32", "bytes of dataIn"],
    dataSizeOut: [12, "u32", "bytes of dataOut; result: bytes that the output takes"],
    dataIn: [16, "void*", "packet that the program sees"],
    dataOut: [24, "void*", "receives the packet as the program left it"],
    repeat: [32, "u32", "times to run; 0 means 1"],
    duration: [36, "u32", "result: nanoseconds of one run on average"],
    ctxSizeIn: [40, "u32", "bytes of ctxIn", "5.2"],
    ctxSizeOut: [44, "u32", "bytes of ctxOut; result: bytes that the context takes", "5.2"],
    ctxIn: [48, "void*", "context that the program sees; a syscall program's is written back", "5.2"],
    ctxOut: [56, "void*", "receives the context as the program left it", "5.2"],
    flags: [64, "u32", "1 = on the given cpu, 2 = live XDP frames, 4 = checksum complete", "5.10"],
    cpu: [68, "u32", "processor to run on, with flag 1", "5.10"],
    batchSize: [72, "u32", "frames of a batch, with flag 2", "5.18"],
  },
} as const;

/** BPF_PROG_BIND_MAP: keeps a map alive as long as the program. Since Linux 5.10. */
export const programBindMap = {
  name: "BPF_PROG_BIND_MAP",
  size: 16,
  fields: {
    progFd: [0, "u32", "the program"],
    mapFd: [4, "u32", "the map"],
    flags: [8, "u32", "none exist"],
  },
} as const;

/** BPF_PROG_STREAM_READ_BY_FD: what the program printed to its streams. Since Linux 6.17. */
export const programStreamRead = {
  name: "BPF_PROG_STREAM_READ_BY_FD",
  size: 24,
  fields: {
    streamBuf: [0, "void*", "receives the text"],
    streamBufLen: [8, "u32", "bytes of streamBuf"],
    streamId: [12, "u32", "1 = stdout, 2 = stderr"],
    progFd: [16, "u32", "the program"],
  },
} as const;

/** `struct bpf_prog_info`. */
export const programInfo = {
  name: "struct bpf_prog_info",
  size: 232,
  fields: {
    type: [0, "u32", "one of ProgramType"],
    id: [4, "u32", "the kernel's number for it"],
    tag: [8, "u8[8]", "hash of the instructions"],
    jitedProgLen: [16, "u32", "bytes of machine code; in: bytes of jitedProgInsns"],
    xlatedProgLen: [20, "u32", "bytes of rewritten instructions; in: bytes of xlatedProgInsns"],
    jitedProgInsns: [24, "void*", "receives the machine code"],
    xlatedProgInsns: [32, "void*", "receives the instructions as the verifier rewrote them"],
    loadTime: [40, "u64", "nanoseconds after boot", "4.15"],
    createdByUid: [48, "u32", "user who loaded it", "4.15"],
    nrMapIds: [52, "u32", "maps that it uses; in: entries of mapIds", "4.15"],
    mapIds: [56, "void*", "receives u32 ids of the maps that it uses", "4.15"],
    name: [64, "char[16]", "name given at load", "4.15"],
    ifindex: [80, "u32", "network device that the program is for", "4.16"],
    gplCompatible: [84, "u32", "bit 0: the license is compatible with the GPL", "4.18"],
    netnsDev: [88, "u64", "device number of the network namespace file", "4.16"],
    netnsIno: [96, "u64", "inode number of the network namespace file", "4.16"],
    nrJitedKsyms: [104, "u32", "functions; in: entries of jitedKsyms", "4.18"],
    nrJitedFuncLens: [108, "u32", "functions; in: entries of jitedFuncLens", "4.18"],
    jitedKsyms: [112, "void*", "receives u64 addresses of the functions", "4.18"],
    jitedFuncLens: [120, "void*", "receives u32 bytes of machine code of each function", "4.18"],
    btfId: [128, "u32", "BTF that funcInfo and lineInfo are of", "5.0"],
    funcInfoRecSize: [132, "u32", "bytes of a record of funcInfo", "5.0"],
    funcInfo: [136, "void*", "receives records of struct bpf_func_info", "5.0"],
    nrFuncInfo: [144, "u32", "records; in: room in funcInfo", "5.0"],
    nrLineInfo: [148, "u32", "records; in: room in lineInfo", "5.0"],
    lineInfo: [152, "void*", "receives records of struct bpf_line_info", "5.0"],
    jitedLineInfo: [160, "void*", "receives u64 addresses of lines", "5.0"],
    nrJitedLineInfo: [168, "u32", "records; in: room in jitedLineInfo", "5.0"],
    lineInfoRecSize: [172, "u32", "bytes of a record of lineInfo", "5.0"],
    jitedLineInfoRecSize: [176, "u32", "bytes of a record of jitedLineInfo", "5.0"],
    nrProgTags: [180, "u32", "functions; in: room in progTags", "5.0"],
    progTags: [184, "void*", "receives 8-byte tags of the functions", "5.0"],
    runTimeNs: [192, "u64", "nanoseconds of all runs, while statistics are on", "5.1"],
    runCnt: [200, "u64", "runs, while statistics are on", "5.1"],
    recursionMisses: [208, "u64", "runs that were left out because it was running already", "5.12"],
    verifiedInsns: [216, "u32", "instructions that the verifier went through", "5.16"],
    attachBtfObjId: [220, "u32", "BTF that attachBtfId is of", "6.0"],
    attachBtfId: [224, "u32", "the kernel's function, tracepoint or structure that the program is for", "6.0"],
  },
} as const;
