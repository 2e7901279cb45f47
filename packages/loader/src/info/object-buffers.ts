import { BpfError } from "../errors/index.ts";
import { objectInfo } from "../sys/index.ts";
import type { Decoded, Layout, ObjectInfo, Values } from "../sys/index.ts";

/** What grows between two calls grows by one map or so; a kernel that never agrees with itself is not waited for. */
const MOST_CALLS = 8;

/**
 * Asks for information whose size is only known afterwards: a first call tells the sizes, a second one gets buffers of these.
 * Where the object grew between the two, it is asked again with larger ones.
 *
 * @param first what the call without buffers gave.
 * @param prepare buffers and their sizes for what was told; `undefined` when there is nothing to fetch.
 * @param fits whether all that is told of now had room.
 */
export function fetchBuffers<L extends Layout, B>(
  fd: number,
  layout: L,
  object: string,
  first: ObjectInfo<L>,
  prepare: (told: Decoded<L>) => { readonly values: Values<L>; readonly buffers: B },
  fits: (told: Decoded<L>, buffers: B) => boolean,
): { readonly told: ObjectInfo<L>; readonly buffers: B } {
  let told = first;
  for (let call = 0; call < MOST_CALLS; call++) {
    const { values, buffers } = prepare(told.info);
    told = objectInfo(fd, layout, object, values);
    if (fits(told.info, buffers)) return { told, buffers };
  }
  throw new BpfError("ERR_BPF_ITERATION", `${object}: what the kernel tells of it kept growing while it was read`);
}
