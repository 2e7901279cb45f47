import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { BpfError, quoteName } from "../errors/index.ts";

/** Debian's directory for libraries of an architecture, by Node's name for it. */
const multiarch: ReadonlyMap<string, string> = new Map([
  ["x64", "x86_64-linux-gnu"],
  ["ia32", "i386-linux-gnu"],
  ["arm64", "aarch64-linux-gnu"],
  ["arm", "arm-linux-gnueabihf"],
  ["s390x", "s390x-linux-gnu"],
  ["ppc64", "powerpc64le-linux-gnu"],
  ["riscv64", "riscv64-linux-gnu"],
  ["loong64", "loongarch64-linux-gnu"],
  ["mips64el", "mips64el-linux-gnuabi64"],
]);

/**
 * The absolute path of an executable or library, for attaching to it.
 *
 * With a `/` it is a path, from the working directory when relative. Without, it is searched by libbpf's rule: a name with
 * `.so` at its end or `.so.` in it in LD_LIBRARY_PATH, then where libraries are; any other in PATH, then where programs are.
 *
 * @throws BpfError ERR_BPF_NOT_FOUND, which lists the directories that were searched.
 */
export function findExecutable(name: string): string {
  if (name.includes("/")) return resolve(name);
  const library = name.endsWith(".so") || name.includes(".so.");
  const access = library ? constants.R_OK : constants.R_OK | constants.X_OK;
  const directories = library ? libraryDirectories() : programDirectories();
  for (const directory of directories) {
    const path = join(directory, name);
    if (isUsable(path, access)) return path;
  }
  throw new BpfError(
    "ERR_BPF_NOT_FOUND",
    `found no ${library ? "library" : "program"} ${quoteName(name)} in ${directories.join(":")}; give its path`,
  );
}

function libraryDirectories(): readonly string[] {
  const triplet = multiarch.get(process.arch);
  return searched(process.env["LD_LIBRARY_PATH"], [
    "/usr/lib64",
    "/usr/lib",
    ...(triplet === undefined ? [] : [`/usr/lib/${triplet}`, `/lib/${triplet}`]),
    "/lib64",
    "/lib",
  ]);
}

function programDirectories(): readonly string[] {
  return searched(process.env["PATH"], ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]);
}

function searched(variable: string | undefined, usual: readonly string[]): readonly string[] {
  const own = (variable ?? "").split(delimiter).filter((directory) => directory !== "");
  return [...new Set([...own.map((directory) => resolve(directory)), ...usual])];
}

function isUsable(path: string, access: number): boolean {
  try {
    accessSync(path, access);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
