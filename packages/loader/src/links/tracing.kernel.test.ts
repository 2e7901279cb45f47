import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AttachFixture, attachOrSkip } from "../../../../test/attach-fixture.ts";
import { requireKernel, whyNoKernel } from "../../../../test/kernel.ts";
import type { TracingMultiLinkInfo } from "../info/index.ts";
import { KernelTypes } from "../programs/index.ts";
import { kernelIsAtLeast } from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { LinkType } from "../uapi/link-type.ts";
import { IterLink } from "./iter.ts";
import { kernelFunctionAddresses } from "./kernel-functions.ts";
import { tracefsPath } from "./tracefs.ts";

beforeEach(requireKernel);

let mounted: string | undefined;
beforeAll(() => {
  if (whyNoKernel !== undefined || tracefsPath() !== undefined) return;
  mounted = mkdtempSync(join(tmpdir(), "tracefs-"));
  execFileSync("mount", ["-t", "tracefs", "nodev", mounted]);
});
afterAll(() => {
  if (mounted === undefined) return;
  execFileSync("umount", ["-l", mounted]);
  rmdirSync(mounted);
});

/** A system call that nothing else makes at a rate. */
const getgid = (): void => void process.getgid?.();
const readFile = (): void => void readFileSync("/proc/self/stat");
const spin = (milliseconds: number): void => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};
/** A process that starts and ends. */
const fork = (): void => void spawnSync("true");

describe("raw tracepoints", () => {
  test("attach by the section's name, run, and stop when the link is closed", () => {
    using fixture = AttachFixture.load("on_raw_tp");
    const link = fixture.program("on_raw_tp").attach();
    getgid();
    expect(fixture.read("raw_tp_runs")).toBeGreaterThan(0n);
    expect(link.info().type).toBe(LinkType.RAW_TRACEPOINT);
    link.close();
    const runs = fixture.read("raw_tp_runs");
    getgid();
    expect(fixture.read("raw_tp_runs")).toBe(runs);
  });

  test("attach by the option name, which also overrides the section's", () => {
    using fixture = AttachFixture.load("on_any_raw_tp", "on_raw_tp");
    using first = fixture.program("on_any_raw_tp").attach({ name: "sys_exit" });
    getgid();
    const runs = fixture.read("raw_tp_runs");
    expect(runs).toBeGreaterThan(0n);
    using second = fixture.program("on_raw_tp").attach({ name: "sched_process_fork" });
    fork();
    expect(fixture.read("raw_tp_runs")).toBeGreaterThan(runs);
    expect(first.id).not.toBe(second.id);
  });

  test("an unknown one is named, with what looks like it", () => {
    using fixture = AttachFixture.load("on_any_raw_tp");
    const attach = (name: string): unknown => fixture.program("on_any_raw_tp").attach({ name });
    expect(() => attach("sys_entr")).toThrow(/no raw tracepoint "sys_entr"; did you mean "sys_enter"/);
    expect(() => attach("raw_syscalls/sys_enter")).toThrow(/has no category: "sys_enter"/);
  });
});

describe("tracepoints", () => {
  test("attach by the section's name, and run", () => {
    using fixture = AttachFixture.load("on_tracepoint");
    using _link = fixture.program("on_tracepoint").attach();
    getgid();
    expect(fixture.read("tracepoint_runs")).toBeGreaterThan(0n);
  });

  test("attach by options, with a cookie that the program reads", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_any_tracepoint");
    const attach = (): Disposable =>
      fixture
        .program("on_any_tracepoint")
        .attach({ category: "syscalls", name: "sys_enter_getgid", cookie: 0xfedc_ba98_7654_3210n });
    using _link = attachOrSkip(context, attach);
    getgid();
    expect(fixture.read("tracepoint_cookie")).toBe(0xfedc_ba98_7654_3210n);
  });

  test("one program on two of them", () => {
    using fixture = AttachFixture.load("on_tracepoint");
    using _first = fixture.program("on_tracepoint").attach();
    using _second = fixture.program("on_tracepoint").attach({ category: "syscalls", name: "sys_exit_getgid" });
    getgid();
    expect(fixture.read("tracepoint_runs")).toBeGreaterThanOrEqual(2n);
  });

  test("an unknown one is named, with what looks like it; a hostile name is no path", () => {
    using fixture = AttachFixture.load("on_tracepoint");
    const attach = (category: string, name: string): unknown =>
      fixture.program("on_tracepoint").attach({ category, name });
    expect(() => attach("sched", "sched_swich")).toThrow(
      /no tracepoint "sched\/sched_swich": none of that name; did you mean "sched_switch"/,
    );
    expect(() => attach("schd", "sched_switch")).toThrow(/no category "schd"; did you mean "sched"/);
    expect(() => attach("..", "x")).toThrow(/is no name of a tracepoint/);
    expect(() => attach("sched", "../sched/sched_switch")).toThrow(/is no name of a tracepoint/);
  });
});

describe("programs that were loaded for what they are attached to", () => {
  const cases: readonly (readonly [program: string, counter: string, act: () => void])[] = [
    ["on_tp_btf", "tp_btf_runs", getgid],
    ["on_fentry", "fentry_runs", fork],
    ["on_fexit", "fexit_runs", fork],
    ["on_fmod_ret", "fmod_ret_runs", readFile],
    ["on_lsm", "lsm_runs", readFile],
  ];

  test.for(cases)("%s runs", ([name, counter, act], context) => {
    using fixture = AttachFixture.loadOrSkip(context, name);
    using link = attachOrSkip(context, () => fixture.program(name).attach());
    act();
    expect(fixture.read(counter)).toBeGreaterThan(0n);
    const info = link.info();
    expect(info).toMatchObject({ programId: fixture.program(name).id });
    // BTF tracepoints are raw tracepoints to older kernels.
    if (info?.kind !== "tracing") return expect(name).toBe("on_tp_btf");
    const { targetObjectId, targetBtfId } = info;
    if (targetObjectId === undefined) return expect(kernelIsAtLeast("5.13")).toBe(false);
    expect(targetObjectId).toBe(1);
    expect(targetBtfId).toBeGreaterThan(0);
  });

  test("fentry has its cookie", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_fentry_cookie");
    using _link = attachOrSkip(context, () => fixture.program("on_fentry_cookie").attach({ cookie: 42n }));
    fork();
    expect(fixture.read("fentry_cookie")).toBe(42n);
  });
});

describe("iterators", () => {
  test("walk all tasks each time that they are read", () => {
    using fixture = AttachFixture.load("on_iter_task");
    using link = fixture.program("on_iter_task").attach();
    if (!(link instanceof IterLink)) throw new Error("not an iterator");
    const output = Buffer.from(link.read()).toString("latin1");
    expect(output).toMatch(/^(task){2,}$/);
    const runs = fixture.read("iter_runs");
    expect(runs).toBe(BigInt(output.length / 4));
    expect(link.read().length).toBeGreaterThan(0);
    expect(fixture.read("iter_runs")).toBeGreaterThan(runs);
  });

  test("walk one thread only", (context) => {
    using fixture = AttachFixture.load("on_iter_task");
    using link = attachOrSkip(context, () => fixture.program("on_iter_task").attach({ tid: process.pid }));
    if (!(link instanceof IterLink)) throw new Error("not an iterator");
    expect(Buffer.from(link.read()).toString("latin1")).toBe("task");
  });

  test("refuse options of other iterators", () => {
    using fixture = AttachFixture.load("on_iter_task");
    expect(() => fixture.program("on_iter_task").attach({ map: fixture.map("sockets") })).toThrow(
      /an iterator over "task" takes pid or tid, not map/,
    );
  });
});

describe("perf events", () => {
  test("sample the CPU's clock in this process", () => {
    using fixture = AttachFixture.load("on_perf_event");
    const link = fixture.program("on_perf_event").attach({ sampleFrequency: 999, pid: process.pid });
    spin(100);
    expect(fixture.read("perf_event_runs")).toBeGreaterThan(0n);
    link.close();
    const runs = fixture.read("perf_event_runs");
    spin(20);
    expect(fixture.read("perf_event_runs")).toBe(runs);
  });

  test("sample a CPU by period", () => {
    using fixture = AttachFixture.load("on_perf_event");
    using _link = fixture.program("on_perf_event").attach({ samplePeriod: 1_000_000n, cpu: 0 });
    spin(100);
    spawnSync("true");
  });

  test("explain what the machine does not have", () => {
    using fixture = AttachFixture.load("on_perf_event");
    const attach = (options: object): unknown => fixture.program("on_perf_event").attach(options);
    expect(() => attach({ fd: 999 })).toThrow(/descriptor 999 is not open/);
    expect(() => attach({ fd: 0 })).toThrow(/descriptor 0 is no perf event|dup failed/);
    expect(() => attach({ sampleFrequency: 99, pid: 0x3fff_ffff })).toThrow(/there is no process 1073741823/);
    expect(() => attach({ sampleFrequency: 99, cpu: 9999 })).toThrow(/there is no such event or CPU/);
  });
});

describe("kprobes", () => {
  const cases: readonly (readonly [program: string, counter: string, act: () => void])[] = [
    ["on_kprobe", "kprobe_runs", fork],
    ["on_kretprobe", "kretprobe_runs", fork],
    ["on_ksyscall", "ksyscall_runs", getgid],
    ["on_kretsyscall", "kretsyscall_runs", getgid],
    ["on_kprobe_exact", "kprobe_exact_runs", fork],
    ["on_kprobe_multi", "kprobe_multi_runs", fork],
    ["on_kprobe_session", "kprobe_session_runs", fork],
  ];

  test.for(cases)("%s runs", ([name, counter, act], context) => {
    using fixture = AttachFixture.loadOrSkip(context, name);
    using _link = attachOrSkip(context, () => fixture.program(name).attach());
    act();
    expect(fixture.read(counter)).toBeGreaterThan(0n);
  });

  test("have a cookie", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_kprobe_cookie");
    using _link = attachOrSkip(context, () => fixture.program("on_kprobe_cookie").attach({ cookie: 7n }));
    fork();
    expect(fixture.read("kprobe_cookie")).toBe(7n);
  });

  test("at an address inside of a function, and refused between instructions", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_kprobe");
    const attach = (offset: number): Disposable =>
      fixture.program("on_kprobe").attach({ symbol: "kernel_clone", offset });
    using _link = attachOrSkip(context, () => attach(0));
    expect(() => {
      // No instruction of x86 or arm64 lets a probe be set at each of these.
      for (let offset = 1; offset < 16; offset++) attach(offset)[Symbol.dispose]();
    }).toThrow(/offset \d+/);
  });

  test("name a function that does not exist, with what looks like it", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_kprobe", "on_kprobe_exact");
    attachOrSkip(context, () => fixture.program("on_kprobe").attach()).close();
    expect(() => fixture.program("on_kprobe").attach({ symbol: "kernel_clon" })).toThrow(
      /no function "kernel_clon" \(it may be inlined\); did you mean .*"kernel_clone"/,
    );
  });

  test("of many functions name the one that does not exist", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_kprobe_exact");
    attachOrSkip(context, () => fixture.program("on_kprobe_exact").attach()).close();
    expect(() => fixture.program("on_kprobe_exact").attach({ symbols: ["kernel_clone", "kernel_clon"] })).toThrow(
      /no function "kernel_clon" \(it may be inlined\); did you mean .*"kernel_clone"/,
    );
    expect(() => fixture.program("on_kprobe_exact").attach({ symbols: ["no_such_thing_*"] })).toThrow(
      /no function of this kernel that can be traced matches "no_such_thing_\*"/,
    );
  });
});

/** An instruction that functions start with where the kernel was built for indirect branch tracking. */
const ENDBR_BYTES = 4n;

/** Since Linux 7.3 the kernel tells what such a link is on. */
function expectFunctions({ attachType, count, typeIds, addresses, cookies }: TracingMultiLinkInfo): void {
  expect({ attachType, count }).toEqual({ attachType: AttachType.TRACE_FENTRY_MULTI, count: 2 });
  const types = new KernelTypes().kernel;
  const names = typeIds?.map((id) => types.name(id)) ?? [];
  expect(new Map(names.map((name, at) => [name, cookies?.[at]]))).toEqual(
    new Map([
      ["kernel_clone", 21n],
      ["do_exit", 22n],
    ]),
  );
  for (const [at, name] of names.entries()) {
    const [start = 0n] = kernelFunctionAddresses([name]);
    expect([start, start + ENDBR_BYTES]).toContain(addresses?.[at]);
  }
}

describe("programs on many functions", () => {
  test("run at each, with a cookie for each", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_fentry_multi");
    const program = fixture.program("on_fentry_multi");
    const link = attachOrSkip(context, () =>
      program.attach({ symbols: ["kernel_clone", "do_exit"], cookies: [21n, 22n] }),
    );
    fork();
    expect(fixture.read("fentry_multi_runs")).toBeGreaterThanOrEqual(2n);
    expect([21n, 22n]).toContain(fixture.read("fentry_multi_cookie"));
    const info = link.info();
    expect(info.type).toBe(LinkType.TRACING_MULTI);
    if (info.kind === "tracingMulti" && info.count !== undefined) expectFunctions(info);
    link.close();
    const runs = fixture.read("fentry_multi_runs");
    fork();
    expect(fixture.read("fentry_multi_runs")).toBe(runs);
  });

  test("by patterns, and name a function that does not exist", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_fentry_multi");
    const program = fixture.program("on_fentry_multi");
    attachOrSkip(context, () => program.attach({ symbols: ["kernel_clon?"] })).close();
    expect(() => program.attach({ symbols: ["kernel_clon"] })).toThrow(/no function "kernel_clon" that can be traced/);
    expect(() => program.attach({ symbols: ["no_such_thing_*"] })).toThrow(/no function "no_such_thing_\*"/);
  });
});
