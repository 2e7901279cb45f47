import { decode } from "../sys/index.ts";
import type { Layout, linkInfo, ObjectInfo } from "../sys/index.ts";

/** What reading the part of a kind of link needs. */
export interface LinkQuery {
  readonly fd: number;
  /** For messages. */
  readonly object: string;
  /** What the call without buffers told. */
  readonly told: ObjectInfo<typeof linkInfo>;
}

/** What was told, as the part of one kind. */
export function partOf<L extends Layout>({ told }: LinkQuery, layout: L): ObjectInfo<L> {
  return { ...told, info: decode(layout, told.bytes) };
}
