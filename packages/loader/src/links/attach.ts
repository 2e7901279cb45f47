import { BpfError, quoteName } from "../errors/index.ts";
import { programTypeName } from "../uapi/program-type.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { type AttachOptions, linkKinds } from "./kinds.ts";
import type { Link } from "./link.ts";
import { type AttachContext, checkOptions, type LinkKind } from "./link-kind.ts";

/**
 * Attaches a loaded program where its section's name says, or where `options` say.
 *
 * @param options depend on the kind of program: see {@link AttachOptionsByKind}. Needed when the section's name has no target.
 * @throws BpfError ERR_BPF_INVALID_ARGUMENT for options that are not this kind's, and when some are missing, with an example;
 *   ERR_BPF_NOT_FOUND when what to attach to does not exist; NotSupportedError when the kernel can't attach this way;
 *   MissingCapabilityError; SyscallError for what else the kernel refuses. Nothing stays open then.
 */
export function attachProgram(program: AttachableProgram, options?: AttachOptions, context: AttachContext = {}): Link {
  if (program.attachKind === undefined && program.sectionName === "") {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `program ${quoteName(program.name)} can't be attached: the kernel does not tell how programs of type ` +
        `${programTypeName(program.type)} are; say it when it is opened: { section: "cgroup/connect4" }`,
    );
  }
  if (program.attachKind === undefined) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${describeProgram(program)} can't be attached: its section's name says nothing about how; name it like SEC("xdp") or SEC("tp/sched/sched_switch")`,
    );
  }
  const kind: LinkKind<object> = linkKinds[program.attachKind];
  return kind.attach(program, checkOptions(kind, program, options, kindsWithOption), context);
}

function kindsWithOption(name: string): readonly string[] {
  return Object.values<LinkKind<object>>(linkKinds)
    .filter((kind) => Object.hasOwn(kind.options, name))
    .map((kind) => kind.title);
}
