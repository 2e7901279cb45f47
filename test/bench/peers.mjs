// What benchmarks and corpora compare with: libbpf and cilium/ebpf as Debian testing has them, unpacked into a cache, installed nowhere.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const sources = fileURLToPath(new URL(".", import.meta.url));
/** Where downloads and what is built from them are kept. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "bpf-toolchain");
const archives = {
  "libbpf-dev": "libbpf.a",
  "libelf-dev": "libelf.a",
  "zlib1g-dev": "libz.a",
  "libzstd-dev": "libzstd.a",
};

const goPackages =
  "golang-1.26-go golang-1.26-src golang-github-cilium-ebpf-dev golang-golang-x-sys-dev golang-golang-x-sync-dev".split(
    " ",
  );

/** Why a peer can't be had: a reason to leave its rows out, not to fail. */
export class PeerError extends Error {}

/** Runs a command to its end. @returns what it printed */
export function run(command, args, cwd, env = {}) {
  try {
    return execFileSync(command, args, {
      cwd,
      env: { ...process.env, ...env },
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const reason =
      error.code === "ENOENT" ? "not installed" : (error.stderr || error.message).trim().split("\n").at(-1);
    throw new PeerError(`${command}: ${reason}`);
  }
}

/** The mirror that apt is configured with: it serves every suite. */
function mirror() {
  const targets = run("apt-get", ["indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"]);
  const uri = targets
    .split("\n")
    .find((line) => line.startsWith("Debian "))
    ?.slice("Debian ".length);
  if (uri === undefined) throw new PeerError("apt is configured with no mirror of Debian");
  return uri;
}

/** Downloads packages of Debian testing and unpacks them into a folder, once; apt's own state is not touched. */
export function unpackTesting(folder, packages) {
  if (existsSync(folder)) return;
  const work = `${folder}.${process.pid}`;
  const lists = join(work, "lists");
  mkdirSync(join(lists, "partial"), { recursive: true });
  try {
    const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    writeFileSync(join(work, "testing.list"), `deb [signed-by=${keyring}] ${mirror()} testing main\n`);
    const options = {
      "Dir::Etc::sourcelist": join(work, "testing.list"),
      "Dir::Etc::sourceparts": "-",
      "Dir::State::lists": lists,
      "Dir::State::status": "/dev/null",
      "Dir::Cache::pkgcache": "",
      "Dir::Cache::srcpkgcache": "",
      "Acquire::Languages": "none",
      "APT::Sandbox::User": "root",
    };
    const apt = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    run("apt-get", [...apt, "-qq", "update"], work);
    for (const name of packages) {
      run("apt-get", [...apt, "-qq", "download", name], work);
      run("sh", ["-c", `dpkg-deb -x ${name}_*.deb root`], work);
    }
    renameSync(join(work, "root"), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Compiles C sources. @returns the path of the program */
function compile(name, files, flags = []) {
  const program = join(cache, "bin", name);
  mkdirSync(join(cache, "bin"), { recursive: true });
  run("cc", ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", program, ...files, ...flags]);
  return program;
}

/** @returns the program that does the system calls for maps: maps.c */
export function mapsProgram() {
  return compile("maps", [`${sources}maps.c`]);
}

/** @returns the program that loads with libbpf, libbpf.c, and libbpf's version */
export function libbpfProgram() {
  return compileWithLibbpf("libbpf", `${sources}libbpf.c`);
}

/** Compiles a C source with libbpf in it. @returns the path of the program, libbpf's version and its headers' folder */
export function compileWithLibbpf(name, file) {
  const folder = join(cache, "libbpf");
  unpackTesting(folder, Object.keys(archives));
  const include = join(folder, "usr/include");
  const library = join(folder, "usr/lib", run("cc", ["-print-multiarch"]).trim());
  const program = compile(
    name,
    [file, `${sources}libc-names.c`],
    [`-isystem${include}`, ...Object.values(archives).map((archive) => join(library, archive))],
  );
  return { program, include, version: versionOf(join(include, "bpf/libbpf_version.h")) };
}

/** @returns the program that reads with cilium/ebpf, cilium.go, the one for maps, maps.go, and the version of cilium/ebpf */
export function ciliumProgram() {
  const folder = join(cache, "go");
  unpackTesting(folder, goPackages);
  const [program, maps] = [goProgram(folder, "cilium"), goProgram(folder, "maps")];
  return { program, maps, version: ciliumVersion(folder) };
}

function goProgram(folder, name) {
  const program = join(cache, `bin/go-${name}`);
  const goroot = join(folder, "usr/lib/go-1.26");
  run(join(goroot, "bin/go"), ["build", "-o", program, `${sources}${name}.go`], cache, {
    GOROOT: goroot,
    GOPATH: join(folder, "usr/share/gocode"),
    GOCACHE: join(cache, "go-build"),
    GO111MODULE: "off",
    GOTOOLCHAIN: "local",
    GOFLAGS: "",
    CGO_ENABLED: "0",
  });
  return program;
}

/** The npm package `bpf`, with the addon that it brings built. @returns the folder that has it in its node_modules, and its version */
export function npmBpf() {
  const version = "1.3.0";
  const folder = join(cache, `npm-bpf-${version}`);
  if (!existsSync(join(folder, "node_modules/bpf"))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"private":true}\n');
    run(
      "npm",
      ["install", `bpf@${version}`, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
      folder,
    );
  }
  // It is checked here that it loads, where there is a reason to give.
  run(process.execPath, ["-e", 'require("bpf")'], folder);
  return { folder, version };
}

/** As its changelog in the package says. */
function ciliumVersion(folder) {
  const changelog = join(folder, "usr/share/doc/golang-github-cilium-ebpf-dev/changelog.Debian.gz");
  if (!existsSync(changelog)) return undefined;
  return gunzipSync(readFileSync(changelog))
    .toString()
    .match(/\(([\d.]+)/)?.[1];
}

function versionOf(header) {
  const text = readFileSync(header, "utf8");
  return ["MAJOR", "MINOR"].map((part) => text.match(new RegExp(`LIBBPF_${part}_VERSION (\\d+)`))?.[1]).join(".");
}
