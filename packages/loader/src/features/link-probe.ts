import {
  addon,
  errnoName,
  FileDescriptor,
  kernelVersionCode,
  linkCreate,
  programAttach,
  programLoad,
  tryBpf,
} from "../sys/index.ts";
import type { FeatureProbe, Values } from "../sys/index.ts";
import type { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/command.ts";
import type { ProgramType } from "../uapi/program-type.ts";
import { cantTell, isUnknown, RETURN_1, tellsNothing } from "./try-call.ts";

/** A feature of which the first kernel release is known. */
export interface DatedProbe extends FeatureProbe {
  readonly since: string;
}

/** A program to be attached. */
interface ProbeProgram {
  readonly type: ProgramType;
  readonly attachType: AttachType;
  /** The attach type that it is loaded with. */
  readonly loadedFor?: AttachType;
}

/**
 * A probe for a kind of link: attaches a program that does nothing to something that does not exist. A kernel that has the
 * kind looks for the target and answers `wanted`; one that has not stops before, at the attach type, with EINVAL.
 */
export function linkProbe(
  feature: { readonly name: string; readonly since: string },
  program: ProbeProgram,
  target: Values<typeof linkCreate>,
  wanted: string,
): DatedProbe {
  return attachmentProbe(feature, program, wanted, "BPF_LINK_CREATE", (progFd) => {
    const result = tryBpf(Command.LINK_CREATE, linkCreate, { ...target, progFd, attachType: program.attachType });
    if (result >= 0) addon().close(result);
    return result;
  });
}

/** As {@link linkProbe}, for what is attached without a link on some kernels. `target` must not exist: nothing would detach it. */
export function directAttachmentProbe(
  feature: { readonly name: string; readonly since: string },
  program: ProbeProgram,
  target: Values<typeof programAttach>,
  wanted: string,
): DatedProbe {
  return attachmentProbe(feature, program, wanted, "BPF_PROG_ATTACH", (attachBpfFd) =>
    tryBpf(Command.PROG_ATTACH, programAttach, { ...target, attachBpfFd, attachType: program.attachType }),
  );
}

function attachmentProbe(
  feature: { readonly name: string; readonly since: string },
  { type, loadedFor = 0 }: ProbeProgram,
  wanted: string,
  command: string,
  attach: (programFd: number) => number,
): DatedProbe {
  return {
    name: feature.name,
    since: feature.since,
    test: () => {
      const fd = tryBpf(Command.PROG_LOAD, programLoad, {
        progType: type,
        insns: RETURN_1,
        insnCnt: 2,
        license: "GPL",
        kernVersion: kernelVersionCode(),
        expectedAttachType: loadedFor,
      });
      if (fd < 0) return isUnknown(fd) ? false : cantTell(fd, "BPF_PROG_LOAD");
      const trivial = new FileDescriptor(fd, "probe program");
      try {
        const result = attach(trivial.value);
        if (tellsNothing(result)) return cantTell(result, command);
        return result >= 0 || errnoName(result) === wanted;
      } finally {
        trivial.close();
      }
    },
  };
}
