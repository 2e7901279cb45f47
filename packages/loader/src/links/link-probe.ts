import {
  addon,
  errnoName,
  FileDescriptor,
  linkCreate,
  programLoad,
  tryBpf,
  type FeatureProbe,
  type Values,
} from "../sys/index.ts";
import type { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/index.ts";
import type { ProgramType } from "../uapi/program-type.ts";

/** A descriptor or interface that does not exist. */
export const NOWHERE = 0x7fff_fff0;

/** `r0 = 0; exit`, the same in both byte orders but for the register bits, which are 0. */
const RETURN_0 = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/**
 * A probe for a kind of link: attaches a program that does nothing to something that does not exist. A kernel that has the
 * kind looks for the target and answers `wanted`; one that has not stops before, at the attach type, with EINVAL.
 */
export function linkProbe(
  feature: { readonly name: string; readonly since: string },
  program: { readonly type: ProgramType; readonly attachType: AttachType; readonly loadedFor?: AttachType },
  target: Values<typeof linkCreate>,
  wanted: string,
): FeatureProbe {
  return {
    ...feature,
    test: () => {
      const fd = tryBpf(Command.PROG_LOAD, programLoad, {
        progType: program.type,
        insns: RETURN_0,
        insnCnt: 2,
        license: "GPL",
        expectedAttachType: program.loadedFor ?? 0,
      });
      if (fd < 0) return undefined;
      const trivial = new FileDescriptor(fd, "probe program");
      try {
        const result = tryBpf(Command.LINK_CREATE, linkCreate, {
          ...target,
          progFd: trivial.value,
          attachType: program.attachType,
        });
        if (result >= 0) addon().close(result);
        return result >= 0 || errnoName(result) === wanted;
      } finally {
        trivial.close();
      }
    },
  };
}
