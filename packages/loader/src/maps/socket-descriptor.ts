import type { Server, Socket } from "node:net";
import { BpfError } from "../errors/index.ts";
import type { Descriptor } from "./descriptor-map.ts";

/** A socket: its descriptor's number, something that has it as `fd`, or a connected socket or listening server of Node. */
export type SocketOwner = number | Descriptor | Socket | Server;

/**
 * The number of a socket's descriptor, which stays its owner's.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when it has none: not connected or listening yet, closed, or of another kind
 */
export function socketDescriptor(socket: SocketOwner): number {
  if (typeof socket === "number") return socket;
  // Node has no public name for it. `_handle` is null for what is not open, and its `fd` −1 where there is none.
  const { fd, _handle } = socket as { readonly fd?: unknown; readonly _handle?: { readonly fd?: unknown } | null };
  const number = fd ?? _handle?.fd;
  if (typeof number === "number" && number >= 0) return number;
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    "the socket has no descriptor: it must be open, connected or listening; of other objects than Node's, give the descriptor's number",
  );
}
