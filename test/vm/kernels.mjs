// The kernels of other releases, from Debian: downloaded with apt, into the cache, installed nowhere.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, run } from "../bench/peers.mjs";
import { extractKernel } from "./vmlinux.mjs";

/**
 * The releases that are tested, and the suites of Debian that have them. The cloud flavour is small, and has virtio built in or as
 * modules, everything of BPF, BTF, and cgroup, network and tracing.
 */
export const KERNELS = [
  { name: "5.10", suites: ["bullseye-security"] },
  { name: "6.1", suites: ["bookworm", "bookworm-security"] },
  // The oldest suite that has it: the programs that build modules for it run on every later system.
  {
    name: "6.12",
    suites: ["bookworm", "bookworm-security"],
    metapackage: "linux-image-6.12-cloud-amd64",
    buildsModules: true,
  },
  { name: "newest", suites: ["testing"] },
  // What the next release will have, or a release that is to be tested still: only where it is asked for.
  { name: "next", suites: ["experimental"], isOptional: true },
];

/** Depends on the newest kernel of its suite, where none is named. */
const METAPACKAGE = "linux-image-cloud-amd64";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** Raised when what is made of a package changes. */
const FORMAT = 2;

/** The mirror of Debian that apt is configured with, or the one that `DEBIAN_MIRROR` names. */
function mirror(suite) {
  const archive = suite.endsWith("-security") ? "debian-security" : "debian";
  const targets = run("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]);
  const configured = targets.split("\n").find((uri) => uri.replace(/\/$/, "").endsWith(`/${archive}`));
  if (configured !== undefined) return configured;
  const named = process.env.DEBIAN_MIRROR;
  if (named !== undefined) return `${named.replace(/\/$/, "")}/${archive}/`;
  throw new Error(`apt knows no mirror of ${archive}; name one: DEBIAN_MIRROR=ADDRESS, which has /${archive}/ in it`);
}

/** apt for some suites, beside the machine's own. */
class Apt {
  #options;
  #folder;

  constructor(suites, folder) {
    const lists = join(folder, "lists");
    mkdirSync(join(lists, "partial"), { recursive: true });
    const list = join(folder, "suites.list");
    const lines = suites.map((suite) => `deb [arch=amd64 signed-by=${KEYRING}] ${mirror(suite)} ${suite} main\n`);
    writeFileSync(list, lines.join(""));
    const options = {
      "Dir::Etc::sourcelist": list,
      "Dir::Etc::sourceparts": "-",
      "Dir::State::lists": lists,
      "Dir::State::status": "/dev/null",
      "Dir::Cache::pkgcache": "",
      "Dir::Cache::srcpkgcache": "",
      "Acquire::Languages": "none",
      ...(process.getuid() === 0 ? { "APT::Sandbox::User": "root" } : {}),
    };
    this.#options = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    this.#folder = folder;
    run("apt-get", [...this.#options, "-qq", "update"]);
  }

  /** The packages of the kernel itself that a package depends on, and those that they depend on. @param parts which of them */
  kernelPackages(name, parts, found = new Set()) {
    const depends = run("apt-cache", [...this.#options, "depends", "--important", name]);
    for (const [, dependency, part] of depends.matchAll(/Depends: (linux-([a-z]+)-\d\S*)/g)) {
      if (!parts.includes(part) || found.has(dependency)) continue;
      found.add(dependency);
      this.kernelPackages(dependency, parts, found);
    }
    return found;
  }

  /** Downloads packages and unpacks them. */
  unpack(names, root) {
    const folder = join(this.#folder, "packages");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    run("apt-get", [...this.#options, "-qq", "download", ...names], folder);
    for (const file of readdirSync(folder)) run("dpkg-deb", ["-x", file, root], folder);
  }
}

/**
 * A kernel that can be started: `vmlinux`, `lib/modules` and `config` in a folder of the cache, which is filled when it is
 * not there; `headers` for building modules, where that is wanted and can be had.
 *
 * @param kernel one of {@link KERNELS}
 * @param refresh download the suite's newest, also when there is one
 */
export function prepareKernel(kernel, say, refresh = false) {
  const folder = join(cache, "kernels", kernel.name);
  const stamp = join(folder, `format-${FORMAT}`);
  if (refresh || !existsSync(stamp)) {
    const work = `${folder}.${process.pid}`;
    try {
      download(kernel, work, say);
      writeFileSync(join(work, `format-${FORMAT}`), "");
      rmSync(folder, { recursive: true, force: true });
      renameSync(work, folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const { name, buildsModules = false } = kernel;
  return { name, folder, buildsModules, release: readFileSync(join(folder, "release"), "utf8") };
}

function download(kernel, work, say) {
  const lists = join(work, "apt");
  mkdirSync(lists, { recursive: true });
  const apt = new Apt(kernel.suites, lists);
  const { metapackage = METAPACKAGE } = kernel;
  const packages = [...apt.kernelPackages(metapackage, ["image", "binary", "modules", "base"])];
  if (packages.length === 0) throw new Error(`Debian has no ${metapackage} in ${kernel.suites.join(", ")}`);
  say(`Downloading ${packages.join(", ")}`);
  const root = join(work, "root");
  apt.unpack(packages, root);

  const modules = [join(root, "lib/modules"), join(root, "usr/lib/modules")].find((path) => existsSync(path));
  const [release] = readdirSync(modules);
  mkdirSync(join(work, "lib"));
  renameSync(modules, join(work, "lib/modules"));
  // Decompressed here, where it is quick.
  run("sh", ["-c", "find . -name '*.ko.xz' -exec xz -d {} +; find . -name '*.ko.zst' -exec zstd -dq --rm {} +"], work);
  run("depmod", ["-b", work, release]);
  const boot = [join(root, `boot/vmlinuz-${release}`), join(work, "lib/modules", release, "vmlinuz")];
  const config = [join(root, `boot/config-${release}`), join(work, "lib/modules", release, "config")];
  extractKernel(
    boot.find((path) => existsSync(path)),
    join(work, "vmlinux"),
  );
  renameSync(
    config.find((path) => existsSync(path)),
    join(work, "config"),
  );
  writeFileSync(join(work, "release"), release);
  if (kernel.buildsModules) unpackHeaders(apt, release, join(work, "headers"), say);
  for (const path of [root, lists]) rmSync(path, { recursive: true });
}

/** Without headers there is a kernel all the same, and a module less. */
function unpackHeaders(apt, release, to, say) {
  const headers = `linux-headers-${release}`;
  try {
    apt.unpack([headers, ...apt.kernelPackages(headers, ["headers", "kbuild"])], to);
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    say(`${headers} can't be had: ${error.message}`);
  }
}
