import { PerfType, perfEventOpen } from "../sys/index.ts";
import { describeProgram } from "./attachable-program.ts";
import { cookieRule, isText, optional, optionError, type LinkKind } from "./link-kind.ts";
import { attachToPerfEvent } from "./perf-attachment.ts";
import { tracepointId } from "./tracefs.ts";

/** Options of `tracepoint` and `tp` programs. */
export interface TracepointOptions {
  /** `"sched"`; with `name`. Default: what the section's name says. */
  readonly category?: string;
  /** `"sched_switch"`; with `category`. */
  readonly name?: string;
  /** What `bpf_get_attach_cookie()` gives. Since Linux 5.15. */
  readonly cookie?: bigint;
}

/** Since Linux 4.7. Needs tracefs to be mounted. */
export const tracepoint: LinkKind<TracepointOptions> = {
  kind: "tracepoint",
  title: "a tracepoint program",
  since: "4.7",
  options: { category: optional("string", isText), name: optional("string", isText), cookie: cookieRule },
  example: 'attach({ category: "sched", name: "sched_switch" })',
  attach(program, { category, name, cookie }) {
    if ((category === undefined) !== (name === undefined)) {
      throw optionError(tracepoint, program, "the options category and name go together");
    }
    const slash = program.attachTo.indexOf("/");
    const tracepointCategory = category ?? (slash === -1 ? "" : program.attachTo.slice(0, slash));
    const tracepointName = name ?? program.attachTo.slice(slash + 1);
    if (tracepointCategory === "" || tracepointName === "") {
      throw optionError(tracepoint, program, "its section does not name a category and a tracepoint");
    }
    const id = tracepointId(tracepointCategory, tracepointName);
    // A program on a tracepoint runs for all processes on all CPUs, whatever these two say.
    const where = { pid: -1, cpu: 0 };
    const event = perfEventOpen({ type: PerfType.TRACEPOINT, config: id }, where, describeProgram(program));
    return attachToPerfEvent("tracepoint", program, event, cookie, {
      EACCES: `it reads beyond the record of ${tracepointCategory}/${tracepointName}; see the format file of the tracepoint in tracefs`,
    });
  },
};
