// What the Go tests of cilium/ebpf expect of their objects (elf_reader_test.go, variable_test.go, linker_test.go), where it is data.
// Its names of types are the kernel's numbers here.

const HASH = 1;
const ARRAY = 2;
const PROG_ARRAY = 3;
const PERF_EVENT_ARRAY = 4;
const ARRAY_OF_MAPS = 12;
const STRUCT_OPS_MAP = 26;
const ARENA = 33;
const NO_PREALLOC = 1;
const RDONLY_PROG = 128;
const MMAPABLE = 1024;
const LINK = 8192;
const SOCKET_FILTER = 1;
const XDP = 6;
const STRUCT_OPS = 27;
const ATTACH_XDP = 37;

const map = (type, keySize, valueSize, maxEntries, more = {}) => ({ type, keySize, valueSize, maxEntries, ...more });
const section = (valueSize, flags = 0) => map(ARRAY, 4, valueSize, 1, { flags });
const hash = (maxEntries, more = {}) => map(HASH, 4, 8, maxEntries, more);
const program = (section, type = 0, attachType = 0) => ({ section, type, attachType });

const loader = {
  maps: {
    hash_map: hash(1, { flags: NO_PREALLOC }),
    hash_map2: hash(2, { flags: 0 }),
    perf_event_array: map(PERF_EVENT_ARRAY, 0, 0, 4096),
    ".bss": section(4),
    ".data": section(4),
    ".data.test": section(4),
    ".rodata": section(24, RDONLY_PROG),
    ".rodata.test": section(4, RDONLY_PROG),
    ".rodata.cst32": section(32, RDONLY_PROG),
  },
  programs: {
    xdp_prog: program("xdp", XDP, ATTACH_XDP),
    no_relocation: program("socket", SOCKET_FILTER),
    asm_relocation: program("socket/2", SOCKET_FILTER),
    data_sections: program("socket/3", SOCKET_FILTER),
    global_fn3: program("other"),
    static_fn: program("static"),
    anon_const: program("socket/4", SOCKET_FILTER),
  },
  variables: {
    arg: { section: ".rodata", offset: 4 },
    arg2: { section: ".rodata.test", offset: 0 },
    arg3: { section: ".data.test", offset: 0 },
    key1: { section: ".bss", offset: 0 },
    key2: { section: ".data", offset: 0 },
    key3: { section: ".rodata", offset: 0 },
    neg: { section: ".rodata", offset: 12 },
    uneg: { section: ".rodata", offset: 8 },
  },
};

const inner = map(HASH, 4, 4, 1);

/** By the object's name without its byte order. What is listed has to be there with these values; `exact` kinds hold nothing else. */
const expectations = {
  loader: {
    ...loader,
    exact: ["maps", "programs", "variables"],
    maps: {
      ...loader.maps,
      btf_pin: hash(1, { pinning: "byName" }),
      bpf_decl_map: map(ARRAY, 4, 8, 1, { tags: ["a", "b"] }),
      btf_decl_map: map(ARRAY, 4, 8, 1, { tags: ["a", "b"] }),
      btf_outer_map: map(ARRAY_OF_MAPS, 4, 4, 1, { inner }),
      btf_outer_map_anon: map(ARRAY_OF_MAPS, 4, 4, 1, { inner }),
      btf_typedef_map: map(ARRAY, 4, 8, 1),
    },
  },
  loader_nobtf: { ...loader, exact: ["maps", "programs", "variables"] },
  btf_map_init: {
    maps: {
      prog_array_init: { type: PROG_ARRAY, slots: [{ index: 1, name: "tail_1" }] },
      outer_map_init: { type: ARRAY_OF_MAPS, slots: [{ index: 1, name: "inner_map" }] },
    },
  },
  invalid_map: { maps: { invalid_map: {} } },
  invalid_map_static: { refused: true },
  invalid_btf_map_init: { refused: true },
  strings: { maps: { ".rodata.str1.1": { flags: RDONLY_PROG }, my_map: {} }, programs: { filter: { type: XDP } } },
  iproute2_map_compat: { maps: { hash_map: { extraBytes: 16 } } },
  arena: {
    exact: ["maps", "programs", "variables"],
    maps: { arena: map(ARENA, 0, 0, 100, { flags: MMAPABLE, mapExtra: 2 ** 44 }) },
    programs: {},
    variables: {},
  },
  struct_ops: {
    exact: ["maps", "programs"],
    maps: { testmod_ops: map(STRUCT_OPS_MAP, 4, 24, 1, { flags: LINK }) },
    programs: { test_1: program("struct_ops/test_1", STRUCT_OPS) },
  },
  variables: { variables: { weak: {}, var_bss: {}, var_data: {}, var_rodata: {}, var_struct: {}, hidden: undefined } },
  fwd_decl: { programs: { call_fwd: {} } },
  kconfig: { programs: { kconfig: {} } },
  ksym: { programs: { ksym_test: {}, ksym_missing_test: {} }, maps: { array_map: {} } },
  kfunc: { programs: { call_kfunc: {}, weak_kfunc_missing: {}, call_weak_kfunc: {} } },
  subprog_reloc: { programs: { fp_relocation: {} }, maps: { hash_map: {} } },
  linked: {},
};

/** Where we read an object otherwise than its tests expect. */
export function unexpected(name, report) {
  const expected = expectations[name.replace(/-e[lb]$/, "")];
  if (expected === undefined) return [];
  const { refused = false } = expected;
  if ((report.open !== 0) !== refused) return [unlike("object", refused ? "refused" : "opened", report.why)];
  return refused ? [] : ["maps", "programs", "variables"].flatMap((kind) => unexpectedOf(kind, expected, report[kind]));
}

function unexpectedOf(kind, { exact = [], [kind]: wanted = {} }, items) {
  const own = new Map(items.map((item) => [item.name, item]));
  const extra = exact.includes(kind) ? [...own.keys()].filter((name) => !Object.hasOwn(wanted, name)) : [];
  return [
    ...extra.map((name) => unlike(`${kind} ${name}`, "absent")),
    ...Object.entries(wanted)
      .filter(([name, fields]) => !contains(own.get(name), fields))
      .map(([name, fields]) => unlike(`${kind} ${name}`, JSON.stringify(fields), JSON.stringify(own.get(name)))),
  ];
}

function unlike(subject, expected, why = "") {
  return { subject, field: "tests", libbpf: `(its tests: ${expected})`, ours: "not so", why };
}

function contains(value, wanted) {
  if (typeof wanted !== "object") return value === wanted;
  if (typeof value !== "object") return false;
  return Object.entries(wanted).every(([key, part]) => contains(value[key], part));
}

const PROGRAM_PARTS = ["name", "section", "type", "attachType", "autoload", "instructions"];

function withoutLoads({ open, maps, programs, variables }) {
  const parts = programs?.map((program) => PROGRAM_PARTS.map((part) => program[part]));
  return { open, maps, variables, programs: parts };
}

/** Where the two byte orders of an object are not read alike. */
export function orderDependent(little, big) {
  const [a, b] = [withoutLoads(little), withoutLoads(big)];
  return Object.keys(a).filter((part) => JSON.stringify(a[part]) !== JSON.stringify(b[part]));
}
