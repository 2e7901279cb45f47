/**
 * `extern … __kconfig` variables: the kernel's build configuration as a program's constants. Rules are libbpf's.
 *
 * @module
 */

import type { Btf } from "../btf/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";

/** One `extern … __kconfig` variable. */
export interface KernelConfigVariable {
  readonly name: string;
  /** Bytes from the start of `.kconfig`. */
  readonly offset: number;
  readonly typeId: number;
  /** A weak one is 0 where the kernel has no such setting. */
  readonly weak: boolean;
}

/** Where the values come from; each is asked for only when a variable needs it. */
export interface KernelConfigSource {
  /** `KERNEL_VERSION(major, minor, patch)`, the patch at most 255. */
  version(): number;
  /** Whether programs can have a cookie for each attachment. Since Linux 5.15. */
  hasCookie(): boolean;
  /** Whether system calls are functions with a wrapper, such as `__x64_sys_read`. Since Linux 4.17, by architecture. */
  hasSyscallWrapper(): boolean;
  /** The configuration's text: lines `CONFIG_HZ=250`. */
  config(): string;
}

/**
 * The content of `.kconfig`.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` for a setting that is missing and not weak, `ERR_BPF_VALUE` for one that its
 * variable's type can't hold.
 */
export function kernelConfigContent(
  variables: readonly KernelConfigVariable[],
  btf: Btf,
  size: number,
  source: KernelConfigSource,
): Uint8Array {
  const content = new Uint8Array(size);
  const view = new DataView(content.buffer);
  let settings: ReadonlyMap<string, string> | undefined;
  for (const variable of variables) {
    const type = configType(btf, variable);
    if (variable.name.startsWith("CONFIG_")) {
      settings ??= parseConfig(source.config(), new Set(variables.map(({ name }) => name)));
      const setting = settings.get(variable.name);
      if (setting !== undefined) writeSetting(view, variable, type, setting, btf.littleEndian);
      else if (!variable.weak) throw missing(variable, "the kernel's configuration has no such setting");
      continue;
    }
    const value = virtualValue(variable.name, source);
    if (value !== undefined) writeNumber(view, variable, type, value, btf.littleEndian);
    else if (!variable.weak) throw missing(variable, "it is none of the values that a loader provides");
  }
  return content;
}

function virtualValue(name: string, source: KernelConfigSource): bigint | undefined {
  switch (name) {
    case "LINUX_KERNEL_VERSION":
      return BigInt(source.version());
    case "LINUX_HAS_BPF_COOKIE":
      return source.hasCookie() ? 1n : 0n;
    case "LINUX_HAS_SYSCALL_WRAPPER":
      return source.hasSyscallWrapper() ? 1n : 0n;
    default:
      return undefined;
  }
}

/** The lines of a kernel configuration that are asked for. Unset ones are comments there, and not in the result. */
export function parseConfig(text: string, wanted: ReadonlySet<string>): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)) {
    if (name !== undefined && value !== undefined && wanted.has(name) && !settings.has(name)) settings.set(name, value);
  }
  return settings;
}

type ConfigType =
  | { readonly kind: "bool" | "tristate" }
  | { readonly kind: "integer"; readonly size: number; readonly signed: boolean }
  | { readonly kind: "string"; readonly size: number };

function configType(btf: Btf, variable: KernelConfigVariable): ConfigType {
  const type = btf.resolve(variable.typeId);
  switch (type.kind) {
    case "int":
      if (type.bool && type.size === 1) return { kind: "bool" };
      if (!type.bool && type.size <= 8) return { kind: "integer", size: type.size, signed: type.signed };
      break;
    case "enum":
      if (type.name === "libbpf_tristate" && type.size === 4) return { kind: "tristate" };
      break;
    case "array":
      if (type.length > 0 && btf.sizeOf(type.elementTypeId) === 1 && btf.resolve(type.elementTypeId).kind === "int") {
        return { kind: "string", size: type.length };
      }
      break;
    default:
  }
  throw new BpfError(
    "ERR_BPF_VALUE",
    `extern ${quoteName(variable.name)}: ${btf.typeName(variable.typeId)} can't hold a kernel setting; it can be bool, an integer, a char array or enum libbpf_tristate`,
  );
}

/** How `enum libbpf_tristate` of libbpf's bpf_helpers.h numbers them. */
const tristate: ReadonlyMap<string, bigint> = new Map([
  ["n", 0n],
  ["y", 1n],
  ["m", 2n],
]);

function writeSetting(
  view: DataView,
  variable: KernelConfigVariable,
  type: ConfigType,
  setting: string,
  littleEndian: boolean,
): void {
  const choice = tristate.get(setting);
  if (choice !== undefined) {
    if (type.kind === "tristate") view.setUint32(variable.offset, Number(choice), littleEndian);
    else if (type.kind === "bool" && setting !== "m") view.setUint8(variable.offset, Number(choice));
    else if (type.kind === "integer" && type.size === 1) view.setUint8(variable.offset, setting.charCodeAt(0));
    else throw unfit(variable, setting, setting === "m" ? "enum libbpf_tristate or char" : "bool");
    return;
  }
  if (setting.startsWith('"')) {
    if (type.kind !== "string") throw unfit(variable, setting, "an array of char");
    // Cut to what fits behind which a NUL has room, as libbpf does.
    const bytes = new TextEncoder().encode(setting.slice(1, -1)).subarray(0, type.size - 1);
    new Uint8Array(view.buffer, view.byteOffset).set(bytes, variable.offset);
    return;
  }
  const holdsNumbers = type.kind === "integer" || type.kind === "bool";
  if (!holdsNumbers || !/^-?(?:0x[0-9a-f]+|\d+)$/i.test(setting)) throw unfit(variable, setting, "an integer");
  const magnitude = BigInt(setting.replace("-", ""));
  writeNumber(view, variable, type, setting.startsWith("-") ? -magnitude : magnitude, littleEndian);
}

function writeNumber(
  view: DataView,
  variable: KernelConfigVariable,
  type: ConfigType,
  value: bigint,
  littleEndian: boolean,
): void {
  if (type.kind === "bool" && (value === 0n || value === 1n)) {
    view.setUint8(variable.offset, Number(value));
    return;
  }
  if (type.kind !== "integer") throw unfit(variable, String(value), "an integer");
  const bits = type.size * 8;
  const fits = type.signed ? BigInt.asIntN(bits, value) === value : BigInt.asUintN(bits, value) === value;
  // The configuration writes 64-bit values without a sign, so a signed variable of that size takes the bits.
  if (!fits && bits < 64) throw unfit(variable, String(value), "a wider integer");
  for (let index = 0; index < type.size; index++) {
    const shift = BigInt(8 * (littleEndian ? index : type.size - 1 - index));
    view.setUint8(variable.offset + index, Number(BigInt.asUintN(8, value >> shift)));
  }
}

function missing(variable: KernelConfigVariable, why: string): BpfError {
  return new BpfError(
    "ERR_BPF_NOT_FOUND",
    `extern ${quoteName(variable.name)}: ${why}; declare it __weak to get 0 instead`,
  );
}

function unfit(variable: KernelConfigVariable, setting: string, wanted: string): BpfError {
  return new BpfError(
    "ERR_BPF_VALUE",
    `extern ${quoteName(variable.name)}: the kernel's value ${quoteName(setting)} needs a variable that is ${wanted}`,
  );
}
