import { BpfError, MissingCapabilityError, quoteName } from "../errors/index.ts";
import { lockedDown } from "../sys/index.ts";
import { isGlob, matchesGlob } from "./glob.ts";
import { readText } from "./mounts.ts";
import { didYouMean } from "./similar-names.ts";
import { readTracefs } from "./tracefs.ts";

/** A function of the kernel or of one of its modules. */
interface KernelFunction {
  readonly name: string;
  /** Hexadecimal, without 0x; all 0 for those who may not see it. */
  readonly address: string;
}

/** A line of /proc/kallsyms, `"ffffffff810001a0 T name\t[module]"`, of a symbol that is code: in a text section, or weak. */
const functionLine = /^([0-9a-f]+) [tTwW] ([^\t\n]+)/gm;

function* functionsIn(text: string): Generator<KernelFunction> {
  for (const [, address = "", name = ""] of text.matchAll(functionLine)) yield { name, address };
}

function kallsyms(): string {
  const text = readText("/proc/kallsyms");
  if (text === undefined || text === "") {
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      "kernel functions can't be looked up: /proc/kallsyms is missing or not readable",
    );
  }
  return text;
}

/** The names of all functions of the kernel and its modules; none when they can't be read. */
export function kernelFunctionNames(): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name } of functionsIn(readText("/proc/kallsyms") ?? "")) names.add(name);
  return names;
}

/** Which of these functions the kernel has; undefined when that can't be read. */
export function existingFunctions(names: readonly string[]): readonly string[] | undefined {
  const text = readText("/proc/kallsyms");
  if (text === undefined || text === "") return undefined;
  return names.filter((name) => text.includes(` ${name}\n`) || text.includes(` ${name}\t`));
}

/**
 * Addresses of the functions that `patterns` name, each exact or with `*` and `?`. The kernel takes names as well, but as
 * an array of pointers; addresses need no pointers, and say which of several functions of one name is meant.
 *
 * @throws BpfError ERR_BPF_NOT_FOUND for a pattern without a match; MissingCapabilityError when addresses are hidden.
 */
export function kernelFunctionAddresses(patterns: readonly string[]): readonly bigint[] {
  const addresses = new Set<bigint>();
  const exact = patterns.filter((pattern) => !isGlob(pattern));
  if (exact.length > 0) for (const address of addressesOfNames(exact)) addresses.add(address);
  const globs = patterns.filter(isGlob);
  if (globs.length > 0) for (const address of addressesOfGlobs(globs)) addresses.add(address);
  return [...addresses];
}

function addressesOfNames(names: readonly string[]): readonly bigint[] {
  const found = new Map<string, bigint[]>(names.map((name) => [name, []]));
  for (const { name, address } of functionsIn(kallsyms())) found.get(name)?.push(addressOf(address));
  return [...found].map(([name, [first, ...others]]) => {
    if (first === undefined) throw noSuchFunction(name);
    if (first === 0n) throw addressesHidden();
    if (others.length > 0) {
      throw new BpfError(
        "ERR_BPF_INVALID_ARGUMENT",
        `the kernel has ${others.length + 1} functions named ${quoteName(name)}; say which by its address in /proc/kallsyms`,
      );
    }
    return first;
  });
}

function addressesOfGlobs(globs: readonly string[]): readonly bigint[] {
  const traceable = traceableFunctions();
  return globs.flatMap((glob) => {
    const matches = matchesGlob(glob);
    const addresses = traceable.filter(({ name }) => matches(name)).map(({ address }) => addressOf(address));
    if (addresses.length === 0) {
      throw new BpfError(
        "ERR_BPF_NOT_FOUND",
        `no function of this kernel that can be traced matches ${quoteName(glob)}`,
      );
    }
    return addresses;
  });
}

/** Functions at whose start the kernel left room for a probe: only those, since one other fails the whole attachment. */
function traceableFunctions(): readonly KernelFunction[] {
  const withAddresses = readTracefs("available_filter_functions_addrs");
  if (withAddresses !== undefined && withAddresses !== "") {
    return withAddresses.split("\n").flatMap((line) => {
      const [address, name] = line.split(" ");
      // "__ftrace_invalid_address___16" stands for a function that was freed after the start.
      if (address === undefined || name === undefined || name.startsWith("__ftrace_invalid_address__")) return [];
      return [{ name, address }];
    });
  }
  // Before 6.5 the list has no addresses.
  const names = readTracefs("available_filter_functions");
  if (names === undefined || names === "") {
    const need =
      "a pattern of kernel functions needs the list of those that can be traced, available_filter_functions of tracefs";
    const locked = lockedDown("confidentiality", "reading it");
    if (locked !== undefined) throw new MissingCapabilityError("lockdown", `${need}: ${locked}, or give exact names`);
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `${need}, which is not readable: mount tracefs (mount -t tracefs nodev /sys/kernel/tracing), or give exact names`,
    );
  }
  const traceable = new Set(names.split("\n").map((line) => line.split(" ")[0]));
  const functions = [...functionsIn(kallsyms())].filter(({ name }) => traceable.has(name));
  if (functions[0] !== undefined && addressOf(functions[0].address) === 0n) throw addressesHidden();
  return functions;
}

function addressOf(hexadecimal: string): bigint {
  return BigInt(`0x${hexadecimal}`);
}

function noSuchFunction(name: string): BpfError {
  return new BpfError(
    "ERR_BPF_NOT_FOUND",
    `this kernel has no function ${quoteName(name)}${didYouMean(name, kernelFunctionNames())}`,
  );
}

function addressesHidden(): BpfError {
  return new MissingCapabilityError(
    "CAP_SYSLOG",
    "addresses in /proc/kallsyms are hidden from this process: it needs CAP_SYSLOG, or sysctl kernel.kptr_restrict=0 and " +
      "kernel.perf_event_paranoid=1",
  );
}
