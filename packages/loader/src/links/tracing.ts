import { rawTracepointCookies } from "../features/link-kinds.ts";
import type { FailureContext, FeatureProbe, FileDescriptor } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import type { AttachableProgram } from "./attachable-program.ts";
import { createLink, openRawTracepoint } from "./create-link.ts";
import { kernelBtfNames } from "./kernel-btf-names.ts";
import { BpfLink } from "./link.ts";
import { cookieRule, type LinkKind } from "./link-kind.ts";

/** Options of `fentry`, `fexit`, `fmod_ret`, `fsession` and `tp_btf` programs, which were loaded for one function or tracepoint. */
export interface TracingOptions {
  /** What `bpf_get_attach_cookie()` gives. Since Linux 5.19; for `tp_btf` since 6.10. */
  readonly cookie?: bigint;
}

/** Since Linux 5.5. */
export const tracing: LinkKind<TracingOptions> = {
  kind: "tracing",
  title: "a tracing program (fentry, fexit, fmod_ret, fsession, tp_btf)",
  since: "5.5",
  options: { cookie: cookieRule },
  example: "attach()",
  attach(program, { cookie }) {
    return new BpfLink("tracing", attachToLoadTarget(program, cookie));
  },
};

/**
 * Attaches a program to the kernel function, hook or tracepoint that it was loaded for.
 *
 * Without a cookie by BPF_RAW_TRACEPOINT_OPEN, which every kernel has that can load such a program; BPF_LINK_CREATE takes
 * the same programs only since 5.19.
 */
export function attachToLoadTarget(program: AttachableProgram, cookie: bigint | undefined): FileDescriptor {
  if (cookie === undefined) return openRawTracepoint(program, {}, () => failure);
  const probe = program.attachType === AttachType.TRACE_RAW_TP ? rawTracepointCookies : tracingCookies;
  return createLink(program, { attachType: program.attachType, tracingCookie: cookie }, () => ({
    ...failure,
    probes: [probe],
  }));
}

const failure: FailureContext = {
  capabilities: ["CAP_BPF", "CAP_PERFMON"],
  hints: {
    E2BIG: "the function has as many programs as the kernel allows (38)",
    EBUSY: "the function is traced in a way that can't be shared, or changed by a kernel live patch",
    ENOTSUPP: "the kernel can't attach to functions on this architecture: it has no BPF trampolines for it",
    EEXIST: "the function is replaced by another program",
  },
};

/** Cookies of fentry, fexit, fmod_ret and LSM programs. A structure tells, since a program to try it with needs a target. */
const tracingCookies: FeatureProbe = {
  name: "cookies of tracing programs",
  since: "5.19",
  test: () => kernelBtfNames("bpf_tramp_link")?.includes("") ?? "the kernel has no BTF to tell by",
};
