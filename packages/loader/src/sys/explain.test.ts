import { beforeEach, describe, expect, it, vi } from "vitest";
import { MissingCapabilityError, NotSupportedError, SyscallError } from "../errors/index.ts";
import { explainSyscall } from "./explain.ts";
import * as kernel from "./kernel.ts";
import * as accounting from "./memory-accounting.ts";
import * as privileges from "./privileges.ts";
import type { FeatureProbe } from "./probe.ts";
import * as security from "./security-programs.ts";

vi.mock(import("./privileges.ts"));
vi.mock(import("./kernel.ts"));
vi.mock(import("./memory-accounting.ts"));
vi.mock(import("./security-programs.ts"));

const EPERM = -1;
const EACCES = -13;
const EINVAL = -22;

const refused = (errno = EPERM): string => explainSyscall(errno, "BPF_MAP_CREATE", "m").message;
const probe = (name: string, result: boolean | string): FeatureProbe => ({
  name,
  since: "6.6",
  test: () => result,
});

describe("explainSyscall", () => {
  beforeEach(() => {
    vi.resetAllMocks();
    vi.mocked(kernel.kernelRelease).mockReturnValue("6.1.0");
    vi.mocked(kernel.kernelIsAtLeast).mockReturnValue(true);
    vi.mocked(privileges.hasCapability).mockReturnValue(true);
    vi.mocked(privileges.lockedMemoryLimit).mockReturnValue(Infinity);
    vi.mocked(privileges.securityModules).mockReturnValue([]);
  });

  it("names what was called for what, and the error", () => {
    const error = explainSyscall(EINVAL, "BPF_MAP_CREATE", 'map "flows"', { cause: "x" });
    expect(error).toBeInstanceOf(SyscallError);
    expect(error).toMatchObject({
      code: "ERR_BPF_SYSCALL",
      errno: "EINVAL",
      command: "BPF_MAP_CREATE",
      object: 'map "flows"',
      message: 'map "flows": BPF_MAP_CREATE failed with EINVAL (invalid argument)',
      cause: "x",
    });
  });

  it("says what to do about too many descriptors", () => {
    expect(explainSyscall(-24, "BPF_MAP_CREATE", 'map "flows"').message).toBe(
      'map "flows": BPF_MAP_CREATE failed with EMFILE (too many open files): the process has as many descriptors open as it may; close some, or raise `ulimit -n`',
    );
  });

  it("adds what the caller knows about this error", () => {
    const hints = { EINVAL: "the value is too large", EBUSY: "no" };
    expect(explainSyscall(EINVAL, "C", "o", { hints }).message).toMatch(
      / \(invalid argument\): the value is too large$/,
    );
  });

  it("names the missing capability, and what forbids going without", () => {
    vi.mocked(privileges.hasCapability).mockImplementation((name) => name === "CAP_NET_ADMIN");
    vi.mocked(privileges.unprivilegedBpfDisabled).mockReturnValue(true);
    for (const errno of [EPERM, EACCES]) {
      const error = explainSyscall(errno, "BPF_PROG_LOAD", "p", {
        capabilities: ["CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON"],
      });
      expect(error).toBeInstanceOf(MissingCapabilityError);
      expect(error).toMatchObject({ missing: "CAP_BPF, CAP_PERFMON" });
      expect(error.message).toContain(
        "lacks CAP_BPF and CAP_PERFMON (kernel.unprivileged_bpf_disabled is set); run it as root",
      );
    }
  });

  it("asks for CAP_SYS_ADMIN where the kernel knows no other", () => {
    vi.mocked(privileges.hasCapability).mockReturnValue(false);
    vi.mocked(kernel.kernelIsAtLeast).mockReturnValue(false);
    expect(explainSyscall(EPERM, "BPF_MAP_CREATE", "m").message).toContain("lacks CAP_SYS_ADMIN");
    expect(explainSyscall(EPERM, "RTM_SETLINK", "m", { capabilities: ["CAP_NET_ADMIN"] }).message).toContain(
      "lacks CAP_NET_ADMIN",
    );
  });

  it("tells the level of perf_event_paranoid", () => {
    vi.mocked(privileges.hasCapability).mockReturnValue(false);
    vi.mocked(privileges.perfEventParanoid).mockReturnValue(3);
    expect(explainSyscall(EACCES, "perf_event_open", "e").message).toContain("kernel.perf_event_paranoid is 3");
  });

  it("knows the limit of locked memory of old kernels", () => {
    vi.mocked(accounting.countsLockedMemory).mockReturnValue(true);
    vi.mocked(privileges.lockedMemoryLimit).mockReturnValue(65_536);
    const error = explainSyscall(EPERM, "BPF_MAP_CREATE", "m");
    expect(error).toMatchObject({ missing: "RLIMIT_MEMLOCK" });
    expect(error.message).toContain("is 65536 bytes");
    vi.mocked(accounting.countsLockedMemory).mockReturnValue(false);
    expect(explainSyscall(EPERM, "BPF_MAP_CREATE", "m")).toBeInstanceOf(SyscallError);
  });

  it("knows user namespaces and lockdown", () => {
    const locked = "the kernel is locked down, which forbids kprobes";
    vi.mocked(privileges.lockdown).mockReturnValue("confidentiality");
    vi.mocked(privileges.lockedDown).mockReturnValue(locked);
    const error = explainSyscall(EPERM, "perf_event_open", "p", { confidential: "kprobes" });
    expect(error).toMatchObject({ missing: "lockdown", message: expect.stringContaining(locked) });
    expect(privileges.lockedDown).toHaveBeenCalledWith("confidentiality", "kprobes");
    // Nothing that the kernel is known to forbid then.
    expect(explainSyscall(EPERM, "BPF_PROG_LOAD", "p")).toMatchObject({
      code: "ERR_BPF_SYSCALL",
      message: expect.stringMatching(/what can refuse here is the kernel's lockdown \(confidentiality\)$/),
    });
    vi.mocked(privileges.inUserNamespace).mockReturnValue(true);
    expect(explainSyscall(EPERM, "BPF_PROG_LOAD", "p").message).toContain("in a user namespace only");
    expect(explainSyscall(EACCES, "perf_event_open", "p").message).toContain("in a user namespace only");
    expect(explainSyscall(EACCES, "open", "p", { capabilities: [] })).toBeInstanceOf(SyscallError);
  });

  it("names what else can refuse", () => {
    vi.mocked(privileges.hasSeccompFilter).mockReturnValue(true);
    vi.mocked(privileges.securityModules).mockReturnValue(["selinux"]);
    const error = explainSyscall(EPERM, "BPF_PROG_LOAD", "p");
    expect(error).toBeInstanceOf(SyscallError);
    expect(error.message).toContain(
      "a seccomp filter of the container or service, or the policy of the security module selinux",
    );
  });

  it("names the programs on security hooks that can refuse the call", () => {
    vi.mocked(privileges.securityModules).mockReturnValue(["bpf"]);
    const program = { name: "guard\n", id: 7, linkId: 8, hook: "bpf" };
    vi.mocked(security.securityPrograms).mockReturnValue([program]);
    const named =
      'the BPF program "guard\\n" (id 7) on the security hook "bpf", until its link (id 8) is closed and unpinned';
    expect(refused()).toContain(`what can refuse here is ${named}`);
    // As SELinux answers.
    expect(refused(EACCES)).toContain(named);
    expect(explainSyscall(EACCES, "BPF_OBJ_GET", "m").message).not.toContain("guard");
    vi.mocked(security.securityPrograms).mockReturnValue([{ ...program, hook: undefined }]);
    expect(refused()).toContain("(id 7) on a security hook, until");
    vi.mocked(security.securityPrograms).mockReturnValue(undefined);
    expect(refused()).toContain("a BPF program on a security hook, which `bpf list links` shows to root");
    vi.mocked(security.securityPrograms).mockReturnValue([]);
    expect(refused()).toMatch(/the kernel refuses all the same$/);
    expect(refused(EACCES)).toMatch(/EACCES \(permission denied\)$/);
  });

  it("does not take a verifier's EACCES for a missing privilege", () => {
    vi.mocked(privileges.inUserNamespace).mockReturnValue(true);
    expect(explainSyscall(EACCES, "BPF_PROG_LOAD", "p")).toBeInstanceOf(SyscallError);
  });

  it("finds the feature that the kernel lacks by trying", () => {
    const probes = [probe("a", true), probe("b", "no privilege"), probe("tcx links", false)];
    const error = explainSyscall(EINVAL, "BPF_LINK_CREATE", "p", { probes });
    expect(error).toBeInstanceOf(NotSupportedError);
    expect(error).toMatchObject({ feature: "tcx links", since: "6.6" });
    expect(error.message).toContain(
      "the running kernel (6.1.0) has no tcx links, which came with Linux 6.6; this one was built or is run without",
    );
  });

  it("explains a kernel without the system call", () => {
    expect(explainSyscall(-38, "BPF_MAP_CREATE", "m")).toBeInstanceOf(NotSupportedError);
  });
});
