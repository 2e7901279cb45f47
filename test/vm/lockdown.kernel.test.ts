/**
 * What is told of a kernel that is locked down. That can't be undone but by starting it again, so that it is done in a machine only, and
 * last of all tests.
 */
import { writeFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import type { TestContext } from "vitest";
import { loadCollectionSpec } from "../../packages/loader/src/collection/index.ts";
import { MissingCapabilityError, VerifierError } from "../../packages/loader/src/errors/index.ts";
import { CpuMap } from "../../packages/loader/src/maps/index.ts";
import { kernelIsAtLeast } from "../../packages/loader/src/sys/index.ts";
import { AttachFixture } from "../attach-fixture.ts";
import { requireKernel } from "../kernel.ts";

beforeEach((context) => {
  requireKernel(context);
  context.skip(
    process.env["KERNEL_IS_DISPOSABLE"] !== "1",
    "it locks the kernel down; npm run test:vm runs it in machines",
  );
});

function lockDown(context: TestContext, level: "integrity" | "confidentiality"): void {
  try {
    writeFileSync("/sys/kernel/security/lockdown", level);
  } catch (error) {
    // EPERM: it is locked down as far, or further.
    const { code } = error as NodeJS.ErrnoException;
    context.skip(code === "ENOENT", "this kernel was built without CONFIG_SECURITY_LOCKDOWN_LSM");
    if (code !== "EPERM") throw error;
  }
}

function failure(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it did not fail");
}

const object = new URL("../../packages/loader/src/collection/fixtures/refusals.el.o", import.meta.url);
const load = (name: string): void =>
  loadCollectionSpec(object)
    .loadSync({ programs: [name], maps: [] })
    .close();

function attach(name: string, options?: object): void {
  using fixture = AttachFixture.load(name);
  fixture.program(name).attach(options).close();
}

/** The program is refused for a helper function, and can be done without. */
function expectNoHelper(name: string, helper: string, why: string): void {
  const error = failure(() => load(name));
  expect(error).toBeInstanceOf(VerifierError);
  expect(error.cause).toMatchObject({ code: "ERR_BPF_MISSING_CAPABILITY", missing: "lockdown" });
  expect(error.message).toContain(`the kernel is locked down ${why.replace("%", helper)} on its command line`);
  using collection = loadCollectionSpec(object).loadSync({ programs: [name], optionalPrograms: [name] });
  expect(collection.programs.size).toBe(0);
}

it("integrity: writing to processes is refused, and told so", (context) => {
  load("read_kernel");
  lockDown(context, "integrity");
  expectNoHelper("write_user", "bpf_probe_write_user", "(integrity), which forbids %; boot without lockdown=");
  load("read_kernel");
});

it("confidentiality: reading the kernel's memory is refused, and told so", (context) => {
  lockDown(context, "confidentiality");
  CpuMap.create({ maxEntries: 1 }).close();
  for (const name of ["pass", "trace", "deny_command"]) load(name);
  const why = "(confidentiality), which forbids %; boot with lockdown=integrity";
  expectNoHelper("read_kernel", "bpf_probe_read_kernel", why);
  expectNoHelper("write_user", "bpf_probe_write_user", why.replace("with lockdown=integrity", "without lockdown="));
});

it("confidentiality: kprobes are refused, and what takes their place is not", (context) => {
  lockDown(context, "confidentiality");
  const told = "forbids kprobes, but neither fentry nor kprobe.multi programs; boot with lockdown=integrity";
  for (const name of ["on_kprobe", "on_kretprobe", "on_ksyscall"]) {
    const error = failure(() => attach(name));
    expect(error).toMatchObject({ missing: "lockdown" });
    expect(error.message).toContain(`the kernel is locked down (confidentiality), which ${told}`);
  }
  for (const name of ["on_fentry", "on_tp_btf", "on_raw_tp", "on_uprobe_auto"]) attach(name);
});

it("confidentiality: what is read of tracefs is refused, and told so", (context) => {
  lockDown(context, "confidentiality");
  attach("on_tracepoint");
  context.skip(!kernelIsAtLeast("6.2"), "this kernel's kprobe.multi needs CONFIG_FPROBE");
  const error = failure(() => attach("on_kprobe_multi"));
  expect(error).toBeInstanceOf(MissingCapabilityError);
  expect(error.message).toContain(
    "the list of those that can be traced, available_filter_functions of tracefs: the kernel is locked down (confidentiality), " +
      "which forbids reading it; boot with lockdown=integrity on its command line, or without Secure Boot, or give exact names",
  );
  attach("on_kprobe_exact");
});
