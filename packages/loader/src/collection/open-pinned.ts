import { BpfError, quoteName } from "../errors/index.ts";
import { openPinnedLink } from "../links/index.ts";
import type { Link } from "../links/index.ts";
import { openAnyPin } from "../links/pin.ts";
import { openPinnedMap } from "../maps/index.ts";
import type { BpfMap } from "../maps/index.ts";
import { Program } from "../programs/index.ts";

/**
 * Opens what is pinned at a path: a map as what its kind is, a program or a link. `pinnedObjects()` of `bpf-loader/info` tells what there
 * is.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when nothing is there, `ERR_BPF_INVALID_ARGUMENT` for what is none of these
 */
export function openPinned(path: string): BpfMap | Program | Link {
  const { kind, descriptor } = openAnyPin(path);
  descriptor.close();
  switch (kind) {
    case "map":
      return openPinnedMap(path);
    case "program":
      return Program.fromPin(path);
    case "link":
      return openPinnedLink(path);
    case "btf":
      throw new BpfError("ERR_BPF_INVALID_ARGUMENT", `what is pinned at ${quoteName(path)} is a BTF object`);
  }
}
