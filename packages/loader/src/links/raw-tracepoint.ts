import { BpfError, quoteName } from "../errors/index.ts";
import { rawTracepointCookies } from "../features/link-kinds.ts";
import { describeProgram, type AttachableProgram } from "./attachable-program.ts";
import { openRawTracepoint } from "./create-link.ts";
import { kernelBtfNames } from "./kernel-btf-names.ts";
import { BpfLink } from "./link.ts";
import { cookieRule, isText, optional, optionError, type LinkKind } from "./link-kind.ts";
import { didYouMean } from "./similar-names.ts";

/** Options of `raw_tp`, `raw_tp.w` and `raw_tracepoint` programs. */
export interface RawTracepointOptions {
  /** The tracepoint, without its category: `"sched_switch"`. Default: what the section's name says. */
  readonly name?: string;
  /** What `bpf_get_attach_cookie()` gives. Since Linux 6.10. */
  readonly cookie?: bigint;
}

/** Since Linux 4.17. */
export const rawTracepoint: LinkKind<RawTracepointOptions> = {
  kind: "rawTracepoint",
  title: "a raw tracepoint program",
  since: "4.17",
  options: { name: optional("string", isText), cookie: cookieRule },
  example: 'attach({ name: "sched_switch" })',
  attach(program, { name = program.attachTo, cookie }) {
    if (name === "") throw optionError(rawTracepoint, program, "its section names no tracepoint; give the option name");
    const link = openRawTracepoint(program, { name, cookie }, (errno) => {
      if (errno === "ENOENT") throw noSuchTracepoint(program, name);
      return {
        capabilities: ["CAP_BPF", "CAP_PERFMON"],
        probes: cookie === undefined ? [] : [rawTracepointCookies],
        hints: { EINVAL: `it reads more arguments than tracepoint ${quoteName(name)} has, or is not of a type for it` },
      };
    });
    return new BpfLink("rawTracepoint", link);
  },
};

function noSuchTracepoint(program: AttachableProgram, name: string): BpfError {
  const hint = name.includes("/")
    ? `; a raw tracepoint has no category: ${quoteName(name.slice(name.lastIndexOf("/") + 1))}`
    : didYouMean(name, rawTracepointNames());
  return new BpfError(
    "ERR_BPF_NOT_FOUND",
    `${describeProgram(program)} can't be attached: this kernel has no raw tracepoint ${quoteName(name)}${hint}`,
  );
}

/** Names of the kernel's tracepoints (not of its modules'): its BTF has a typedef `btf_trace_<name>` for each. */
function rawTracepointNames(): readonly string[] {
  return kernelBtfNames("btf_trace_") ?? [];
}
