import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { GenerateOptions, TargetObject } from "bpf-codegen";
import { linkObjects } from "bpf-loader/link-objects";

/** A compiled fixture, and how its golden file is generated. */
export interface GoldenObject {
  /** Name of the golden file, without its extension. */
  readonly name: string;
  readonly bytes: Uint8Array | readonly [TargetObject, ...TargetObject[]];
  readonly options: GenerateOptions;
}

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Path of something in this folder. */
export const goldenPath = (name: string): string => `${folder}${name}`;

/** The bytes of a fixture: `"types.el.o"`. */
export const fixture = (file: string): Uint8Array => new Uint8Array(readFileSync(goldenPath(`fixtures/${file}`)));

const object = (name: string, source: string, options: Omit<GenerateOptions, "file"> = {}): GoldenObject => ({
  name,
  bytes: fixture(source),
  options: { file: `${name}.bpf.o`, ...options },
});

/** The object of a source for both byte orders. */
const both = (name: string, source: string, options: Omit<GenerateOptions, "file"> = {}): GoldenObject => ({
  name,
  bytes: [
    { target: "bpfel", bytes: fixture(`${source}.el.o`) },
    { target: "s390x", bytes: fixture(`${source}.eb.o`) },
  ],
  options: { file: `${source}.bpf.c`, ...options },
});

/** Rules for what values are. */
const values: GenerateOptions["values"] = [
  { type: "ktime_t", as: "Nanoseconds" },
  { type: "pid_t", as: "Pid" },
  { type: "user_t", as: "UserId" },
  { type: "__be32", as: "Ipv4" },
  { type: "__be16", as: "Be16" },
  { type: "struct in6_addr", as: "Ipv6" },
  { field: "flow.daddr", as: "Ipv4" },
  { field: "flow.cookie", as: "Be64" },
  { field: "flow.source", as: "Mac" },
  { field: "event.bytes", as: "number" },
  { field: "event.balance", as: "number" },
  { field: "event.counts", as: "number" },
  { field: "event.inner.sum", as: "number" },
  { field: "event.raw", as: "bytes" },
  { field: "event.text", as: "string" },
  { field: "struct event.rows", as: "bytes" },
  { field: "flows.value", as: "number" },
  { field: "dropped", as: "number" },
];

/** What two sources make when they are linked. */
const linked = (name: string, ...sources: readonly string[]): GoldenObject => ({
  name,
  bytes: linkObjects(sources.map((source) => ({ name: `${source}.bpf.o`, bytes: fixture(`${source}.el.o`) }))),
  options: { file: `${name}.bpf.o` },
});

/** Every golden file's object. */
export const goldenObjects: readonly GoldenObject[] = [
  object("types", "types.el.o"),
  object("types-big-endian", "types.eb.o"),
  object("maps", "maps.el.o"),
  object("events", "maps.el.o", { events: { raw_events: "flow_key" }, types: ["struct event", "flow_stats"] }),
  object("map-kinds", "map-kinds.el.o"),
  object("pinned", "pinned.el.o"),
  object("programs", "programs.el.o"),
  object("variables", "variables.el.o"),
  object("names", "names.el.o"),
  object("empty", "empty.el.o"),
  object("counter", "counter.el.o"),
  object("only-unions", "only-unions.el.o"),
  object("weaknesses", "weaknesses.el.o", { types: ["struct outer", "state_t"] }),
  object("detached", "variables.el.o", { embed: "none" }),
  object("object-file", "variables.el.o", { embed: { file: "variables.bpf.o" } }),
  object("values", "values.el.o", { values }),
  object("values-tagged", "values.el.o"),
  both("values-both-byte-orders", "values", { values }),
  object("tagged", "tagged.el.o", { tags: [{ union: "event.data", by: "kind" }] }),
  both("tagged-both-byte-orders", "tagged", {
    tags: [{ union: "event.data", by: "kind", cases: { KIND_EXEC: "exec", "7": "exit" } }],
  }),
  both("both-byte-orders", "variables"),
  both("object-files", "variables", { embed: { file: "variables.bpf.o" } }),
  object("sections", "sections.el.o", { embed: "none" }),
  object("new-map-kinds", "new-map-kinds.el.o"),
  object("legacy", "legacy.el.o"),
  object("arena", "arena.el.o"),
  object("struct-ops", "struct-ops.el.o"),
  object("externs", "externs.el.o"),
  object("data-sections", "data-sections.el.o"),
  object("forward", "forward.el.o", { embed: "none" }),
  object("maps-big-endian", "maps.eb.o", { embed: "none" }),
  object("struct-ops-big-endian", "struct-ops.eb.o", { embed: "none" }),
  linked("linked", "linked-main", "linked-library"),
  object("library", "linked-library.el.o", { library: true }),
  object("congestion-control", "../../../packages/loader/src/links/fixtures/congestion-control.el.o"),
];
