/**
 * Arenas at their creation: where they are mapped, and where in them the object's variables are. Since Linux 6.9.
 *
 * @module
 */

import { endianness } from "node:os";
import { Instructions, setMapValue } from "../asm/code.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import type { ArenaMemory } from "../maps/index.ts";
import { mapArenaMemory } from "../maps/arena-memory.ts";
import type { MapSpec } from "../spec/index.ts";
import { errnoName, FileDescriptor, has, mapCreate, pageSize, programLoad, tryBpf } from "../sys/index.ts";
import type { FeatureProbe } from "../sys/index.ts";
import { Command, MapFlag, MapType, ProgramType } from "../uapi/index.ts";

/** What the layout of an arena depends on. */
interface ArenaHost {
  /** Bytes. */
  readonly pageSize: number;
}

/**
 * Where in an arena its variables start, in bytes: at the end, in pages of their own, so that what programs allocate starts at the
 * arena's first byte; and at the start where the kernel does not let instructions refer to the end. libbpf 1.7 does the same, and
 * programs that share an arena with one that it loaded rely on it.
 *
 * @throws BpfError when the arena is too small for them
 */
export function arenaDataOffset(map: MapSpec, host: ArenaHost): number {
  const bytes = map.section?.content.length ?? 0;
  if (bytes === 0) return 0;
  const pages = Math.ceil(bytes / host.pageSize);
  if (pages > map.maxEntries) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `arena ${quoteName(map.name)}: its variables need ${bytes} bytes, and its max_entries says ${map.maxEntries} pages of ${host.pageSize}`,
    );
  }
  return has(farArenaOffsets) ? (map.maxEntries - pages) * host.pageSize : 0;
}

/**
 * Maps an arena that was just created, and writes its variables. The verifier wants to know its address, which is that of the
 * first mapping (arena_map_mmap() in the kernel's kernel/bpf/arena.c), or `map_extra`; JavaScript has no use for it. `undefined`
 * when there is nothing to map it for.
 *
 * @throws BpfError
 */
export function mapArena(map: MapSpec, descriptor: FileDescriptor, host: ArenaHost): ArenaMemory | undefined {
  const content = map.section?.content;
  const isUnreachable = (map.flags & MapFlag.SEGV_ON_FAULT) !== 0;
  // Without an address the verifier says so, for programs that use it.
  if (content === undefined && (isUnreachable || map.mapExtra !== 0n)) return undefined;
  if (isUnreachable) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `arena ${quoteName(map.name)} has variables with initial values, and the flag BPF_F_SEGV_ON_FAULT, which ends the process that writes them`,
    );
  }
  const dataOffset = arenaDataOffset(map, host);
  const buffer = mapArenaMemory(descriptor.value, map.maxEntries, map.mapExtra, descriptor.what);
  // Writing also makes the pages: what programs write to a page that isn't there is lost.
  if (content !== undefined) new Uint8Array(buffer, dataOffset, content.length).set(content);
  return { buffer, dataOffset };
}

/** Bytes from the start of a map that instructions could refer to before (BPF_MAX_VAR_OFF of the kernel's verifier). */
const FORMER_LIMIT = 2 ** 29;

/** r0 = a place in a map; r0 = 0; exit. An instruction's opcode is its first byte; the load takes two slots. */
const reference = new Uint8Array(32);
reference.set([0x18], 0);
reference.set([0xb7], 16);
reference.set([0x95], 24);

/** Whether instructions may refer to any place of an arena: the kernel takes a program that does. */
const farArenaOffsets: FeatureProbe = {
  name: "references to every place of an arena",
  since: "7.0",
  test: () => {
    const created = tryBpf(Command.MAP_CREATE, mapCreate, {
      mapType: MapType.ARENA,
      maxEntries: FORMER_LIMIT / pageSize() + 1,
      mapFlags: MapFlag.MMAPABLE,
      // With an address it need not be mapped.
      mapExtra: 1n << 44n,
    });
    if (created < 0) return `no arena could be created (${errnoName(created)})`;
    const arena = new FileDescriptor(created, "arena");
    try {
      const insns = reference.slice();
      setMapValue(new Instructions(insns, endianness() === "LE"), 0, arena.value, FORMER_LIMIT);
      const loaded = tryBpf(Command.PROG_LOAD, programLoad, {
        progType: ProgramType.SOCKET_FILTER,
        insns,
        insnCnt: insns.length / 8,
        license: "GPL",
      });
      if (loaded >= 0) new FileDescriptor(loaded, "program").close();
      return loaded >= 0;
    } finally {
      arena.close();
    }
  },
};
