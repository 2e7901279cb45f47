import { NotSupportedError } from "../errors/index.ts";
import { describeProgram } from "./attachable-program.ts";
import type { LinkKind } from "./link-kind.ts";

/** No options at all. */
export type NoOptions = Readonly<Record<string, never>>;

/** Kinds of program that are not attached by `attach()`; it throws and says how they are used instead. */
export type UnattachableKind = "syscall" | "structOps" | "action";

function unattachable(kind: UnattachableKind, title: string, since: string, how: string): LinkKind<NoOptions> {
  return {
    kind,
    title,
    since,
    options: {},
    example: "attach()",
    attach(program) {
      throw new NotSupportedError(`attaching ${title}`, undefined, `${describeProgram(program)}: ${how}`);
    },
  };
}

/** Since Linux 5.14. */
export const syscall: LinkKind<NoOptions> = unattachable(
  "syscall",
  "a syscall program",
  "5.14",
  "syscall programs are run, not attached: call run()",
);

/** Since Linux 5.6. */
export const structOps: LinkKind<NoOptions> = unattachable(
  "structOps",
  "a struct_ops program",
  "5.6",
  "a struct_ops program is a function of a structure: call attach() of the structure, a map of the section .struct_ops or " +
    ".struct_ops.link",
);

/** Since Linux 4.1. */
export const action: LinkKind<NoOptions> = unattachable(
  "action",
  "a traffic control action",
  "4.1",
  'an action belongs to a filter of tc(8): pin the program, then tc filter add … action bpf object-pinned <path>. SEC("tcx/ingress") ' +
    "programs are attached from here, and decide by themselves",
);
