import { describe, expect, it } from "vitest";
import { AttachType, ProgramFlag, ProgramType, attachTypeName, programTypeName } from "../uapi/index.ts";
import { parseSectionName } from "./section-name.ts";
import { sectionTable } from "./section-table.ts";

// Prefix (with + where a target may follow), program type, expected attach type, SEC_* flags and when it attaches on
// its own: what libbpf 1.7's section_defs[] says, in its order.
const libbpf = `
  socket 1 0 0 never
  sk_reuseport/migrate 21 40 2 never
  sk_reuseport 21 39 2 never
  kprobe+ 2 0 0 conditional
  uprobe+ 2 0 0 conditional
  uprobe.s+ 2 0 8 conditional
  kretprobe+ 2 0 0 conditional
  uretprobe+ 2 0 0 conditional
  uretprobe.s+ 2 0 8 conditional
  kprobe.multi+ 2 42 0 conditional
  kretprobe.multi+ 2 42 0 conditional
  kprobe.session+ 2 56 0 conditional
  uprobe.multi+ 2 48 0 conditional
  uretprobe.multi+ 2 48 0 conditional
  uprobe.session+ 2 57 0 conditional
  uprobe.multi.s+ 2 48 8 conditional
  uretprobe.multi.s+ 2 48 8 conditional
  uprobe.session.s+ 2 57 8 conditional
  ksyscall+ 2 0 0 conditional
  kretsyscall+ 2 0 0 conditional
  usdt+ 2 0 32 conditional
  usdt.s+ 2 0 40 conditional
  tc/ingress 3 46 0 never
  tc/egress 3 47 0 never
  tcx/ingress 3 46 0 never
  tcx/egress 3 47 0 never
  tc 3 0 0 never
  classifier 3 0 0 never
  action 4 0 0 never
  netkit/primary 3 54 0 never
  netkit/peer 3 55 0 never
  tracepoint+ 5 0 0 conditional
  tp+ 5 0 0 conditional
  tracepoint.s+ 5 0 8 conditional
  tp.s+ 5 0 8 conditional
  raw_tracepoint+ 17 0 0 conditional
  raw_tp+ 17 0 0 conditional
  raw_tracepoint.s+ 17 0 8 conditional
  raw_tp.s+ 17 0 8 conditional
  raw_tracepoint.w+ 24 0 0 conditional
  raw_tp.w+ 24 0 0 conditional
  tp_btf+ 26 23 4 always
  tp_btf.s+ 26 23 12 always
  fentry+ 26 24 4 always
  fmod_ret+ 26 26 4 always
  fexit+ 26 25 4 always
  fentry.s+ 26 24 12 always
  fmod_ret.s+ 26 26 12 always
  fexit.s+ 26 25 12 always
  fsession+ 26 58 4 always
  fsession.s+ 26 58 12 always
  fsession.multi+ 26 61 0 conditional
  fsession.multi.s+ 26 61 8 conditional
  fentry.multi+ 26 59 0 conditional
  fexit.multi+ 26 60 0 conditional
  fentry.multi.s+ 26 59 8 conditional
  fexit.multi.s+ 26 60 8 conditional
  freplace+ 28 0 4 always
  lsm+ 29 27 4 always
  lsm.s+ 29 27 12 always
  lsm_cgroup+ 29 43 4 never
  iter+ 26 28 4 always
  iter.s+ 26 28 12 always
  syscall 31 0 8 never
  xdp.frags/devmap 6 33 16 never
  xdp/devmap 6 33 2 never
  xdp.frags/cpumap 6 35 16 never
  xdp/cpumap 6 35 2 never
  xdp.frags 6 37 16 never
  xdp 6 37 3 never
  perf_event 7 0 0 never
  lwt_in 10 0 0 never
  lwt_out 11 0 0 never
  lwt_xmit 12 0 0 never
  lwt_seg6local 19 0 0 never
  sockops 13 3 3 never
  sk_skb/stream_parser 14 4 3 never
  sk_skb/stream_verdict 14 5 3 never
  sk_skb/verdict 14 38 3 never
  sk_skb 14 0 0 never
  sk_msg 16 7 3 never
  lirc_mode2 20 16 3 never
  flow_dissector 22 17 3 never
  cgroup_skb/ingress 8 0 3 never
  cgroup_skb/egress 8 1 3 never
  cgroup/skb 8 0 0 never
  cgroup/sock_create 9 2 2 never
  cgroup/sock_release 9 34 2 never
  cgroup/sock 9 2 3 never
  cgroup/post_bind4 9 12 2 never
  cgroup/post_bind6 9 13 2 never
  cgroup/bind4 18 8 2 never
  cgroup/bind6 18 9 2 never
  cgroup/connect4 18 10 2 never
  cgroup/connect6 18 11 2 never
  cgroup/connect_unix 18 49 2 never
  cgroup/sendmsg4 18 14 2 never
  cgroup/sendmsg6 18 15 2 never
  cgroup/sendmsg_unix 18 50 2 never
  cgroup/recvmsg4 18 19 2 never
  cgroup/recvmsg6 18 20 2 never
  cgroup/recvmsg_unix 18 51 2 never
  cgroup/getpeername4 18 29 2 never
  cgroup/getpeername6 18 30 2 never
  cgroup/getpeername_unix 18 52 2 never
  cgroup/getsockname4 18 31 2 never
  cgroup/getsockname6 18 32 2 never
  cgroup/getsockname_unix 18 53 2 never
  cgroup/sysctl 23 18 2 never
  cgroup/getsockopt 25 21 2 never
  cgroup/setsockopt 25 22 2 never
  cgroup/dev 15 6 3 never
  struct_ops+ 27 0 0 map
  struct_ops.s+ 27 0 8 map
  sk_lookup 30 36 2 never
  netfilter 32 45 0 never
`
  .trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/));

const SEC_ATTACH_BTF = 4;
const SEC_SLEEPABLE = 8;
const SEC_XDP_FRAGS = 16;
const auto = new Map([
  ["never", "never"],
  // of a struct_ops program, the map is attached
  ["map", "never"],
  ["conditional", "withTarget"],
  ["always", "always"],
]);

describe("the section table", () => {
  it("has every row of libbpf's", () => {
    expect(libbpf).toHaveLength(116);
    expect(sectionTable).toHaveLength(116);
  });

  it.each(libbpf.map((row, index) => [row[0]!, row, index] as const))("%s", (_, row, index) => {
    const [pattern, type, attachType, flags, behaviour] = row;
    const bits = Number(flags);
    expect(sectionTable[index]).toMatchObject({
      prefix: pattern!.replace(/\+$/, ""),
      suffix: pattern!.endsWith("+"),
      type: Number(type),
      attachType: Number(attachType),
      flags:
        ((bits & SEC_SLEEPABLE) !== 0 ? ProgramFlag.SLEEPABLE : 0) |
        ((bits & SEC_XDP_FRAGS) !== 0 ? ProgramFlag.XDP_HAS_FRAGS : 0),
      auto: auto.get(behaviour!),
      attachBtf: (bits & SEC_ATTACH_BTF) !== 0,
    });
  });

  it("has no prefix twice, and none with a slash that takes a target", () => {
    expect(new Set(sectionTable.map(({ prefix }) => prefix)).size).toBe(116);
    expect(sectionTable.filter(({ prefix, suffix }) => suffix && prefix.includes("/"))).toEqual([]);
  });
});

describe("parseSectionName", () => {
  it.each(sectionTable.map((rule) => [rule.prefix, rule] as const))("finds %s", (prefix, rule) => {
    expect(parseSectionName(prefix)).toEqual({ rule, attachTo: "", autoload: true });
    expect(parseSectionName(`?${prefix}`)).toEqual({ rule, attachTo: "", autoload: false });
    if (rule.suffix) {
      expect(parseSectionName(`${prefix}/a/b:c+4`)).toEqual({ rule, attachTo: "a/b:c+4", autoload: true });
    }
  });

  it.each([
    ["socket1", "SOCKET_FILTER", 0, ""],
    ["socket/main", "SOCKET_FILTER", 0, ""],
    ["seccomp", "SOCKET_FILTER", 0, ""],
    ["classifier/ingress", "SCHED_CLS", 0, ""],
    ["tc_main", "SCHED_CLS", 0, ""],
    ["action/x", "SCHED_ACT", 0, ""],
    ["xdp_pass", "XDP", AttachType.XDP, ""],
    ["xdp/pass", "XDP", AttachType.XDP, ""],
    ["xdp_devmap/x", "XDP", AttachType.XDP_DEVMAP, "x"],
    ["xdp_cpumap/x", "XDP", AttachType.XDP_CPUMAP, "x"],
    ["struct_ops+", "STRUCT_OPS", 0, ""],
    ["sk_lookup/", "SK_LOOKUP", AttachType.SK_LOOKUP, ""],
    ["cgroup/sock/1", "CGROUP_SOCK", AttachType.CGROUP_INET_SOCK_CREATE, ""],
    ["cgroup/skb/2", "CGROUP_SKB", 0, ""],
  ] as const)("keeps the older spelling %s", (name, type, attachType, attachTo) => {
    const parsed = parseSectionName(name);
    expect(parsed.rule?.type).toBe(ProgramType[type]);
    expect(parsed.rule?.attachType).toBe(attachType);
    expect(parsed.attachTo).toBe(attachTo);
  });

  it.each(["", "?", "foo", "tcp_thing", "xdpfoo", "kprobes/x", "tcx", "tcx/other", "cgroup", "cgroup/nothing", "/xdp"])(
    "knows no rule for %j",
    (name) => {
      expect(parseSectionName(name)).toMatchObject({ rule: undefined, attachTo: "" });
    },
  );

  it("marks what may sleep and what takes fragments", () => {
    expect(parseSectionName("lsm.s/file_open").rule?.flags).toBe(ProgramFlag.SLEEPABLE);
    expect(parseSectionName("syscall").rule?.flags).toBe(ProgramFlag.SLEEPABLE);
    expect(parseSectionName("xdp.frags").rule?.flags).toBe(ProgramFlag.XDP_HAS_FRAGS);
    expect(parseSectionName("xdp.frags/devmap").rule?.attachType).toBe(AttachType.XDP_DEVMAP);
  });

  it("names only types that the kernel has", () => {
    for (const { type, attachType } of sectionTable) {
      expect(programTypeName(type)).toMatch(/^BPF_PROG_TYPE_/);
      expect(attachTypeName(attachType)).toMatch(/^BPF_/);
    }
  });
});
