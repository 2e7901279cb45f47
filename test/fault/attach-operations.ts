import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCollectionSync } from "../../packages/loader/src/collection/index.ts";
import type { Collection } from "../../packages/loader/src/collection/index.ts";
import { attachWithoutLink } from "../../packages/loader/src/links/cgroup.ts";
import { openCgroup } from "../../packages/loader/src/links/cgroup-directory.ts";
import type { AttachOptions, Link } from "../../packages/loader/src/links/index.ts";
import { IterLink } from "../../packages/loader/src/links/index.ts";
import { mounts } from "../../packages/loader/src/links/mounts.ts";
import { attachWithoutLink as attachToMap } from "../../packages/loader/src/links/sockmap.ts";
import { attachWithoutLink as attachAsFilter } from "../../packages/loader/src/links/tcx.ts";
import { StructOpsMap } from "../../packages/loader/src/maps/index.ts";
import { interfaceIndex } from "../../packages/loader/src/sys/index.ts";
import { AttachType } from "../../packages/loader/src/uapi/index.ts";
import { usdtTarget } from "../usdt-target.ts";
import { fixture, named, opened, type Operation } from "./operation.ts";

const cgroup = (): string => mounts().find(({ type }) => type === "cgroup2")?.path ?? "/sys/fs/cgroup";

/** Attaching a program of the object that has one for each way. */
function attaching(
  program: string,
  options?: (collection: Collection) => AttachOptions,
  use: (link: Link, collection: Collection) => void = () => undefined,
  what = "",
): Operation {
  return {
    name: `attach ${program}${what}`,
    prepare: ({ keep }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/attach"), { programs: [program] }));
      const found = named(collection.programs, program);
      return () => opened(found.attach(options?.(collection)), (link) => use(link, collection));
    },
  };
}

const getgid = { path: "libc.so.6", symbol: "getgid" };

export const attachOperations: readonly Operation[] = [
  attaching("on_raw_tp"),
  attaching("on_any_raw_tp", () => ({ name: "sys_exit" })),
  attaching("on_tracepoint"),
  attaching("on_any_tracepoint", () => ({ category: "sched", name: "sched_switch", cookie: 7n })),
  attaching("on_tp_btf"),
  attaching("on_xdp", () => ({ interface: "lo" })),
  attaching(
    "on_xdp",
    () => ({ interface: 1, mode: "generic" }),
    (link) => void link.info(),
    " and tell of it",
  ),
  attaching("on_tcx_ingress", () => ({ interface: "lo" })),
  attaching("on_tc", () => ({ interface: "lo", direction: "egress" })),
  attaching("on_cgroup_egress", () => ({ cgroup: cgroup() })),
  attaching("on_cgroup_skb", () => ({ cgroup: cgroup(), direction: "ingress" })),
  attaching(
    "on_cgroup_sock",
    () => ({ cgroup: cgroup() }),
    (link) => link.detach(),
    " and detach it",
  ),
  attaching("on_uprobe", () => getgid),
  attaching("on_uprobe_cookie", () => ({ ...getgid, cookie: 1n })),
  attaching("on_uretprobe", () => getgid),
  attaching("on_sleepable_uprobe", () => getgid),
  attaching("on_uprobe_auto"),
  attaching("on_uprobe_multi", () => ({ path: "libc.so.6", symbols: ["getgid", "getuid"] })),
  attaching("on_uretprobe_multi"),
  attaching("on_sk_lookup", () => ({ netns: "/proc/self/ns/net" })),
  attaching("on_flow_dissector", () => ({ netns: "/proc/self/ns/net" })),
  attaching("on_netfilter", () => ({ family: "ipv4", hook: "input", priority: -77 })),
  attaching("on_perf_event", () => ({ sampleFrequency: 99, pid: process.pid })),
  attaching("on_iter_task"),
  attaching(
    "on_iter_task",
    () => ({}),
    (link) => {
      if (!(link instanceof IterLink)) throw new Error("no iterator");
      link.read();
    },
    " and read it",
  ),
  attaching("on_sk_msg", (collection) => ({ map: named(collection.maps, "sockets") })),
  attaching("on_kprobe"),
  attaching("on_kprobe_cookie", () => ({ cookie: 7n })),
  attaching("on_kretprobe"),
  attaching("on_ksyscall"),
  attaching("on_kprobe_multi"),
  attaching("on_fentry"),
  attaching("on_lsm"),
  {
    name: "attach on_cgroup_egress without a link",
    prepare: ({ keep }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/attach"), { programs: ["on_cgroup_egress"] }));
      const program = named(collection.programs, "on_cgroup_egress");
      return () => attachWithoutLink(program, openCgroup(cgroup()), AttachType.CGROUP_INET_EGRESS);
    },
  },
  {
    name: "attach on_tc without a link",
    prepare: ({ keep }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/attach"), { programs: ["on_tc"] }));
      const loopback = interfaceIndex("lo");
      return () => attachAsFilter(named(collection.programs, "on_tc"), loopback, AttachType.TCX_INGRESS, {});
    },
  },
  {
    name: "attach on_sk_msg without a link",
    prepare: ({ keep }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/attach"), { programs: ["on_sk_msg"] }));
      const map = named(collection.maps, "sockets");
      return () => attachToMap(named(collection.programs, "on_sk_msg"), map.fd, AttachType.SK_MSG_VERDICT);
    },
  },
  {
    name: "register a structure",
    prepare: ({ keep }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/congestion-control"), { maps: ["linked"] }));
      const map = named(collection.maps, "linked");
      if (!(map instanceof StructOpsMap)) throw new Error("linked is no map of a structure");
      return () => map.attach();
    },
  },
  {
    name: "attach on_usdt",
    prepare: ({ keep }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/usdt"), { programs: ["on_usdt"] }));
      const options = { path: keep(probedExecutable()).path, provider: "test", name: "twice" };
      return () => named(collection.programs, "on_usdt").attach(options);
    },
  },
  {
    name: "give a link another program",
    prepare: ({ keep }) => {
      const collection = keep(
        loadCollectionSync(fixture("links/fixtures/attach"), { programs: ["on_xdp", "on_xdp_next"] }),
      );
      const link = keep(named(collection.programs, "on_xdp").attach({ interface: "lo" }));
      return () => link.update(named(collection.programs, "on_xdp_next"));
    },
  },
  {
    name: "pin a link",
    prepare: ({ keep, pinPath }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/attach"), { programs: ["on_raw_tp"] }));
      return () =>
        opened(pinnable(named(collection.programs, "on_raw_tp").attach()), ({ link }) => link.pin(`${pinPath}/link`));
    },
  },
];

/** A file with probes. */
function probedExecutable(): Disposable & { readonly path: string } {
  const directory = mkdtempSync(join(tmpdir(), "usdt-"));
  const path = join(directory, "program");
  writeFileSync(path, usdtTarget(), { mode: 0o755 });
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

function pinnable(link: Link): Disposable & { readonly link: Link } {
  return {
    link,
    [Symbol.dispose]: () => {
      link.unpin();
      link.close();
    },
  };
}
