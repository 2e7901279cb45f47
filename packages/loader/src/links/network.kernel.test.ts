import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TestContext } from "vitest";
import { AttachFixture, attachOrSkip } from "../../../../test/attach-fixture.ts";
import { requireKernel, whyNoKernel } from "../../../../test/kernel.ts";
import { createDevice } from "../../../../test/network-device.ts";
import { skipIfLacking } from "../../../../test/skip-lacking.ts";
import { SyscallError } from "../errors/index.ts";
import { has, tcxLinks } from "../features/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { LinkType } from "../uapi/link-type.ts";
import { attachWithoutLink } from "./cgroup.ts";
import { openCgroup } from "./cgroup-directory.ts";
import type { Link } from "./link.ts";
import { mounts } from "./mounts.ts";
import { attachWithoutLink as attachToMapWithoutLink } from "./sockmap.ts";
import { attachWithoutLink as attachAsFilter } from "./tcx.ts";

beforeEach(requireKernel);

/** Sends a datagram over the loopback interface and waits until it is there. */
async function sendToSelf(): Promise<void> {
  const receiver = createSocket("udp4").bind(0, "127.0.0.1");
  await once(receiver, "listening");
  const sender = createSocket("udp4");
  const received = once(receiver, "message");
  sender.send("x", receiver.address().port, "127.0.0.1");
  await received;
  sender.close();
  receiver.close();
}

describe("xdp", () => {
  test("runs on lo, can be updated, and is gone when closed", async () => {
    using fixture = AttachFixture.load("on_xdp", "on_xdp_next", "on_raw_tp");
    const link = fixture.program("on_xdp").attach({ interface: "lo" });
    await sendToSelf();
    expect(fixture.read("xdp_runs")).toBeGreaterThan(0n);
    expect(link.info().type).toBe(LinkType.XDP);

    expect(() => link.update(fixture.program("on_raw_tp"))).toThrow(
      /to be updated with program "on_raw_tp".* it takes programs of the type and attach type of the present one$/,
    );
    link.update(fixture.program("on_xdp_next"));
    const runs = fixture.read("xdp_runs");
    await sendToSelf();
    expect(fixture.read("xdp_next_runs")).toBeGreaterThan(0n);
    expect(fixture.read("xdp_runs")).toBe(runs);

    link.close();
    const next = fixture.read("xdp_next_runs");
    await sendToSelf();
    expect(fixture.read("xdp_next_runs")).toBe(next);
  });

  test("a second program is told what is there, and how to take it off", () => {
    using fixture = AttachFixture.load("on_xdp", "on_xdp_next");
    using _link = fixture.program("on_xdp").attach({ interface: "lo", mode: "generic" });
    expect(() => fixture.program("on_xdp_next").attach({ interface: "lo" })).toThrow(
      new RegExp(
        `EBUSY.*interface "lo" has an XDP program already \\(id ${fixture.program("on_xdp").id}, generic\\); ` +
          "close the link that holds it, or take it off with: ip link set dev lo xdpgeneric off",
      ),
    );
  });

  test("modes that lo does not have are explained", () => {
    using fixture = AttachFixture.load("on_xdp");
    const attach = (mode: "native" | "offload"): unknown => fixture.program("on_xdp").attach({ interface: 1, mode });
    expect(() => attach("native")).toThrow(/the driver of interface 1 has no native XDP; use mode: "generic"/);
    expect(() => attach("offload")).toThrow(/can't run programs itself/);
  });

  test("runs in the driver where it can", (context) => {
    using device = createDevice("veth", "links-veth");
    context.skip(device === undefined, "this kernel has no veth devices");
    using fixture = AttachFixture.load("on_xdp", "on_xdp_next");
    using _link = fixture.program("on_xdp").attach({ interface: "links-veth", mode: "native" });
    expect(() => fixture.program("on_xdp_next").attach({ interface: "links-veth", mode: "generic" })).toThrow(
      /EEXIST.*\(id \d+, native\), and the kernel does not mix native and generic/,
    );
  });

  test("interfaces that do not exist are explained", () => {
    using fixture = AttachFixture.load("on_xdp", "on_tcx_ingress");
    const missing = expect.objectContaining({ code: "ERR_BPF_NOT_FOUND" });
    expect(() => fixture.program("on_xdp").attach({ interface: "nope" })).toThrow(missing);
    expect(() => fixture.program("on_xdp").attach({ interface: "nope" })).toThrow(
      /no network interface "nope"; there are: .*"lo"/,
    );
    expect(() => fixture.program("on_xdp").attach({ interface: "a-name-that-is-too-long" })).toThrow(missing);
    expect(() => fixture.program("on_xdp").attach({ interface: 0x7fff_0000 })).toThrow(missing);
  });

  test("a program for a map of devices is not attached", () => {
    using fixture = AttachFixture.load("on_devmap");
    expect(() => fixture.program("on_devmap").attach({ interface: "lo" })).toThrow(
      /put its fd into a value of a DEVMAP map/,
    );
  });
});

describe("tcx", () => {
  test("runs in both directions", async (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_tcx_ingress", "on_tcx_egress", "on_tc");
    using ingress = attachOrSkip(context, () => fixture.program("on_tcx_ingress").attach({ interface: "lo" }));
    using _egress = fixture.program("on_tcx_egress").attach({ interface: "lo" });
    using _plain = fixture.program("on_tc").attach({ interface: "lo", direction: "ingress" });
    await sendToSelf();
    expect(fixture.read("tcx_ingress_runs")).toBeGreaterThan(0n);
    expect(fixture.read("tcx_egress_runs")).toBeGreaterThan(0n);
    expect(fixture.read("tc_runs")).toBeGreaterThan(0n);
    if (has(tcxLinks)) expect(ingress.info().type).toBe(LinkType.TCX);
  });

  test("takes a place before or after others, and explains when it can't", (context) => {
    skipIfLacking(context, tcxLinks);
    using fixture = AttachFixture.loadOrSkip(context, "on_tcx_ingress", "on_tc", "on_tcx_egress");
    using first = attachOrSkip(context, () => fixture.program("on_tcx_ingress").attach({ interface: "lo" }));
    const attach = (options: object): Disposable =>
      fixture.program("on_tc").attach({ interface: "lo", direction: "ingress", ...options });
    attach({ before: first })[Symbol.dispose]();
    attach({ after: fixture.program("on_tcx_ingress") })[Symbol.dispose]();
    attach({ before: "all" })[Symbol.dispose]();
    expect(() => attach({ before: fixture.program("on_tcx_egress") })).toThrow(/is not attached there/);
    expect(() => attach({ expectedRevision: 1n })).toThrow(/the list of attached programs was changed/);
  });

  test("says another direction than the section's name", () => {
    using fixture = AttachFixture.load("on_tcx_ingress");
    expect(() => fixture.program("on_tcx_ingress").attach({ interface: "lo", direction: "egress" })).toThrow(
      /says another direction/,
    );
  });
});

describe("filters of tc(8), before Linux 6.6", () => {
  const loopback = 1;

  test("run in both directions, the newest first, and are gone when closed", async (context) => {
    using fixture = AttachFixture.load("on_tc", "on_tcx_ingress");
    const [tc, other] = [fixture.program("on_tc"), fixture.program("on_tcx_ingress")];
    using egress = skipWithoutClsact(context, () => attachAsFilter(tc, loopback, AttachType.TCX_EGRESS, {}));
    await sendToSelf();
    const runs = fixture.read("tc_runs");
    expect(runs).toBeGreaterThan(0n);
    expect(() => egress.info()).toThrow("before Linux 6.6");
    egress.close();
    egress.close();
    await sendToSelf();
    expect(fixture.read("tc_runs")).toBe(runs);

    using _first = attachAsFilter(tc, loopback, AttachType.TCX_INGRESS, {});
    using second = attachAsFilter(other, loopback, AttachType.TCX_INGRESS, { before: "all" });
    await sendToSelf();
    expect(fixture.read("tc_runs")).toBeGreaterThan(runs);
    expect(fixture.read("tcx_ingress_runs")).toBeGreaterThan(0n);
    expect(second.fd).toBeGreaterThan(2);
  });

  test("the filters of others stay, and options that need tcx are refused", (context) => {
    using fixture = AttachFixture.load("on_tc");
    const tc = fixture.program("on_tc");
    using first = skipWithoutClsact(context, () => attachAsFilter(tc, loopback, AttachType.TCX_INGRESS, {}));
    attachAsFilter(tc, loopback, AttachType.TCX_INGRESS, {}).close();
    expect(first.closed).toBe(false);
    expect(() => attachAsFilter(tc, loopback, AttachType.TCX_INGRESS, { after: "all" })).toThrow(
      "before Linux 6.6 a program can only be attached in front of the others",
    );
    expect(() => attachAsFilter(tc, 0x7fff_fff0, AttachType.TCX_INGRESS, {})).toThrow("no network interface of index");
  });

  test("an interface that is gone took them with it", (context) => {
    const device = createDevice("veth", "bpftest-tc");
    context.skip(device === undefined, "this kernel has no veth devices");
    using fixture = AttachFixture.load("on_tc");
    const index = Number(readFileSync("/sys/class/net/bpftest-tc/ifindex", "utf8"));
    const attach = (): Link => attachAsFilter(fixture.program("on_tc"), index, AttachType.TCX_EGRESS, {});
    let link: Link;
    try {
      link = skipWithoutClsact(context, attach);
    } finally {
      device?.[Symbol.dispose]();
    }
    link.close();
    expect(link.closed).toBe(true);
    expect(attach).toThrow("no network interface of index");
  });
});

/** ENOENT: the kernel was built without clsact or cls_bpf. */
function skipWithoutClsact<T>(context: TestContext, attach: () => T): T {
  try {
    return attach();
  } catch (error) {
    if (error instanceof SyscallError && error.errno === "ENOENT") context.skip(error.message);
    throw error;
  }
}

describe("cgroups", () => {
  const root = mounts().find(({ type }) => type === "cgroup2")?.path;
  let cgroup: string;
  beforeAll(() => {
    if (whyNoKernel === undefined && root !== undefined) cgroup = mkdtempSync(join(root, "links-test-"));
  });
  afterAll(() => {
    if (cgroup !== undefined) rmdirSync(cgroup);
  });
  beforeEach((context) => context.skip(root === undefined, "no cgroup hierarchy of version 2 is mounted"));

  /** A process in the cgroup opens a socket and sends a datagram. */
  const sendFromCgroup = (): void => {
    execFileSync("bash", ["-c", `echo $$ > "$0/cgroup.procs" && echo x > /dev/udp/127.0.0.1/9`, cgroup]);
  };

  test("programs run for the processes in it", () => {
    using fixture = AttachFixture.load("on_cgroup_egress", "on_cgroup_skb", "on_cgroup_sock");
    using egress = fixture.program("on_cgroup_egress").attach({ cgroup });
    using _open = fixture.program("on_cgroup_skb").attach({ cgroup, direction: "egress" });
    using _socket = fixture.program("on_cgroup_sock").attach({ cgroup });
    sendFromCgroup();
    expect(fixture.read("cgroup_egress_runs")).toBe(1n);
    expect(fixture.read("cgroup_any_runs")).toBe(1n);
    expect(fixture.read("cgroup_sock_runs")).toBeGreaterThanOrEqual(1n);
    expect(egress.info().type).toBe(LinkType.CGROUP);
    egress.close();
    sendFromCgroup();
    expect(fixture.read("cgroup_egress_runs")).toBe(1n);
    expect(fixture.read("cgroup_any_runs")).toBe(2n);
  });

  test("as kernels without links attach: detached by closing, once, also after the program was closed", () => {
    using fixture = AttachFixture.load("on_cgroup_egress");
    const program = fixture.program("on_cgroup_egress");
    const link = attachWithoutLink(program, openCgroup(cgroup), AttachType.CGROUP_INET_EGRESS);
    program.close();
    sendFromCgroup();
    expect(fixture.read("cgroup_egress_runs")).toBe(1n);
    expect(() => link.id).toThrow(/has no id and can't be asked about: before Linux 5.7/);
    expect(() => link.pin()).toThrow(/can't be pinned/);
    expect(() => link.update()).toThrow(/can't be given another program/);
    link.detach();
    link.close();
    expect(() => link.fd).toThrow(/is closed/);
    sendFromCgroup();
    expect(fixture.read("cgroup_egress_runs")).toBe(1n);
  });

  test("order can be chosen", (context) => {
    using fixture = AttachFixture.load("on_cgroup_egress", "on_cgroup_skb");
    using first = fixture.program("on_cgroup_egress").attach({ cgroup });
    try {
      fixture.program("on_cgroup_skb").attach({ cgroup, direction: "egress", before: first }).close();
    } catch (error) {
      expect(error).toHaveProperty("message", expect.stringContaining("since Linux 6.17"));
      context.skip("this kernel does not order programs on cgroups");
    }
  });

  test("what is no cgroup is explained", () => {
    using fixture = AttachFixture.load("on_cgroup_egress");
    const attach = (path: string): unknown => fixture.program("on_cgroup_egress").attach({ cgroup: path });
    expect(() => attach("/tmp")).toThrow(/"\/tmp" is not in a cgroup hierarchy of version 2.*; one is mounted at/);
    expect(() => attach("/no/such/cgroup")).toThrow(expect.objectContaining({ code: "ERR_BPF_NOT_FOUND" }));
    expect(() => attach(join(cgroup, "cgroup.procs"))).toThrow(/ENOTDIR/);
  });

  test("LSM programs of a cgroup", (context) => {
    using fixture = AttachFixture.loadOrSkip(context, "on_lsm_cgroup");
    using _link = attachOrSkip(context, () => fixture.program("on_lsm_cgroup").attach({ cgroup }));
    execFileSync("bash", [
      "-c",
      `echo $$ > "$0/cgroup.procs" && exec "$1" -e 'require("dgram").createSocket("udp4").bind(0, function () { this.close(); })'`,
      cgroup,
      process.execPath,
    ]);
    expect(fixture.read("lsm_cgroup_runs")).toBeGreaterThan(0n);
  });
});

describe("network namespaces", () => {
  test("sk_lookup runs", async () => {
    using fixture = AttachFixture.load("on_sk_lookup");
    using link = fixture.program("on_sk_lookup").attach({ netns: "/proc/self/ns/net" });
    await sendToSelf();
    expect(fixture.read("sk_lookup_runs")).toBeGreaterThan(0n);
    expect(link.info().type).toBe(LinkType.NETNS);
  });

  test("flow_dissector attaches, once", () => {
    using fixture = AttachFixture.load("on_flow_dissector");
    const attach = (): Disposable => fixture.program("on_flow_dissector").attach({ netns: "/proc/self/ns/net" });
    using _link = attach();
    expect(attach).toThrow(/the namespace has as many programs as the kernel allows/);
  });

  test("what is no namespace is explained", () => {
    using fixture = AttachFixture.load("on_sk_lookup");
    const attach = (netns: string): unknown => fixture.program("on_sk_lookup").attach({ netns });
    expect(() => attach("/proc/self/ns/mnt")).toThrow(/"\/proc\/self\/ns\/mnt" is no network namespace/);
    expect(() => attach("/no/such/namespace")).toThrow(/there is no network namespace/);
  });
});

test("netfilter programs run at their hook, and share no priority", async (context) => {
  using fixture = AttachFixture.loadOrSkip(context, "on_netfilter");
  const attach = (priority: number): ReturnType<ReturnType<typeof fixture.program>["attach"]> =>
    fixture.program("on_netfilter").attach({ family: "ipv4", hook: "input", priority });
  using link = attachOrSkip(context, () => attach(-128));
  await sendToSelf();
  expect(fixture.read("netfilter_runs")).toBeGreaterThan(0n);
  expect(link.info().type).toBe(LinkType.NETFILTER);
  expect(() => attach(-128)).toThrow(/priority -128 is taken at ipv4 input/);
  expect(() => attach(0x7fff_ffff)).toThrow(/one that the kernel keeps for itself/);
});

describe("maps of sockets", () => {
  test("take a program", () => {
    using fixture = AttachFixture.load("on_sk_msg");
    fixture
      .program("on_sk_msg")
      .attach({ map: fixture.map("sockets") })
      .close();
    // The map is free again.
    fixture
      .program("on_sk_msg")
      .attach({ map: fixture.map("sockets") })
      .close();
  });

  test("as kernels without links attach", () => {
    using fixture = AttachFixture.load("on_sk_msg");
    const attach = (): Disposable =>
      attachToMapWithoutLink(fixture.program("on_sk_msg"), fixture.map("sockets").fd, AttachType.SK_MSG_VERDICT);
    attach()[Symbol.dispose]();
    attach()[Symbol.dispose]();
  });

  test("other maps are refused", () => {
    using fixture = AttachFixture.load("on_sk_msg");
    expect(() => fixture.program("on_sk_msg").attach({ map: fixture.map(".bss") })).toThrow(/SOCKMAP or SOCKHASH/);
  });
});

test("freplace takes the place of a function, also in another program", async (context) => {
  using target = AttachFixture.load("on_replaceable");
  using other = AttachFixture.load("on_replaceable");
  using fixture = AttachFixture.extending(context, target.program("on_replaceable"));
  const program = fixture.program("on_freplace");
  using onLoopback = target.program("on_replaceable").attach({ interface: "lo" });
  const replacement = attachOrSkip(context, () => program.attach());
  await sendToSelf();
  const runs = fixture.read("freplace_runs");
  expect(runs).toBeGreaterThan(0n);
  replacement.close();
  await sendToSelf();
  expect(fixture.read("freplace_runs")).toBe(runs);

  onLoopback.update(other.program("on_replaceable"));
  using _elsewhere = program.attach({ target: other.program("on_replaceable"), symbol: "verdict" });
  await sendToSelf();
  expect(fixture.read("freplace_runs")).toBeGreaterThan(runs);
  expect(() => program.attach({ target: other.program("on_replaceable"), symbol: "nothing" })).toThrow(
    /has no function "nothing"/,
  );
});
