import { mapInfo, objectInfo, programInfo } from "../sys/index.ts";
import type { MapType } from "../uapi/index.ts";

/** What tells a program apart. */
export interface ProgramIdentity {
  /** The kernel's number for it. */
  readonly id: number;
  /** Hash of its instructions, 16 hexadecimal digits. */
  readonly tag: string;
  /** BTF that describes its functions; 0 = none. Since Linux 5.0. */
  readonly btfId: number;
}

/** Asks the kernel about the program behind `fd`; `object` is for messages. */
export function programIdentity(fd: number, object: string): ProgramIdentity {
  const { id, tag, btfId } = objectInfo(fd, programInfo, object).info;
  return { id, tag: Buffer.from(tag).toString("hex"), btfId };
}

/** What decides whether a map can stand for another. */
export interface MapIdentity {
  readonly type: MapType;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Bits of `MapFlag`. */
  readonly flags: number;
  readonly mapExtra: bigint;
}

/** Asks the kernel about the map behind `fd`; `object` is for messages. */
export function mapIdentity(fd: number, object: string): MapIdentity {
  const { type, keySize, valueSize, maxEntries, mapFlags, mapExtra } = objectInfo(fd, mapInfo, object).info;
  return { type, keySize, valueSize, maxEntries, flags: mapFlags, mapExtra };
}
