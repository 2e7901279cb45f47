import { BpfToken } from "../programs/index.ts";
import { inUserNamespace } from "../sys/privileges.ts";
import type { LoadOptions } from "./load-options.ts";

/** A token for as long as a load takes. */
export interface HeldToken {
  readonly fd: number;
  /** Closes it, if it was taken for this load. */
  release(): void;
}

/** Where distributions mount a bpf file system. */
const DEFAULT_PATH = "/sys/fs/bpf";

/**
 * The token of a load. One that is asked for must be there; a process in a user namespace also tries the usual place, and loads with
 * what privileges it has otherwise. libbpf since 1.5 does the same.
 *
 * @throws BpfError when there is no token where one was asked for.
 */
export function holdToken(option: LoadOptions["token"]): HeldToken | undefined {
  if (option instanceof BpfToken) return { fd: option.fd, release: () => {} };
  if (option === false) return undefined;
  const path = option ?? process.env["LIBBPF_BPF_TOKEN_PATH"];
  // An empty path is how libbpf's users say that they want none.
  if (path === "") return undefined;
  if (path !== undefined) return held(BpfToken.create(path));
  if (!inUserNamespace()) return undefined;
  try {
    return held(BpfToken.create(DEFAULT_PATH));
  } catch {
    return undefined;
  }
}

function held(token: BpfToken): HeldToken {
  return { fd: token.fd, release: () => token.close() };
}
