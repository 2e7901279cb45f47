import { expect, test } from "vitest";
import type { AttachKind, SectionRule } from "../spec/section-table.ts";
import { sectionTable } from "../spec/section-table.ts";
import type { AttachableProgram } from "./attachable-program.ts";
import { attachProgram } from "./attach.ts";
import type { AttachOptions } from "./kinds.ts";
import type { AttachArguments, OpenAttachArguments, OpenKind } from "./kinds.ts";
import { linkKinds } from "./kinds.ts";

/** A program that must not get as far as the kernel. */
function program(sectionName: string, attachKind: AttachKind | undefined, attachTo = ""): AttachableProgram {
  return {
    name: "count",
    get fd(): number {
      throw new Error("the kernel was asked");
    },
    type: 0,
    attachType: 0,
    attachTo,
    sectionName,
    attachKind,
    auto: "never",
  };
}

/** Options as JavaScript without types may give them. */
const options = (value: unknown): AttachOptions => value as AttachOptions;

test("every kind of the section table has its row", () => {
  for (const { attach } of sectionTable) expect(linkKinds[attach].kind).toBe(attach);
});

test("an option of another kind is named, with the kinds that have it and an example", () => {
  expect(() =>
    attachProgram(program("raw_tp/sys_enter", "rawTracepoint", "sys_enter"), options({ interface: "lo" })),
  ).toThrow(
    'program "count" (SEC("raw_tp/sys_enter")) can\'t be attached: it has no option "interface", which is for an XDP program, ' +
      "a traffic control program (tcx), a netkit program, a lightweight tunnel program. A raw tracepoint program takes { name?: string; cookie?: bigint }, " +
      'for example attach({ name: "sched_switch" })',
  );
});

test("an option that nothing has is named, also when it has an unpleasant name", () => {
  expect(() =>
    attachProgram(program("xdp", "xdp"), options({ interface: "lo", __proto__x: 1, "\u001b[2J": 1 })),
  ).toThrow(/it has no option "__proto__x"\. /);
  const hostile = JSON.parse('{"interface": "lo", "__proto__": 1}') as unknown;
  expect(() => attachProgram(program("xdp", "xdp"), options(hostile))).toThrow('it has no option "__proto__"');
  expect(() => attachProgram(program("xdp", "xdp"), options({ constructor: 1 }))).toThrow(
    'it has no option "constructor"',
  );
});

test.each([
  ["xdp", "xdp", {}, 'option "interface" is missing'],
  ["xdp", "xdp", undefined, 'option "interface" is missing'],
  [
    "xdp",
    "xdp",
    { interface: "lo", mode: "fast" },
    'option "mode" must be "generic" | "native" | "offload", not "fast"',
  ],
  ["xdp", "xdp", { interface: 0 }, 'option "interface" must be string | number, not 0'],
  ["xdp", "xdp", { interface: "lo\0" }, 'option "interface" must be string | number, not "lo\\u0000"'],
  ["xdp", "xdp", "lo", "its options are not an object but a string"],
  ["xdp", "xdp", null, "its options are not an object but null"],
  ["xdp", "xdp", ["lo"], "its options are not an object but an array"],
  ["tc", "tcx", { interface: "lo" }, 'option "direction" is missing'],
  [
    "tcx/ingress",
    "tcx",
    { interface: "lo", direction: "ingress", before: "all", after: "all" },
    "both before and after",
  ],
  ["tcx/ingress", "tcx", { interface: "lo", before: 7 }, 'option "before" must be Link | Program | "all", not 7'],
  ["cgroup/skb", "cgroup", { cgroup: "/" }, 'option "direction" is missing'],
  ["cgroup/sock", "cgroup", { cgroup: "/", direction: "egress" }, "the section's name says it"],
  ["raw_tp", "rawTracepoint", undefined, "its section names no tracepoint; give the option name"],
  ["raw_tp", "rawTracepoint", { name: "x", cookie: 1 }, 'option "cookie" must be bigint, not 1'],
  ["raw_tp", "rawTracepoint", { name: "x", cookie: -1n }, 'option "cookie" must be bigint, not -1n'],
  ["tp", "tracepoint", undefined, "its section does not name a category and a tracepoint"],
  ["tp", "tracepoint", { name: "sched_switch" }, "the options category and name go together"],
  ["kprobe", "kprobe", undefined, "its section names no function; give the option symbol"],
  ["kretprobe", "kprobe", { symbol: "do_exit", offset: 4 }, "a probe of the return has no offset"],
  ["kprobe.multi", "kprobeMulti", {}, "its section names no functions; give the option symbols"],
  ["kprobe.multi", "kprobeMulti", { symbols: [] }, 'option "symbols" must be string[]'],
  ["kprobe.multi", "kprobeMulti", { symbols: ["a", "b"], cookies: [1n] }, "one cookie for each exact function"],
  ["kprobe.multi", "kprobeMulti", { symbols: ["a"], addresses: [1n] }, "exclude each other"],
  ["fentry.multi", "tracingMulti", undefined, "its section names no functions; give the option symbols"],
  ["fexit.multi", "tracingMulti", { symbols: ["a*"], cookies: [1n] }, "one cookie for each exact function"],
  ["ksyscall", "ksyscall", undefined, "its section names no system call; give the option syscall"],
  ["uprobe", "uprobe", undefined, "its section names no executable; give the option path"],
  ["uprobe", "uprobe", { path: "libc.so.6" }, "it needs one of the options symbol and offset"],
  ["uretprobe", "uprobe", { path: "libc.so.6", symbol: "malloc", offset: 4 }, "has no offset in the function"],
  ["uprobe.multi", "uprobeMulti", { path: "libc.so.6" }, "it needs one of the options symbols and offsets"],
  ["usdt", "usdt", undefined, "its section names no probe; give the options path, provider and name"],
  ["usdt", "usdt", { path: "libc.so.6" }, "its section names no probe; give the options provider and name"],
  ["usdt", "usdt", { path: "libc.so.6", provider: "libc", name: 1 }, 'option "name" must be string, not 1'],
  ["iter/task", "iter", { pid: 1, tid: 1 }, "only one of map, cgroup, pid and tid"],
  ["iter/cgroup", "iter", { order: "self" }, "the option order goes with cgroup"],
  ["perf_event", "perfEvent", {}, "it needs one of the options fd, sampleFrequency and samplePeriod"],
  ["perf_event", "perfEvent", { sampleFrequency: 99 }, "it needs one of the options pid and cpu"],
  ["perf_event", "perfEvent", { fd: 3, cpu: 0 }, "the option fd goes with no other but cookie"],
  ["netfilter", "netfilter", { family: "ipv4", hook: "input" }, 'option "priority" is missing'],
  ["netfilter", "netfilter", { family: "ipv4", hook: "input", priority: 2 ** 31 }, 'option "priority" must be number'],
  ["sk_skb", "sockmap", { map: { fd: 3 } }, 'option "hook" is missing'],
  ["socket", "socket", {}, 'option "socket" is missing'],
  ["socket", "socket", { socket: 0x7fff_fff0 }, "descriptor 2147483632 is no open socket"],
  ["sk_reuseport", "reuseport", { socket: {} }, "the socket has no descriptor"],
  ["lirc_mode2", "lirc", {}, 'option "device" is missing'],
  ["lwt_in", "lwt", { route: "10.0.0.0/33", interface: 1 }, 'option "route" must be an address'],
  ["lwt_in", "lwt", { route: "10.0.0.0/", interface: 1 }, 'option "route" must be an address'],
  ["lwt_in", "lwt", { route: "10.0.0.0/8", interface: 1, via: "::1" }, 'option "via" must be an address of IPv4'],
  ["lwt_in", "lwt", { route: "10.0.0.0/8", interface: 1, headroom: 257 }, 'option "headroom" must be number, not 257'],
  ["freplace/f", "freplace", { symbol: "f" }, "the options target and symbol go together"],
  ["tracing", "tracing", { symbol: "f" }, 'it has no option "symbol", which is for a kprobe program'],
] as const)('SEC("%s") (%s) with %o: %s', (section, kind, given, message) => {
  expect(() => attachProgram(program(section, kind), options(given))).toThrow(
    expect.objectContaining({ code: "ERR_BPF_INVALID_ARGUMENT", message: expect.stringContaining(message) }),
  );
});

test.each([
  ["syscall", "syscall", "are run, not attached"],
  ["struct_ops/x", "structOps", "call attach() of the structure"],
  ["action", "action", "tc filter add"],
] as const)('SEC("%s") says how it is used instead', (section, kind, how) => {
  expect(() => attachProgram(program(section, kind))).toThrow(
    expect.objectContaining({ code: "ERR_BPF_NOT_SUPPORTED", message: expect.stringContaining(how) }),
  );
});

test("a program whose section says nothing can't be attached", () => {
  expect(() => attachProgram(program("my_section", undefined))).toThrow(
    'program "count" (SEC("my_section")) can\'t be attached: its section\'s name says nothing about how',
  );
});

test("every kind that needs a target says so when the section's name has none", () => {
  const needy = sectionTable.filter(({ auto }: SectionRule) => auto === "withTarget");
  for (const { prefix, attach } of needy) {
    expect(() => attachProgram(program(prefix, attach)), prefix).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_BPF_(INVALID_ARGUMENT|NOT_SUPPORTED)$/) }),
    );
  }
});

function attach<Kind extends AttachKind, Alone extends boolean>(
  ...given: AttachArguments<Kind, Alone>
): readonly unknown[] {
  return given;
}

function open<Kind extends OpenKind>(...given: OpenAttachArguments<Kind>): readonly unknown[] {
  return given;
}

test("what attach() takes follows the kind: the compiler checks each line", () => {
  expect(attach<"xdp", false>({ interface: "lo", mode: "generic" })).toHaveLength(1);
  expect(attach<"rawTracepoint", true>()).toHaveLength(0);
  expect(attach<"rawTracepoint", false>({ name: "sys_enter" })).toHaveLength(1);
  expect(attach<"tracepoint", false>({ category: "sched", name: "sched_switch" })).toHaveLength(1);
  expect(attach<"uprobe", false>({ path: "libc.so.6", symbol: "malloc" })).toHaveLength(1);
  expect(attach<"usdt", true>({ pid: 1 })).toHaveLength(1);
  expect(attach<"usdt", false>({ path: "libc.so.6", provider: "libc", name: "setjmp" })).toHaveLength(1);
  // @ts-expect-error the section's name has no probe
  attach<"usdt", false>({ path: "libc.so.6" });
  // @ts-expect-error an interface is needed
  attach<"xdp", false>();
  // @ts-expect-error no such mode
  attach<"xdp", false>({ interface: "lo", mode: "fast" });
  // @ts-expect-error an option of another kind
  attach<"rawTracepoint", true>({ interface: "lo" });
  expect(attach<"tracingMulti", false>({ symbols: ["tcp_*"] })).toHaveLength(1);
  // @ts-expect-error the section's name has no functions
  attach<"tracingMulti", false>({});
  // @ts-expect-error the section's name has no tracepoint
  attach<"rawTracepoint", false>({});
  // @ts-expect-error the section's name has no tracepoint
  attach<"tracepoint", false>({ name: "sched_switch" });
  // @ts-expect-error a cookie is a bigint
  attach<"rawTracepoint", true>({ cookie: 1 });
  expect(open<"tcx">({ interface: "lo", direction: "egress" })).toHaveLength(1);
  expect(open<"sockmap">({ map: { fd: 3 }, hook: "verdict" })).toHaveLength(1);
  // @ts-expect-error the section's name says no direction
  open<"tcx">({ interface: "lo" });
  // @ts-expect-error the section's name says no direction
  open<"cgroup">({ cgroup: "/sys/fs/cgroup" });
  // @ts-expect-error syscall programs are run
  attach<"syscall", false>();
  // @ts-expect-error syscall programs are run
  attach<"syscall", false>({});
});
