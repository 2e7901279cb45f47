import { linkInfoPerfEvent, objectInfo, stringFromBytes } from "../sys/index.ts";
import type { Decoded } from "../sys/index.ts";
import type { PerfEventLinkInfo, PerfEventTarget } from "./link-details.ts";
import { partOf } from "./link-query.ts";
import type { LinkQuery } from "./link-query.ts";
import { Reported } from "./reported.ts";

/** `enum bpf_perf_event_type` of include/uapi/linux/bpf.h. */
const PerfEventType = { UPROBE: 1, URETPROBE: 2, KPROBE: 3, KRETPROBE: 4, TRACEPOINT: 5, EVENT: 6 } as const;

/** PATH_MAX; the kernel tells the length of a name only since Linux 6.9, and names of functions are shorter. */
const NAME_BYTES = 4096;

export function perfEventDetails(query: LinkQuery): PerfEventLinkInfo {
  const { fd, object } = query;
  const told = partOf(query, linkInfoPerfEvent);
  const { type } = told.info;
  // Before 6.6.
  if (type === 0) return { kind: "perfEvent", event: undefined };
  // Only probes and tracepoints have a name, and where it is asked for an event has its configuration.
  if (type === PerfEventType.EVENT) return { kind: "perfEvent", event: describeTarget(told.info, "", undefined) };
  const name = new Uint8Array(NAME_BYTES);
  const named = objectInfo(fd, linkInfoPerfEvent, object, { name, nameLen: name.length });
  const missed = new Reported(linkInfoPerfEvent, named).get("kprobeMissed");
  return { kind: "perfEvent", event: describeTarget(named.info, stringFromBytes(name), missed) };
}

/** Before 6.9 cookies are zero, too. */
function describeTarget(
  info: Decoded<typeof linkInfoPerfEvent>,
  name: string,
  missed: bigint | undefined,
): PerfEventTarget | undefined {
  switch (info.type) {
    case PerfEventType.UPROBE:
    case PerfEventType.URETPROBE: {
      const type = info.type === PerfEventType.UPROBE ? "uprobe" : "uretprobe";
      const { offset, uprobeCookie, uprobeRefCtrOffset } = info;
      const semaphoreOffset = uprobeRefCtrOffset || undefined;
      return { type, path: name, offset, cookie: uprobeCookie || undefined, semaphoreOffset };
    }
    case PerfEventType.KPROBE:
    case PerfEventType.KRETPROBE: {
      const type = info.type === PerfEventType.KPROBE ? "kprobe" : "kretprobe";
      const { offset, probeAddress, kprobeCookie } = info;
      const address = probeAddress || undefined;
      return { type, function: name, offset, address, missed, cookie: kprobeCookie || undefined };
    }
    case PerfEventType.TRACEPOINT:
      return { type: "tracepoint", name, cookie: info.tracepointCookie || undefined };
    case PerfEventType.EVENT: {
      const { eventType, eventConfig, tracepointCookie } = info;
      return { type: "event", eventType, config: eventConfig, cookie: tracepointCookie || undefined };
    }
    default:
      return undefined;
  }
}
