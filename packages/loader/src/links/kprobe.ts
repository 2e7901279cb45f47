import { BpfError, quoteName, SyscallError } from "../errors/index.ts";
import { perfEventOpen } from "../sys/index.ts";
import { type AttachableProgram, describeProgram, sectionPrefix } from "./attachable-program.ts";
import { parseKernelTarget } from "./function-target.ts";
import { kernelFunctionNames } from "./kernel-functions.ts";
import type { Link } from "./link.ts";
import { cookieRule, isCount, isText, type LinkKind, optional, optionError } from "./link-kind.ts";
import { attachToPerfEvent } from "./perf-attachment.ts";
import { probeDevice } from "./probe-device.ts";
import { didYouMean } from "./similar-names.ts";

/** Options of `kprobe` and `kretprobe` programs. */
export interface KprobeOptions {
  /** The kernel's function. Default: what the section's name says. */
  readonly symbol?: string;
  /** Bytes from the function's start; not for `kretprobe`. */
  readonly offset?: number;
  /** What `bpf_get_attach_cookie()` gives. Since Linux 5.15. */
  readonly cookie?: bigint;
}

/** Since Linux 4.17, with CONFIG_KPROBE_EVENTS. */
export const kprobe: LinkKind<KprobeOptions> = {
  kind: "kprobe",
  title: "a kprobe program",
  since: "4.17",
  options: { symbol: optional("string", isText), offset: optional("number", isCount), cookie: cookieRule },
  example: 'attach({ symbol: "do_unlinkat" })',
  attach(program, { symbol, offset, cookie }) {
    const named = program.attachTo === "" ? undefined : parseKernelTarget(program.attachTo);
    if (program.attachTo !== "" && named === undefined && symbol === undefined) {
      throw optionError(kprobe, program, `${quoteName(program.attachTo)} is no function, as "name" or "name+offset"`);
    }
    const target = symbol ?? named?.symbol;
    if (target === undefined)
      throw optionError(kprobe, program, "its section names no function; give the option symbol");
    // An offset belongs to the function that it was given with.
    const distance = offset ?? (symbol === undefined ? (named?.offset ?? 0) : 0);
    const atReturn = sectionPrefix(program).startsWith("kret");
    if (atReturn && distance !== 0) throw optionError(kprobe, program, "a probe of the return has no offset");
    return attachKprobe("kprobe", program, { symbol: target, offset: distance, atReturn, cookie });
  },
};

/** Attaches to one function of the kernel. */
export function attachKprobe(
  kind: "kprobe" | "ksyscall",
  program: AttachableProgram,
  probe: { symbol: string; offset: number; atReturn: boolean; cookie: bigint | undefined },
): Link {
  const object = describeProgram(program);
  const device = probeDevice("kprobe", object);
  try {
    const event = perfEventOpen(
      {
        type: device.type,
        config: probe.atReturn ? device.returnFlag : 0n,
        probeName: probe.symbol,
        config2: probe.offset,
      },
      { pid: -1, cpu: 0 },
      object,
      {
        confidential: "kprobes, but neither fentry nor kprobe.multi programs",
        hints: {
          EINVAL: `function ${quoteName(probe.symbol)} can't be probed there: the kernel protects it, or no instruction starts at offset ${probe.offset}`,
          EADDRNOTAVAIL: `the kernel has several functions named ${quoteName(probe.symbol)}; use another that calls it`,
          EILSEQ: `no instruction starts at offset ${probe.offset} of ${quoteName(probe.symbol)}`,
        },
      },
    );
    return attachToPerfEvent(kind, program, event, probe.cookie, {
      EINVAL: "a program that is not GPL or that overrides return values can't be attached to this function",
    });
  } catch (error) {
    if (error instanceof SyscallError && error.errno === "ENOENT") throw noSuchFunction(object, probe.symbol, error);
    throw error;
  }
}

function noSuchFunction(object: string, symbol: string, cause: unknown): BpfError {
  return new BpfError(
    "ERR_BPF_NOT_FOUND",
    `${object} can't be attached: this kernel has no function ${quoteName(symbol)} (it may be inlined)` +
      didYouMean(symbol, kernelFunctionNames()),
    { cause },
  );
}
