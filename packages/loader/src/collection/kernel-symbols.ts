import { readFileSync } from "node:fs";
import { BpfError, MissingCapabilityError, quoteName } from "../errors/index.ts";

/**
 * Addresses of kernel symbols, from /proc/kallsyms. A name that the kernel lacks is not in the result.
 *
 * @throws MissingCapabilityError when the kernel shows no addresses to this process (kernel.kptr_restrict).
 * @throws BpfError when a name stands for several addresses.
 */
export function kernelSymbolAddresses(names: ReadonlySet<string>): ReadonlyMap<string, bigint> {
  return findSymbols(readFileSync("/proc/kallsyms", "latin1"), names);
}

/** True when the kernel itself has one of the symbols. Works without seeing addresses. */
export function hasKernelSymbol(names: readonly string[]): boolean {
  const kallsyms = readFileSync("/proc/kallsyms", "latin1");
  return names.some((name) => kallsyms.includes(` ${name}\n`));
}

/** Lines are `ffffffff81000000 T _text`, behind which a tab and `[module]` may stand. */
export function findSymbols(kallsyms: string, names: ReadonlySet<string>): ReadonlyMap<string, bigint> {
  const addresses = new Map<string, bigint>();
  for (const name of names) {
    for (const address of addressesOf(kallsyms, name)) {
      const known = addresses.get(name);
      if (known !== undefined && known !== address) {
        throw new BpfError(
          "ERR_BPF_NOT_FOUND",
          `kernel symbol ${quoteName(name)} is ambiguous: it is at 0x${known.toString(16)} and at 0x${address.toString(16)}`,
        );
      }
      if (address === 0n) {
        throw new MissingCapabilityError(
          "CAP_SYSLOG",
          `kernel symbol ${quoteName(name)}: /proc/kallsyms shows no addresses to this process; it needs CAP_SYSLOG, or kernel.kptr_restrict = 0`,
        );
      }
      addresses.set(name, address);
    }
  }
  return addresses;
}

function* addressesOf(kallsyms: string, name: string): Generator<bigint> {
  let from = 0;
  for (;;) {
    const at = kallsyms.indexOf(` ${name}`, from);
    if (at < 0) return;
    from = at + 1;
    const after = kallsyms[at + 1 + name.length];
    // LLVM's link-time optimisation renames static data: `name.llvm.123`.
    const renamed = kallsyms[at - 1] === "d" && kallsyms.startsWith(".llvm.", at + 1 + name.length);
    if (after !== "\n" && after !== "\t" && after !== undefined && !renamed) continue;
    const lineStart = kallsyms.lastIndexOf("\n", at) + 1;
    const address = kallsyms.slice(lineStart, kallsyms.indexOf(" ", lineStart));
    if (/^[0-9a-f]+$/.test(address)) yield BigInt(`0x${address}`);
  }
}
