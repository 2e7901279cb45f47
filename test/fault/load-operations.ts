import { u64 } from "../../packages/loader/src/codec/index.ts";
import {
  ebpf,
  loadAndAssign,
  loadAndAssignSync,
  loadCollection,
  loadCollectionSync,
} from "../../packages/loader/src/collection/index.ts";
import type { CollectionOptions } from "../../packages/loader/src/collection/index.ts";
import { fixture, type Operation, type Workspace } from "./operation.ts";

type Options = (workspace: Workspace) => CollectionOptions;

/** Loading of an object: one program after the other, and in parallel. */
function loading(name: string, options: Options = () => ({}), what = ""): readonly Operation[] {
  const label = `load ${name.replace(/^.*\//, "")}${what}`;
  return [
    {
      name: label,
      prepare: (workspace) => {
        const spec = fixture(name);
        return () => loadCollectionSync(spec, options(workspace));
      },
    },
    {
      name: `${label}, in parallel`,
      prepare: (workspace) => {
        const spec = fixture(name);
        return () => loadCollection(spec, options(workspace));
      },
    },
  ];
}

const skippingStructures: Options = () => ({
  autocreate: { newer: true, unknown: true },
  optionalMaps: ["newer", "unknown"],
});

const target = { defaults: ebpf.program("defaults"), custom: ebpf.variable("custom") };

export const loadOperations: readonly Operation[] = [
  ...["globals", "calls", "static-content", "core", "arena"].flatMap((name) => loading(`collection/fixtures/${name}`)),
  // Reads the symbols of the kernel, which takes long.
  ...loading("collection/fixtures/externs", () => ({ programs: ["check"] })).slice(0, 1),
  ...loading("collection/fixtures/choices", () => ({ programs: ["count_flow", "count_packets"] })),
  ...loading("collection/fixtures/congestion", () => ({ maps: ["constant"] })),
  ...loading("collection/fixtures/late-maps", () => ({ optionalMaps: "all", optionalPrograms: "all" })),
  ...loading("collection/fixtures/congestion", skippingStructures, " without some"),
  ...loading("collection/fixtures/globals", () => ({ verifierLog: { level: 2 } }), " with a log"),
  ...loading("collection/fixtures/pinned", ({ pinPath }) => ({ pinPath, programs: ["count"] })),
  ...loading("events/fixtures/ring"),
  ...loading("links/fixtures/usdt"),
  {
    name: "load and assign",
    prepare: () => {
      const spec = fixture("collection/fixtures/globals");
      return () => loadAndAssignSync(spec, target);
    },
  },
  {
    name: "load and assign, in parallel",
    prepare: () => {
      const spec = fixture("collection/fixtures/globals");
      return () => loadAndAssign(spec, target);
    },
  },
  {
    name: "assign what is loaded",
    prepare: () => {
      const spec = fixture("collection/fixtures/choices");
      return () => {
        const collection = loadCollectionSync(spec, { programs: ["count_packets"] });
        try {
          return collection.assign({ totals: ebpf.arrayMap("totals", u64), seen: ebpf.variable("seen") });
        } finally {
          collection.close();
        }
      };
    },
  },
  {
    name: "load with a replacement",
    prepare: ({ keep }) => {
      const spec = fixture("collection/fixtures/globals");
      const first = keep(loadCollectionSync(spec));
      const replacement = first.maps.get(".bss") ?? first.maps.get(".data");
      if (replacement === undefined) throw new Error("the object has no variables");
      return () => loadCollectionSync(spec, { mapReplacements: { [replacement.name]: replacement } });
    },
  },
];
