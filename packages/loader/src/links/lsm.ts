import { NotSupportedError } from "../errors/index.ts";
import { describeProgram } from "./attachable-program.ts";
import { BpfLink } from "./link.ts";
import { cookieRule, type LinkKind } from "./link-kind.ts";
import { readText } from "./mounts.ts";
import { attachToLoadTarget } from "./tracing.ts";

/** Options of `lsm` programs, which were loaded for one hook. */
export interface LsmOptions {
  /** What `bpf_get_attach_cookie()` gives. Since Linux 5.19. */
  readonly cookie?: bigint;
}

/** Since Linux 5.7. */
export const lsm: LinkKind<LsmOptions> = {
  kind: "lsm",
  title: "an LSM program",
  since: "5.7",
  options: { cookie: cookieRule },
  example: "attach()",
  attach(program, { cookie }) {
    const link = new BpfLink("lsm", attachToLoadTarget(program, cookie));
    // The kernel attaches it also when the hooks are never called, which looks like a program that does not work.
    if (bpfModuleIsOff()) {
      link.close();
      throw new NotSupportedError(
        "BPF among the security modules",
        undefined,
        `${describeProgram(program)} would never run: the kernel was not started with bpf among its security modules ` +
          `(/sys/kernel/security/lsm); add it to the list lsm= of the kernel's command line`,
      );
    }
    return link;
  },
};

/** Whether the kernel calls no BPF security hooks; false when that can't be told. */
function bpfModuleIsOff(): boolean {
  const active = readText("/sys/kernel/security/lsm")?.trim();
  return active !== undefined && active !== "" && !active.split(",").includes("bpf");
}
