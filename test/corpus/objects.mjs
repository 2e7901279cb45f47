// The corpora: lists of objects, compiled where they come as sources.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cache, run, unpackTesting } from "../bench/peers.mjs";
import { unpackPackage } from "./debian.mjs";
import { inParallel, output } from "./pool.mjs";

const CLANG = "clang-19";
const CORES = { x64: "x86", arm64: "arm64", riscv64: "riscv", s390x: "s390", ppc64: "powerpc", loong64: "loongarch" };

/** Tools that the corpora are built with, and a key for all that goes into objects besides their own sources. */
export function toolchain(oracle) {
  const types = run(oracle.program, ["--types"]);
  const key = createHash("sha256")
    .update(types)
    .update(run(CLANG, ["--version"]))
    .update(oracle.version)
    .digest("hex");
  const folder = join(cache, `vmlinux-${key.slice(0, 16)}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "vmlinux.h"), types);
  return { oracle, key, folder, multiarch: run("cc", ["-print-multiarch"]).trim() };
}

/**
 * Compiles sources that are not in the cache yet.
 * A source that does not compile is a result as well: `failure` is then the compiler's first error.
 */
async function compile(tools, corpus, version, sources) {
  const key = createHash("sha256").update(`${tools.key} ${JSON.stringify(sources)}`);
  for (const { file } of sources) key.update(readFileSync(file));
  const folder = join(cache, `objects-${corpus}_${version}-${key.digest("hex").slice(0, 16)}`);
  mkdirSync(folder, { recursive: true });
  return inParallel(
    `Compiling ${corpus}`,
    sources,
    ({ name }) => name,
    async ({ name, file, flags }) => {
      const path = join(folder, `${name}.o`);
      const failed = join(folder, `${name}.failed`);
      if (!existsSync(path) && !existsSync(failed)) {
        const unfinished = join(folder, `${name}.${process.pid}`);
        const { status, stderr } = await output(
          CLANG,
          ["-g", "-O2", "-w", ...flags, "-c", file, "-o", unfinished],
          300,
        );
        if (status === 0) renameSync(unfinished, path);
        // A compiler that crashed may have better luck next time.
        else if (/:\d+: (?:fatal )?error: /.test(stderr)) writeFileSync(failed, stderr);
        else return { corpus, name, path, failure: `${CLANG} crashed: ${stderr.trim().split("\n", 1)[0]}` };
      }
      const failure = existsSync(path) ? undefined : firstError(readFileSync(failed, "utf8"));
      return { corpus, name, path, failure };
    },
  );
}

function firstError(text) {
  return /error: (.*)/.exec(text)?.[1] ?? "the compiler failed";
}

/** Objects that are linked from others by libbpf's linker. */
async function link(tools, objects, groups) {
  const paths = new Map(objects.filter(({ failure }) => failure === undefined).map(({ name, path }) => [name, path]));
  const { corpus, path: some } = objects[0];
  return inParallel(
    `Linking ${corpus}`,
    groups,
    ([name]) => name,
    async ([name, ...parts]) => {
      const path = join(some, "..", `${name}.linked.o`);
      const missing = parts.find((part) => !paths.has(part));
      if (missing !== undefined) return { corpus, name, path, failure: `${missing} did not compile` };
      if (!existsSync(path)) {
        const unfinished = `${path}.${process.pid}`;
        const { status, stderr } = await output(
          tools.oracle.program,
          ["--link", unfinished, ...parts.map((part) => paths.get(part))],
          60,
        );
        if (status !== 0) return { corpus, name, path, failure: stderr.trim() };
        renameSync(unfinished, path);
      }
      return { corpus, name, path, failure: undefined };
    },
  );
}

/** a. The C sources of cilium/ebpf's tests, for both byte orders. */
export async function ciliumObjects(tools) {
  const folder = join(cache, "golang-github-cilium-ebpf-dev");
  unpackTesting(folder, ["golang-github-cilium-ebpf-dev"]);
  const root = join(folder, "usr/share/gocode/src/github.com/cilium/ebpf");
  const sources = ["testdata", "btf/testdata"].flatMap((directory) =>
    readdirSync(join(root, directory))
      .filter((name) => name.endsWith(".c"))
      .sort()
      .flatMap((name) => variants(join(root, directory, name))),
  );
  const objects = await compile(tools, "cilium", "testing", sources);
  const linked = ["el", "eb"].map((order) => [`linked-${order}`, `linked1-${order}`, `linked2-${order}`]);
  return [...objects, ...(await link(tools, objects, linked))];
}

/** What the Makefile of these tests builds from a source. */
function variants(file) {
  const stem = basename(file, ".c");
  const headers = ["-I", join(file, "../../../btf/testdata"), "-I", join(file, "..")];
  const common = ["-mcpu=v3", ...headers];
  return ["el", "eb"].flatMap((order) => {
    const flags = ["-target", `bpf${order}`, ...common];
    const plain = { name: `${stem}-${order}`, file, flags };
    if (stem !== "loader") return [plain];
    return [plain, { name: `loader_nobtf-${order}`, file, flags: [...flags, "-D__NOBTF__", "-g0"] }];
  });
}

/** b. The objects of the source package xdp-tools; its library brings them. */
export function xdpToolsObjects(say) {
  const { folder } = unpackPackage("libxdp1", say);
  const library = join(folder, "usr/lib");
  return readdirSync(library, { recursive: true })
    .filter((name) => name.endsWith(".o"))
    .sort()
    .map((name) => ({
      corpus: "xdp-tools",
      name: basename(name, ".o"),
      path: join(library, name),
      failure: undefined,
    }));
}

/** Only what the programs of the selftests include. */
const UNPACK_SELFTESTS = [
  'dpkg-deb --fsys-tarfile "$1"',
  "tar -xO --wildcards '*/linux-source-*.tar.xz'",
  "tar -xJ -C \"$2\" --strip-components=1 --wildcards '*/tools/testing/selftests/bpf' '*/tools/include/uapi' '*/tools/include/linux'",
].join(" | ");

/** LINKED_SKELS of the selftests' Makefile. */
const LINKED_SELFTESTS = [
  ["test_static_linked", "test_static_linked1", "test_static_linked2"],
  ["linked_funcs", "linked_funcs1", "linked_funcs2"],
  ["linked_vars", "linked_vars1", "linked_vars2"],
  ["linked_maps", "linked_maps1", "linked_maps2"],
  ["test_subskeleton-linked", "test_subskeleton_lib2", "test_subskeleton_lib", "test_subskeleton"],
  ["test_subskeleton_lib-linked", "test_subskeleton_lib2", "test_subskeleton_lib"],
  ["test_usdt-linked", "test_usdt", "test_usdt_multispec"],
];

/** Sources whose Makefile rule adds a flag. */
const SELFTEST_FLAGS = { test_l4lb_noinline: ["-fno-inline"], test_xdp_noinline: ["-fno-inline"] };

/** c. The kernel's selftests, compiled against the running kernel's types. */
export async function selftestObjects(tools, say) {
  const { folder, version } = unpackPackage("linux-source-6.1", say, UNPACK_SELFTESTS);
  const selftests = join(folder, "tools/testing/selftests/bpf");
  const programs = join(selftests, "progs");
  const system = [
    join(run(CLANG, ["-print-resource-dir"]).trim(), "include"),
    "/usr/local/include",
    `/usr/include/${tools.multiarch}`,
    "/usr/include",
  ];
  const flags = [
    "-target",
    "bpf",
    "-mcpu=v3",
    `-D__TARGET_ARCH_${CORES[process.arch] ?? process.arch}`,
    "-DENABLE_ATOMICS_TESTS",
    ...[tools.folder, tools.oracle.include, selftests, programs, join(folder, "tools/include/uapi")].flatMap((path) => [
      "-I",
      path,
    ]),
    ...system.flatMap((path) => ["-idirafter", path]),
  ];
  const sources = readdirSync(programs)
    .filter((name) => name.endsWith(".c"))
    .sort()
    .map((file) => {
      const name = basename(file, ".c");
      return { name, file: join(programs, file), flags: [...flags, ...(SELFTEST_FLAGS[name] ?? [])] };
    });
  const objects = await compile(tools, "selftests", version, sources);
  return [...objects, ...(await link(tools, objects, LINKED_SELFTESTS))];
}
