import { quoteName } from "../errors/index.ts";
import { type AttachableProgram, sectionPrefix } from "./attachable-program.ts";
import { readExecutable } from "./executable.ts";
import { parseFileTarget } from "./function-target.ts";
import { findExecutable } from "./library-path.ts";
import { cookieRule, isCount, isText, isUint32, type LinkKind, optional, optionError } from "./link-kind.ts";
import { attachUprobe } from "./uprobe-event.ts";

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
    const { pid = -1, cookie, refCounterOffset: counterOffset } = options;
    const atReturn = sectionPrefix(program).startsWith("uret");
    return attachUprobe("uprobe", program, { path, offset, atReturn, pid, cookie, counterOffset });
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
