import { BpfError, quoteName } from "../errors/index.ts";
import { uprobeMultiLinks, uprobeSessionLinks } from "../features/link-kinds.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { type AttachableProgram, describeProgram, sectionPrefix } from "./attachable-program.ts";
import { createLink } from "./create-link.ts";
import { readExecutable } from "./executable.ts";
import { isGlob } from "./glob.ts";
import { findExecutable } from "./library-path.ts";
import { BpfLink } from "./link.ts";
import { isCount, isListOf, isText, isUint32, isUint64, type LinkKind, optional, optionError } from "./link-kind.ts";

/** Options of `uprobe.multi`, `uretprobe.multi` and `uprobe.session` programs, and their sleepable forms. */
export interface UprobeMultiOptions {
  /** Executable or library, as for `uprobe`. Default: what the section's name says. */
  readonly path?: string;
  /** Functions in it, exact or with `*` and `?`. Default, without `path`: what the section's name says. */
  readonly symbols?: readonly string[];
  /** Places by bytes from the start of the file, instead of `symbols`. */
  readonly offsets?: readonly number[];
  /** Only in this process. Default: in all. */
  readonly pid?: number;
  /** What `bpf_get_attach_cookie()` gives, one for each place; not with patterns. */
  readonly cookies?: readonly bigint[];
  /** As `refCounterOffset` of `uprobe`, one for each place; not with patterns. */
  readonly refCounterOffsets?: readonly number[];
}

const F_RETURN = 1;

/** Since Linux 6.6, `uprobe.session` since Linux 6.13. */
export const uprobeMulti: LinkKind<UprobeMultiOptions> = {
  kind: "uprobeMulti",
  title: "a uprobe.multi program",
  since: "6.6",
  options: {
    path: optional("string", isText),
    symbols: optional("string[]", isListOf(isText)),
    offsets: optional("number[]", isListOf(isCount)),
    pid: optional("number", (value) => isUint32(value) && value !== 0),
    cookies: optional("bigint[]", isListOf(isUint64)),
    refCounterOffsets: optional("number[]", isListOf(isCount)),
  },
  example: 'attach({ path: "libc.so.6", symbols: ["malloc", "free"] })',
  attach(program, options) {
    const { path, offsets, hasGlobs } = placesOf(program, options);
    const { cookies, refCounterOffsets, pid = 0 } = options;
    for (const [name, list] of Object.entries({ cookies, refCounterOffsets })) {
      if (list !== undefined && (hasGlobs || list.length !== offsets.length)) {
        throw optionError(uprobeMulti, program, `the option ${name} needs one element for each exact place`);
      }
    }
    const session = program.attachType === AttachType.TRACE_UPROBE_SESSION;
    const link = createLink(
      program,
      {
        attachType: session ? AttachType.TRACE_UPROBE_SESSION : AttachType.TRACE_UPROBE_MULTI,
        uprobeMultiPath: path,
        uprobeMultiOffsets: bytesOf(offsets),
        uprobeMultiRefCtrOffsets: refCounterOffsets === undefined ? undefined : bytesOf(refCounterOffsets),
        uprobeMultiCookies: cookies === undefined ? undefined : bytesOf(cookies),
        uprobeMultiCnt: offsets.length,
        uprobeMultiFlags: sectionPrefix(program).startsWith("uret") ? F_RETURN : 0,
        uprobeMultiPid: pid,
      },
      () => ({
        capabilities: ["CAP_BPF", "CAP_PERFMON"],
        probes: [uprobeMultiLinks, ...(session ? [uprobeSessionLinks] : [])],
        hints: {
          ENOENT: `there is no file ${quoteName(path)}`,
          EBADF: `${quoteName(path)} is not a file`,
          ESRCH: `there is no process ${pid}`,
          EINVAL: `one of the offsets is beyond the end of ${quoteName(path)}, or the file can't be probed`,
        },
      }),
    );
    return new BpfLink("uprobeMulti", link);
  },
};

interface Places {
  readonly path: string;
  readonly offsets: readonly number[];
  readonly hasGlobs: boolean;
}

function placesOf(program: AttachableProgram, options: UprobeMultiOptions): Places {
  const { symbols, offsets } = options;
  if (symbols !== undefined && offsets !== undefined) {
    throw optionError(uprobeMulti, program, "the options symbols and offsets exclude each other");
  }
  const colon = program.attachTo.indexOf(":");
  const named =
    colon < 1 ? undefined : { path: program.attachTo.slice(0, colon), symbol: program.attachTo.slice(colon + 1) };
  const path = options.path ?? named?.path;
  if (path === undefined) {
    throw optionError(uprobeMulti, program, "its section names no executable; give the option path");
  }
  const file = findExecutable(path);
  if (offsets !== undefined) return { path: file, offsets, hasGlobs: false };
  const names = symbols ?? (named === undefined || options.path !== undefined ? [] : [named.symbol]);
  if (names.length === 0) throw optionError(uprobeMulti, program, "it needs one of the options symbols and offsets");
  const executable = readExecutable(file);
  const found = names.flatMap((name) => {
    if (!isGlob(name)) return [executable.functionOffset(name)];
    const matches = [...executable.functionOffsets(name).values()];
    if (matches.length > 0) return matches;
    throw new BpfError(
      "ERR_BPF_NOT_FOUND",
      `${describeProgram(program)} can't be attached: no function in ${quoteName(file)} matches ${quoteName(name)}`,
    );
  });
  // Several names of one function, as libraries have, are one place; cookies go by names, so that these stay as they are.
  const hasGlobs = names.some(isGlob);
  return { path: file, offsets: hasGlobs ? [...new Set(found)] : found, hasGlobs };
}

/** As the kernel takes offsets and cookies: 64 bits each. */
export function bytesOf(values: readonly (number | bigint)[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
}
