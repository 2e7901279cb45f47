/**
 * `enum bpf_link_type` of the kernel's include/uapi/linux/bpf.h. Names are the kernel's without `BPF_LINK_TYPE_`.
 *
 * @module
 */

/** Kinds of link. */
export const LinkType = {
  UNSPEC: 0,
  RAW_TRACEPOINT: 1,
  TRACING: 2,
  CGROUP: 3,
  ITER: 4,
  NETNS: 5,
  XDP: 6,
  PERF_EVENT: 7,
  KPROBE_MULTI: 8,
  STRUCT_OPS: 9,
  NETFILTER: 10,
  TCX: 11,
  UPROBE_MULTI: 12,
  NETKIT: 13,
  SOCKMAP: 14,
  TRACING_MULTI: 15,
} as const;
/** One of {@link LinkType}, or a number that a newer kernel brought. */
export type LinkType = (typeof LinkType)[keyof typeof LinkType] | (number & {});

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(LinkType).map(([name, value]) => [value, `BPF_LINK_TYPE_${name}`]),
);

/** The kernel's name: `"BPF_LINK_TYPE_RAW_TRACEPOINT"`, or the number for one that is not known here. */
export function linkTypeName(value: number): string {
  return names.get(value) ?? String(value);
}
