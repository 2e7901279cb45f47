import { constants } from "node:fs";
import { openPath } from "../sys/index.ts";
import { createLink } from "./create-link.ts";
import { BpfLink } from "./link.ts";
import { isText, type LinkKind, required } from "./link-kind.ts";

/** Options of `sk_lookup` and `flow_dissector` programs. */
export interface NetnsOptions {
  /** Path of the network namespace: `"/proc/self/ns/net"` for one's own, `"/run/netns/blue"` for one made with `ip netns`. */
  readonly netns: string;
}

/** `flow_dissector` since Linux 5.8, `sk_lookup` since Linux 5.9. */
export const netns: LinkKind<NetnsOptions> = {
  kind: "netns",
  title: "a program for a network namespace (sk_lookup, flow_dissector)",
  since: "5.8",
  options: { netns: required("string", isText) },
  example: 'attach({ netns: "/proc/self/ns/net" })',
  attach(program, { netns: path }) {
    const namespace = openPath(path, constants.O_RDONLY, "network namespace");
    try {
      const link = createLink(program, { targetFd: namespace.value, attachType: program.attachType }, () => ({
        capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
        hints: {
          EINVAL: `${namespace.what} is no network namespace: it is a file like /proc/<pid>/ns/net or /run/netns/<name>`,
          E2BIG: "the namespace has as many programs as the kernel allows: one flow dissector, 64 for sk_lookup",
          EEXIST:
            "the namespace, or for flow dissectors the first one, has such a program that is attached without a link",
        },
      }));
      return new BpfLink("netns", link);
    } finally {
      namespace.close();
    }
  },
};
