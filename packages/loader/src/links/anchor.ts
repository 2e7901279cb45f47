import type { FailureContext, Values, linkCreate } from "../sys/index.ts";
import type { AttachableProgram } from "./attachable-program.ts";
import { isUint64, type LinkKind, optional, optionError, type OptionRules } from "./link-kind.ts";
import { Link } from "./link.ts";

/** What a program is to run before or after: a link, a program, or `"all"` of those that are attached to the same. */
export type Anchor = Link | AttachableProgram | "all";

/** The place among the programs that are attached to the same. */
export interface OrderOptions {
  /** Run before this one; `"all"`: as the first. */
  readonly before?: Anchor;
  /** Run after this one; `"all"`: as the last, which is the default. */
  readonly after?: Anchor;
  /** Refuse when the list of programs was changed since it had this revision. */
  readonly expectedRevision?: bigint;
}

const F_BEFORE = 1 << 3;
const F_AFTER = 1 << 4;
const F_LINK = 1 << 13;

const isAnchor = (value: unknown): boolean =>
  value === "all" ||
  value instanceof Link ||
  (typeof value === "object" && value !== null && "attachKind" in value && "fd" in value);

const anchorType = 'Link | Program | "all"';

export const orderRules: OptionRules<OrderOptions> = {
  before: optional(anchorType, isAnchor),
  after: optional(anchorType, isAnchor),
  expectedRevision: optional("bigint", isUint64),
};

/** The fields of BPF_LINK_CREATE for that place. */
export function orderValues(
  kind: LinkKind<object>,
  program: AttachableProgram,
  { before, after, expectedRevision }: OrderOptions,
): Values<typeof linkCreate> {
  if (before !== undefined && after !== undefined) {
    throw optionError(kind, program, "it can't be told to run both before and after something");
  }
  const anchor = before ?? after;
  if (anchor === undefined) return { expectedRevision };
  const side = before === undefined ? F_AFTER : F_BEFORE;
  if (anchor === "all") return { flags: side, expectedRevision };
  return { flags: anchor instanceof Link ? side | F_LINK : side, relativeFd: anchor.fd, expectedRevision };
}

/** What the errors of the kernel's lists of programs mean (bpf_mprog, kernel/bpf/mprog.c). */
export const orderHints: NonNullable<FailureContext["hints"]> = {
  EEXIST: "the same program is attached there already",
  ENOENT: "what it is to run before or after is not attached there",
  ESTALE: "the list of attached programs was changed since the expected revision; look again and retry",
  ERANGE: "64 programs are attached there, the most that the kernel allows; or they are no neighbours as wanted",
};
