import { loadCollectionSync } from "../../packages/loader/src/collection/index.ts";
import type { Collection } from "../../packages/loader/src/collection/index.ts";
import {
  btfById,
  btfObjects,
  enableStats,
  linkInfoById,
  links,
  mapInfoById,
  maps,
  programInfoById,
  programs,
  taskProgram,
} from "../../packages/loader/src/info/index.ts";
import { readLinkInfo } from "../../packages/loader/src/info/link-info.ts";
import { readMapInfo } from "../../packages/loader/src/info/map-info.ts";
import { readProgramInfo } from "../../packages/loader/src/info/program-info.ts";
import type { Link } from "../../packages/loader/src/links/index.ts";
import type { BpfMap } from "../../packages/loader/src/maps/index.ts";
import type { Program } from "../../packages/loader/src/programs/index.ts";
import { fixture, named, type Operation } from "./operation.ts";

interface Objects {
  readonly collection: Collection;
  readonly program: Program;
  readonly map: BpfMap;
  readonly link: Link;
}

/** Asking about objects that are there. */
function asking(name: string, ask: (objects: Objects) => unknown): Operation {
  return {
    name,
    prepare: ({ keep }) => {
      const collection = keep(loadCollectionSync(fixture("links/fixtures/attach"), { programs: ["on_raw_tp"] }));
      const program = named(collection.programs, "on_raw_tp");
      const link = keep(program.attach());
      return () => void ask({ collection, program, link, map: named(collection.maps, ".bss") });
    },
  };
}

/** The first few of a walk: how many there are is others' business too. */
function some(walk: Iterable<unknown>): void {
  let seen = 0;
  for (const _ of walk) if (++seen === 3) break;
}

export const infoOperations: readonly Operation[] = [
  asking("tell of a map", ({ map }) => readMapInfo(map.fd, "map")),
  asking("tell of a program", ({ program }) => readProgramInfo(program.fd, "program")),
  asking("tell of a program's instructions", ({ program }) => readProgramInfo(program.fd, "program").instructions()),
  asking("tell of a program's machine code", ({ program }) => readProgramInfo(program.fd, "program").jited()),
  asking("tell of a link", ({ link }) => readLinkInfo(link.fd, "link")),
  asking("tell of a map by its id", ({ map }) => mapInfoById(map.id)),
  asking("tell of a program by its id", ({ program }) => programInfoById(program.id)),
  asking("tell of a link by its id", ({ link }) => linkInfoById(link.id)),
  asking("read the types of a program", ({ program }) => {
    const { btfId } = programInfoById(program.id);
    if (btfId !== undefined) btfById(btfId);
  }),
  asking("walk over maps", () => some(maps())),
  asking("walk over programs", () => some(programs())),
  asking("walk over links", () => some(links())),
  asking("walk over types", () => some(btfObjects())),
  asking("tell what a descriptor is of", ({ link }) => taskProgram(process.pid, link.fd)),
  { name: "count run time", prepare: () => () => enableStats() },
];
