import { constants } from "node:fs";
import { FileDescriptor, openPath } from "../sys/index.ts";
import { attachError, linkName } from "./create-link.ts";
import { DirectAttachment } from "./legacy-attachment.ts";
import { isText, type LinkKind, required } from "./link-kind.ts";

/** Options of `lirc_mode2` programs. */
export interface LircOptions {
  /** Path of the receiver: `"/dev/lirc0"`. */
  readonly device: string;
}

/** Since Linux 4.18, with CONFIG_BPF_LIRC_MODE2. */
export const lirc: LinkKind<LircOptions> = {
  kind: "lirc",
  title: "an infrared decoder",
  since: "4.18",
  options: { device: required("string", isText) },
  example: 'attach({ device: "/dev/lirc0" })',
  attach(program, { device }) {
    const receiver = openPath(device, constants.O_RDWR | constants.O_NONBLOCK, "infrared receiver");
    const attachment = DirectAttachment.create("lirc", program.fd, {
      target: new FileDescriptor(receiver.release(), linkName(program)),
      attachType: program.attachType,
      flags: 0,
      linkSince: undefined,
    });
    if (typeof attachment !== "number") return attachment;
    throw attachError(attachment, "BPF_PROG_ATTACH", program, () => ({
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: {
        EINVAL: `${receiver.what} is no infrared receiver that gives pulses, or the kernel was built without CONFIG_BPF_LIRC_MODE2`,
        ENODEV: `${receiver.what} is unplugged`,
        EEXIST: "the same program is attached there already",
        E2BIG: "64 programs are attached there, the most that the kernel allows",
      },
    }));
  },
};
