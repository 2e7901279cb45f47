import { BpfError, quoteName } from "../errors/index.ts";
import { btfById } from "../info/index.ts";
import { programIdentity } from "../info/identity.ts";
import type { FailureContext } from "../sys/index.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { createLink, openRawTracepoint } from "./create-link.ts";
import { BpfLink } from "./link.ts";
import { isText, type LinkKind, optional, optionError } from "./link-kind.ts";

/** Options of `freplace` programs. Default: the program and function that it was loaded for. */
export interface FreplaceOptions {
  /** Another program with such a function; with `symbol`. Since Linux 5.10. */
  readonly target?: AttachableProgram;
  /** The function to replace, a global one of `target`. */
  readonly symbol?: string;
}

const isProgram = (value: unknown): boolean => typeof value === "object" && value !== null && "fd" in value;

/** Since Linux 5.6. */
export const freplace: LinkKind<FreplaceOptions> = {
  kind: "freplace",
  title: "an freplace program",
  since: "5.6",
  options: { target: optional("Program", isProgram), symbol: optional("string", isText) },
  example: 'attach({ target: objs.programs.main, symbol: "handle_packet" })',
  attach(program, { target, symbol }) {
    if ((target === undefined) !== (symbol === undefined)) {
      throw optionError(freplace, program, "the options target and symbol go together");
    }
    const link =
      target === undefined || symbol === undefined
        ? openRawTracepoint(program, {}, () => failure)
        : createLink(program, { targetFd: target.fd, targetBtfId: functionId(target, symbol) }, () => failure);
    return new BpfLink("freplace", link);
  },
};

const failure: FailureContext = {
  capabilities: ["CAP_BPF", "CAP_PERFMON"],
  hints: {
    EBUSY: "the function is replaced or traced by another program already",
    EINVAL: "the function's arguments are not those of the function that this program was loaded for",
  },
};

/** The type id of a function in the BTF that `target` was loaded with. */
function functionId(target: AttachableProgram, symbol: string): number {
  const what = describeProgram(target);
  const { btfId } = programIdentity(target.fd, what);
  if (btfId === 0) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `${what} was loaded without BTF, so that its functions can't be replaced`,
    );
  }
  const id = btfById(btfId).find(symbol, "function");
  if (id === undefined) throw new BpfError("ERR_BPF_NOT_FOUND", `${what} has no function ${quoteName(symbol)}`);
  return id;
}
