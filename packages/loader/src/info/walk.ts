/**
 * All objects of the kernel, in the order of their ids. Objects that vanish between being found and being asked are left out, those
 * that come meanwhile may be in it or not. Needs CAP_SYS_ADMIN.
 *
 * @module
 */

import type { FileDescriptor } from "../sys/index.ts";
import { readBtfInfo } from "./btf-object.ts";
import type { BtfInfo } from "./btf-object.ts";
import { readLinkInfo } from "./link-info.ts";
import type { LinkInfo } from "./link-info.ts";
import { readMapInfo } from "./map-info.ts";
import type { MapInfo } from "./map-info.ts";
import { idsOf, openById, tryOpenById } from "./object-by-id.ts";
import type { NumberedKind } from "./object-by-id.ts";
import { readProgramInfo } from "./program-info.ts";
import type { ProgramInfo } from "./program-info.ts";

/** Ids of all maps. Since Linux 4.13. */
export function mapIds(): IterableIterator<number> {
  return idsOf("map");
}

/** Ids of all programs. Since Linux 4.13. */
export function programIds(): IterableIterator<number> {
  return idsOf("program");
}

/** Ids of all links. Since Linux 5.8. */
export function linkIds(): IterableIterator<number> {
  return idsOf("link");
}

/** Ids of all BTF objects. Since Linux 5.1. */
export function btfIds(): IterableIterator<number> {
  return idsOf("btf");
}

/** All maps. Since Linux 4.13. */
export function maps(): IterableIterator<MapInfo> {
  return each("map", readMapInfo);
}

/** All programs. Since Linux 4.13. */
export function programs(): IterableIterator<ProgramInfo> {
  return each("program", readProgramInfo);
}

/** All links. Since Linux 5.8. */
export function links(): IterableIterator<LinkInfo> {
  return each("link", readLinkInfo);
}

/** All BTF objects: the kernel's, its modules', and those that programs and maps brought along. Since Linux 5.1. */
export function btfObjects(): IterableIterator<BtfInfo> {
  return each("btf", readBtfInfo);
}

/**
 * The map with this id. Since Linux 4.13.
 *
 * @throws BpfError `ERR_BPF_NOT_FOUND` when there is none; MissingCapabilityError
 */
export function mapInfoById(id: number): MapInfo {
  return ask(openById("map", id), readMapInfo);
}

/** The program with this id, as {@link mapInfoById}. Since Linux 4.13. */
export function programInfoById(id: number): ProgramInfo {
  return ask(openById("program", id), readProgramInfo);
}

/** The link with this id, as {@link mapInfoById}. Since Linux 5.8. */
export function linkInfoById(id: number): LinkInfo {
  return ask(openById("link", id), readLinkInfo);
}

/** The BTF object with this id, as {@link mapInfoById}. Since Linux 4.18. */
export function btfInfoById(id: number): BtfInfo {
  return ask(openById("btf", id), readBtfInfo);
}

type Read<T> = (fd: number, object: string) => T;

function* each<T>(kind: NumberedKind, read: Read<T>): Generator<T, void, undefined> {
  for (const id of idsOf(kind)) {
    const descriptor = tryOpenById(kind, id);
    if (descriptor !== undefined) yield ask(descriptor, read);
  }
}

function ask<T>(descriptor: FileDescriptor, read: Read<T>): T {
  try {
    return read(descriptor.value, descriptor.what);
  } finally {
    descriptor.close();
  }
}
