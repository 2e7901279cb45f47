import { BpfError, NotSupportedError } from "../errors/index.ts";
import {
  addon,
  Errno,
  errnoName,
  explainSyscall,
  FileDescriptor,
  linkCreate,
  linkUpdate,
  tryBpf,
} from "../sys/index.ts";
import { AttachType } from "../uapi/attach-type.ts";
import { Command } from "../uapi/index.ts";
import { BpfLink, type Link } from "./link.ts";
import { LegacyAttachment } from "./legacy-attachment.ts";

/** The map of a structure: `StructOpsMap`. */
interface LinkableStructOps {
  readonly fd: number;
  /** Writes its value, if that was not done yet. */
  makeReady(): void;
}

/** A structure that is registered with the kernel. */
export interface StructOpsLink extends Link {
  /**
   * Puts another structure of the same kind and name in place of this one, without a moment in which none is registered. Since Linux
   * 6.4, for structures of `.struct_ops.link`, where the kernel's part that uses them can.
   */
  replace(map: LinkableStructOps): void;
}

const hints = {
  EEXIST: "a structure of this name is registered already",
  EINVAL: "the kernel refuses its content, or does not link this kind of structure",
  EBUSY: "something of this kind is registered already, and there can be one only",
};

/**
 * Registers a structure of `.struct_ops.link` whose value is written: BPF_LINK_CREATE. Since Linux 6.4.
 *
 * @param what names the map in messages
 */
export function attachStructOps(mapFd: number, what: string): StructOpsLink {
  const result = tryBpf(Command.LINK_CREATE, linkCreate, { progFd: mapFd, attachType: AttachType.STRUCT_OPS });
  if (result < 0) throw explainSyscall(result, "BPF_LINK_CREATE", what, { hints });
  return new StructOpsMapLink(new FileDescriptor(result, `link of ${what}`));
}

/** What takes a structure of `.struct_ops` out again, which was registered when its value was written. Takes over `map`. */
export function registerStructOps(map: FileDescriptor): StructOpsLink {
  return new StructOpsRegistration(map);
}

class StructOpsMapLink extends BpfLink implements StructOpsLink {
  constructor(descriptor: FileDescriptor) {
    super("structOps", descriptor);
  }

  override update(): void {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${this.what}: it has a structure, not a program: call replace() with another map`,
    );
  }

  replace(map: LinkableStructOps): void {
    map.makeReady();
    const result = tryBpf(Command.LINK_UPDATE, linkUpdate, { linkFd: this.fd, newProgFd: map.fd });
    if (result < 0) {
      throw explainSyscall(result, "BPF_LINK_UPDATE", this.what, {
        hints: {
          EINVAL: "the new structure is of another kind or name, or not of .struct_ops.link",
          EOPNOTSUPP: "structures of this kind can't be replaced",
        },
      });
    }
  }
}

/** A structure that is registered without a link, before Linux 6.4 or because it is of `.struct_ops`. */
class StructOpsRegistration extends LegacyAttachment implements StructOpsLink {
  constructor(map: FileDescriptor) {
    super("structOps", map, "6.4");
  }

  replace(): void {
    throw new NotSupportedError(
      "replacing a structure of .struct_ops",
      "6.4",
      `${this.what}: structures of .struct_ops can't be replaced; put them into .struct_ops.link`,
    );
  }

  /** @throws BpfError when the kernel refuses to take it out; the descriptor is closed all the same. */
  override close(): void {
    if (this.closed) return;
    const result = unregister(this.descriptor);
    super.close();
    // ENOENT: it was never registered. EINPROGRESS: somebody else took it out.
    if (result < 0 && -result !== Errno.ENOENT && errnoName(result) !== "EINPROGRESS")
      throw explainSyscall(result, "BPF_MAP_DELETE_ELEM", this.what);
  }
}

/** Deletes the only element of the map. 0, or -errno. */
function unregister(map: FileDescriptor): number {
  const fd = map.dup().release();
  const slot = addon().openMapSlot(fd);
  if (typeof slot === "number") {
    addon().close(fd);
    return slot;
  }
  // The key is 0, and the block starts as zeros.
  const result = addon().mapDelete(slot.handle);
  addon().closeMapSlot(slot.handle);
  return result;
}
