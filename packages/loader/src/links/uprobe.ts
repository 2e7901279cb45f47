import { NotSupportedError, quoteName } from "../errors/index.ts";
import { perfEventOpen } from "../sys/index.ts";
import { type AttachableProgram, describeProgram, sectionPrefix } from "./attachable-program.ts";
import { readExecutable } from "./executable.ts";
import { parseFileTarget } from "./function-target.ts";
import { findExecutable } from "./library-path.ts";
import { cookieRule, isCount, isText, isUint32, type LinkKind, optional, optionError } from "./link-kind.ts";
import { attachToPerfEvent } from "./perf-attachment.ts";
import { probeDevice, type ProbeDevice } from "./probe-device.ts";

/** Options of `uprobe` and `uretprobe` programs, and their sleepable forms. */
export interface UprobeOptions {
  /**
   * Executable or library: a path, or a name that is searched as libbpf does (`"libc.so.6"`, `"bash"`). Default: what the
   * section's name says.
   */
  readonly path?: string;
  /** Function in it. Default, without `path`: what the section's name says. */
  readonly symbol?: string;
  /** Bytes from the start of the function, or without `symbol`, of the file. */
  readonly offset?: number;
  /** Only in this process, 0 = this one. Default: in all that run the file, now and later. */
  readonly pid?: number;
  /** What `bpf_get_attach_cookie()` gives. Since Linux 5.15. */
  readonly cookie?: bigint;
  /** Bytes from the start of the file of the 16-bit counter that the program reads to see whether it is traced. Since Linux 4.20. */
  readonly refCounterOffset?: number;
}

/** Since Linux 4.17, with CONFIG_UPROBE_EVENTS. */
export const uprobe: LinkKind<UprobeOptions> = {
  kind: "uprobe",
  title: "a uprobe program",
  since: "4.17",
  options: {
    path: optional("string", isText),
    symbol: optional("string", isText),
    offset: optional("number", isCount),
    pid: optional("number", isUint32),
    cookie: cookieRule,
    refCounterOffset: optional("number", isUint32),
  },
  example: 'attach({ path: "libc.so.6", symbol: "malloc" })',
  attach(program, options) {
    const { path, offset } = targetOf(program, options);
    const object = describeProgram(program);
    const device = probeDevice("uprobe", object);
    const atReturn = sectionPrefix(program).startsWith("uret");
    const { pid = -1, cookie, refCounterOffset } = options;
    const event = perfEventOpen(
      {
        type: device.type,
        config: (atReturn ? device.returnFlag : 0n) | counterBits(device, refCounterOffset, object),
        probeName: path,
        config2: offset,
      },
      // For one process on all CPUs, or for all; the kernel does not look at the CPU then, but wants one.
      { pid, cpu: pid === -1 ? 0 : -1 },
      object,
      {
        hints: {
          ENOENT: `there is no file ${quoteName(path)}`,
          EINVAL: `${quoteName(path)} is no executable file of more than ${offset} bytes`,
          ESRCH: `there is no process ${pid}`,
        },
      },
    );
    return attachToPerfEvent("uprobe", program, event, cookie);
  },
};

/** The file, and the place in it in bytes. */
function targetOf(program: AttachableProgram, options: UprobeOptions): { path: string; offset: number } {
  const named = program.attachTo === "" ? undefined : parseFileTarget(program.attachTo);
  if (program.attachTo !== "" && named === undefined && options.path === undefined) {
    throw optionError(uprobe, program, `${quoteName(program.attachTo)} is no place in a file, as "path:function"`);
  }
  const path = options.path ?? named?.path;
  if (path === undefined) throw optionError(uprobe, program, "its section names no executable; give the option path");
  // What the section's name says of the function is about the section's file.
  const own =
    options.path === undefined && options.symbol === undefined && options.offset === undefined ? named : undefined;
  const symbol = options.symbol ?? own?.symbol;
  const distance = options.offset ?? own?.offset ?? 0;
  if (symbol === undefined && options.offset === undefined) {
    throw optionError(uprobe, program, "it needs one of the options symbol and offset");
  }
  if (sectionPrefix(program).startsWith("uret") && symbol !== undefined && distance !== 0) {
    throw optionError(uprobe, program, "a probe of the return has no offset in the function");
  }
  const file = findExecutable(path);
  return {
    path: file,
    offset: symbol === undefined ? distance : readExecutable(file).functionOffset(symbol) + distance,
  };
}

function counterBits(device: ProbeDevice, offset: number | undefined, object: string): bigint {
  if (offset === undefined) return 0n;
  if (device.counterShift !== undefined) return BigInt(offset) << device.counterShift;
  throw new NotSupportedError(
    "counters of uprobes",
    "4.20",
    `${object} can't be attached: this kernel has no counters of uprobes, which came with Linux 4.20; leave the option refCounterOffset out`,
  );
}
