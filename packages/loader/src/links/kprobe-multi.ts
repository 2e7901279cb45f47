import { BpfError, quoteName } from "../errors/index.ts";
import { kprobeMultiLinks, kprobeSessionLinks } from "../features/link-kinds.ts";
import { Errno, explainSyscall, lacks, type linkCreate, type Values } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { type AttachableProgram, describeProgram, sectionPrefix } from "./attachable-program.ts";
import { createLink } from "./create-link.ts";
import { isGlob } from "./glob.ts";
import { kernelFunctionAddresses, kernelFunctionNames } from "./kernel-functions.ts";
import { BpfLink } from "./link.ts";
import { isListOf, isText, isUint64, type LinkKind, optional, optionError } from "./link-kind.ts";
import { didYouMean } from "./similar-names.ts";

/** Options of `kprobe.multi`, `kretprobe.multi` and `kprobe.session` programs. */
export interface KprobeMultiOptions {
  /** Functions of the kernel, exact or with `*` and `?`. Default: what the section's name says. */
  readonly symbols?: readonly string[];
  /** Functions by their addresses, as in /proc/kallsyms, instead of `symbols`. */
  readonly addresses?: readonly bigint[];
  /** What `bpf_get_attach_cookie()` gives, one for each function; not with patterns. */
  readonly cookies?: readonly bigint[];
}

const F_RETURN = 1;

/** Since Linux 5.18, `kprobe.session` since Linux 6.10; with CONFIG_FPROBE. */
export const kprobeMulti: LinkKind<KprobeMultiOptions> = {
  kind: "kprobeMulti",
  title: "a kprobe.multi program",
  since: "5.18",
  options: {
    symbols: optional("string[]", isListOf(isText)),
    addresses: optional("bigint[]", isListOf(isUint64)),
    cookies: optional("bigint[]", isListOf(isUint64)),
  },
  example: 'attach({ symbols: ["tcp_*"] })',
  attach(program, options) {
    const functions = functionsOf(program, options);
    const { cookies } = options;
    if (cookies !== undefined && (functions.hasGlobs || cookies.length !== functions.count)) {
      throw optionError(kprobeMulti, program, "the option cookies needs one cookie for each exact function");
    }
    const session = program.attachType === AttachType.TRACE_KPROBE_SESSION;
    const link = createLink(
      program,
      {
        attachType: session ? AttachType.TRACE_KPROBE_SESSION : AttachType.TRACE_KPROBE_MULTI,
        kprobeMultiFlags: sectionPrefix(program).startsWith("kret") ? F_RETURN : 0,
        kprobeMultiCnt: functions.count,
        kprobeMultiCookies: cookies === undefined ? undefined : bytesOf(cookies),
        ...functions.values,
      },
      (errno) => {
        if (errno === "ESRCH") throwMissingFunction(program, options.symbols ?? [program.attachTo]);
        return {
          capabilities: ["CAP_BPF", "CAP_PERFMON"],
          probes: [kprobeMultiLinks, ...(session ? [kprobeSessionLinks] : [])],
          hints: {
            ESRCH: "one of the functions can't be traced, or the kernel has several of its name",
            EINVAL: "one of the functions can't be traced",
            EOPNOTSUPP: "the kernel was built without CONFIG_FPROBE",
          },
        };
      },
    );
    return new BpfLink("kprobeMulti", link);
  },
};

interface Functions {
  readonly count: number;
  readonly hasGlobs: boolean;
  readonly values: Values<typeof linkCreate>;
}

function functionsOf(program: AttachableProgram, { symbols, addresses }: KprobeMultiOptions): Functions {
  if (symbols !== undefined && addresses !== undefined) {
    throw optionError(kprobeMulti, program, "the options symbols and addresses exclude each other");
  }
  if (addresses !== undefined) {
    return { count: addresses.length, hasGlobs: false, values: { kprobeMultiAddrs: bytesOf(addresses) } };
  }
  const names = symbols ?? (program.attachTo === "" ? [] : [program.attachTo]);
  if (names.length === 0) {
    throw optionError(kprobeMulti, program, "its section names no functions; give the option symbols");
  }
  if (!names.some(isGlob)) return { count: names.length, hasGlobs: false, values: { kprobeMultiSyms: names } };
  const found = addressesFor(program, names);
  return { count: found.length, hasGlobs: true, values: { kprobeMultiAddrs: bytesOf(found) } };
}

function addressesFor(program: AttachableProgram, names: readonly string[]): readonly bigint[] {
  try {
    return kernelFunctionAddresses(names);
  } catch (error) {
    // A kernel without such links has no list of functions for them either.
    if (lacks(kprobeMultiLinks)) {
      throw explainSyscall(Errno.EOPNOTSUPP, "BPF_LINK_CREATE", describeProgram(program), {
        probes: [kprobeMultiLinks],
        cause: error,
      });
    }
    throw error;
  }
}

function bytesOf(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

function throwMissingFunction(program: AttachableProgram, symbols: readonly string[]): void {
  const names = kernelFunctionNames();
  const missing = symbols.find((symbol) => !isGlob(symbol) && !names.has(symbol));
  if (missing === undefined || names.size === 0) return;
  throw new BpfError(
    "ERR_BPF_NOT_FOUND",
    `${describeProgram(program)} can't be attached: this kernel has no function ${quoteName(missing)} (it may be inlined)` +
      didYouMean(missing, names),
  );
}
