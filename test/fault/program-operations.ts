import { loadCollectionSync } from "../../packages/loader/src/collection/index.ts";
import { HashMap, ProgramArray } from "../../packages/loader/src/maps/index.ts";
import type { Program } from "../../packages/loader/src/programs/index.ts";
import { u32 } from "../../packages/loader/src/codec/index.ts";
import { fixture, named, opened, type Operation } from "./operation.ts";

const data = new Uint8Array(64);

/** Something done with a program that stays open. */
function withProgram(name: string, use: (program: Program) => unknown): Operation {
  return {
    name,
    prepare: ({ keep }) => {
      const collection = keep(
        loadCollectionSync(fixture("collection/fixtures/choices"), { programs: ["count_packets"] }),
      );
      const program = named(collection.programs, "count_packets");
      return async () => void (await use(program));
    },
  };
}

export const programOperations: readonly Operation[] = [
  withProgram("run a program", (program) => program.run({ data })),
  withProgram("run a program on the thread pool", (program) => program.runAsync({ data })),
  withProgram("measure a program", (program) => program.benchmark({ data, rounds: 2, repeat: 2 })),
  withProgram("open a program twice", (program) => program.clone().close()),
  withProgram("bind a map to a program", (program) => {
    opened(HashMap.create({ key: u32, value: u32, maxEntries: 1 }), (map) => program.bindMap(map)).close();
  }),
  withProgram("put a program into an array", (program) => {
    const jumps = opened(ProgramArray.create({ maxEntries: 2 }), (map) => {
      map.set(0, program);
      map.get(0);
      map.delete(0);
    });
    jumps.close();
  }),
];
