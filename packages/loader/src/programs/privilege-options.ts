/**
 * Privileges that a process gets for loading programs and creating maps, besides those it has.
 *
 * @module
 */

import { raisedMemoryLimit } from "../sys/index.ts";
import { inUserNamespace } from "../sys/privileges.ts";
import { BpfToken } from "./token.ts";

/** Where privileges come from that the process lacks. */
export interface PrivilegeOptions {
  /**
   * A BPF token, or the bpf file system that gives one: it delegates to a process in a user namespace what else takes capabilities.
   * Default: the file system that the environment variable `LIBBPF_BPF_TOKEN_PATH` names, if it does. `false` = none. Since Linux 6.9.
   */
  readonly token?: string | BpfToken | false | undefined;
  /**
   * Raise the limit of locked memory (RLIMIT_MEMLOCK) of the process when the kernel refuses to load for it, as kernels before 5.11 may.
   * Default true.
   */
  readonly raiseMemoryLimit?: boolean | undefined;
}

/** A token for as long as a load takes. */
export interface HeldToken {
  readonly fd: number;
  /** Closes it, if it was taken for this load. */
  release(): void;
}

/** Where distributions mount a bpf file system. */
const DEFAULT_PATH = "/sys/fs/bpf";

/**
 * The token of a load, or of a map's creation. One that is asked for must be there; a process in a user namespace also tries the usual place, and loads with
 * what privileges it has otherwise. libbpf since 1.5 does the same.
 *
 * @throws BpfError when there is no token where one was asked for.
 */
export function holdToken(option: PrivilegeOptions["token"]): HeldToken | undefined {
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

/** Whether a load or creation may succeed now that failed for the limit of locked memory, which is raised unless `options` forbid. */
export function isWorthRetrying(error: unknown, { raiseMemoryLimit }: PrivilegeOptions): boolean {
  return raiseMemoryLimit !== false && raisedMemoryLimit(error);
}

/** Calls `create` with the token that there is, and again with more memory when it fails for that. */
export function withPrivileges<T>(options: PrivilegeOptions, create: (tokenFd: number | undefined) => T): T {
  const token = holdToken(options.token);
  try {
    return create(token?.fd);
  } catch (error) {
    if (!isWorthRetrying(error, options)) throw error;
    return create(token?.fd);
  } finally {
    token?.release();
  }
}

function held(token: BpfToken): HeldToken {
  return { fd: token.fd, release: () => token.close() };
}
