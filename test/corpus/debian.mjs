// What the corpora are made of and with, from Debian: tools are installed, sources are downloaded and unpacked into the cache.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache, PeerError, run } from "../bench/peers.mjs";

const TOOLS = ["clang-19", "llvm-19", "gcc", "libc6-dev", "dpkg-dev"];

function isInstalled(name) {
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f", "${Status}", name], { encoding: "utf8" });
  return stdout.includes("ok installed");
}

/** Installs the compilers where they are missing, and says so. */
export function installTools(say) {
  const missing = TOOLS.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  if (process.getuid() !== 0) {
    throw new PeerError(`these packages are missing, and only root can install them: ${missing.join(" ")}`);
  }
  say(`Installing ${missing.join(", ")}`);
  run("apt-get", ["-qq", "update"]);
  run("apt-get", ["-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "install", ...missing]);
}

/** The version that apt would install. */
function candidate(name) {
  const find = () => /Candidate: (?!\(none\))(\S+)/.exec(run("apt-cache", ["policy", name]))?.[1];
  const known = find();
  if (known !== undefined) return known;
  run("apt-get", ["-qq", "update"]);
  const found = find();
  if (found === undefined) throw new PeerError(`apt knows no package ${name}`);
  return found;
}

/**
 * Downloads a package and unpacks it into the cache, once for each version.
 * `unpack` is a shell command that gets the package as `$1` and the folder to fill as `$2`.
 */
export function unpackPackage(name, say, unpack = 'dpkg-deb -x "$1" "$2"') {
  const version = candidate(name);
  const folder = join(cache, `${name}_${version.replace(/[^\w.+~-]/g, "_")}`);
  if (!existsSync(folder)) {
    say(`Downloading ${name} ${version}`);
    const work = `${folder}.${process.pid}`;
    mkdirSync(join(work, "root"), { recursive: true });
    try {
      run("apt-get", ["-qq", "-o", "APT::Sandbox::User=root", "download", `${name}=${version}`], work);
      run("bash", ["-o", "pipefail", "-c", `set -- ${name}_*.deb root; ${unpack}`], work);
      renameSync(join(work, "root"), folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  return { folder, version };
}
