/**
 * Commands of bpf(2): each is called with descriptors of nothing. A kernel that knows it misses the object (EBADF); one that does
 * not refuses the command (EINVAL).
 *
 * @module
 */
import {
  Errno,
  iterCreate,
  linkDetach,
  linkUpdate,
  mapFreeze,
  programBindMap,
  programStreamRead,
  tokenCreate,
  tryBpf,
  type FeatureProbe,
  type Layout,
  type Values,
} from "../sys/index.ts";
import { Command } from "../uapi/index.ts";
import { cantTell, isUnknown, NOWHERE } from "./try-call.ts";

function commandProbe<L extends Layout>(
  feature: { readonly name: string; readonly since: string },
  command: Command,
  layout: L,
  values: Values<L>,
): FeatureProbe {
  return {
    ...feature,
    test: () => {
      const result = tryBpf(command, layout, values);
      if (result === -Errno.EBADF) return true;
      return isUnknown(result) ? false : cantTell(result, layout.name);
    },
  };
}

export const mapFreezing: FeatureProbe = commandProbe(
  { name: "freezing of maps", since: "5.2" },
  Command.MAP_FREEZE,
  mapFreeze,
  { mapFd: NOWHERE },
);

export const linkUpdates: FeatureProbe = commandProbe(
  { name: "replacing the program of a link", since: "5.7" },
  Command.LINK_UPDATE,
  linkUpdate,
  { linkFd: NOWHERE },
);

export const iterators: FeatureProbe = commandProbe(
  { name: "iterators", since: "5.8" },
  Command.ITER_CREATE,
  iterCreate,
  { linkFd: NOWHERE },
);

export const linkDetaching: FeatureProbe = commandProbe(
  { name: "detaching of links", since: "5.9" },
  Command.LINK_DETACH,
  linkDetach,
  { linkFd: NOWHERE },
);

export const bindMap: FeatureProbe = commandProbe(
  { name: "binding maps to programs", since: "5.10" },
  Command.PROG_BIND_MAP,
  programBindMap,
  { progFd: NOWHERE, mapFd: NOWHERE },
);

export const tokens: FeatureProbe = commandProbe(
  { name: "BPF tokens", since: "6.9" },
  Command.TOKEN_CREATE,
  tokenCreate,
  { bpffsFd: NOWHERE },
);

export const programStreams: FeatureProbe = commandProbe(
  { name: "streams of programs", since: "6.17" },
  Command.PROG_STREAM_READ_BY_FD,
  programStreamRead,
  { progFd: NOWHERE, streamId: 1, streamBuf: new Uint8Array(8), streamBufLen: 8 },
);
