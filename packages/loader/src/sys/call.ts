/**
 * bpf(2) with attributes described by layouts, and its errors explained.
 *
 * @module
 */
import { Command, commandName } from "../uapi/index.ts";
import { explainSyscall, type FailureContext } from "./explain.ts";
import type { Layout, Values } from "./layout.ts";
import { tryBpf, tryObjectInfo, type ObjectInfo } from "./try-bpf.ts";

/**
 * bpf(2). Result ≥ 0; a descriptor in it is the caller's, to be put into a `FileDescriptor` at once.
 *
 * @param object what the call is for, for the message: `map "flows"`.
 * @throws BpfError as {@link explainSyscall} finds
 */
export function bpf<L extends Layout>(
  command: Command,
  layout: L,
  values: Values<L>,
  object: string,
  context?: FailureContext,
): number {
  const result = tryBpf(command, layout, values);
  if (result < 0) throw explainSyscall(result, commandName(command), object, context);
  return result;
}

/**
 * BPF_OBJ_GET_INFO_BY_FD. Since Linux 4.13.
 *
 * @param layout `mapInfo`, `programInfo`, `btfInfo` or `linkInfo` and its parts: what `fd` must be.
 * @param values buffers to receive what has no fixed size, and their sizes. Give buffers only to an object of the layout's kind.
 * @throws BpfError as {@link explainSyscall} finds
 */
export function objectInfo<L extends Layout>(
  fd: number,
  layout: L,
  object: string,
  values: Values<L> = {},
): ObjectInfo<L> {
  const info = tryObjectInfo(fd, layout, values);
  if (typeof info === "number") throw explainSyscall(info, commandName(Command.OBJ_GET_INFO_BY_FD), object);
  return info;
}
