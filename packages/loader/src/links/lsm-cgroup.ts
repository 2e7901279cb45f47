import { AttachType } from "../uapi/attach-type.ts";
import { cgroupRule, openCgroup } from "./cgroup-directory.ts";
import { createLink } from "./create-link.ts";
import { BpfLink } from "./link.ts";
import type { LinkKind } from "./link-kind.ts";

/** Options of `lsm_cgroup` programs, which were loaded for one hook. */
export interface LsmCgroupOptions {
  /** Path of the cgroup's directory: `"/sys/fs/cgroup/my.service"`. The program runs for the processes in it. */
  readonly cgroup: string;
}

/** Since Linux 6.0. Also works when bpf is not among the kernel's security modules. */
export const lsmCgroup: LinkKind<LsmCgroupOptions> = {
  kind: "lsmCgroup",
  title: "an LSM program of a cgroup",
  since: "6.0",
  options: { cgroup: cgroupRule },
  example: 'attach({ cgroup: "/sys/fs/cgroup/my.service" })',
  attach(program, { cgroup }) {
    const directory = openCgroup(cgroup);
    try {
      const link = createLink(program, { targetFd: directory.value, attachType: AttachType.LSM_CGROUP }, () => ({
        capabilities: ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"],
        hints: { E2BIG: "the kernel has room for programs on 10 hooks of cgroups in all, and they are taken" },
      }));
      return new BpfLink("lsmCgroup", link);
    } finally {
      directory.close();
    }
  },
};
