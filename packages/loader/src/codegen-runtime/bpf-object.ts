import type {
  Abortable,
  LoadableSpec,
  LoadOptions as CollectionLoadOptions,
  MapTag,
  ProgramTag,
  VariableTag,
} from "../collection/index.ts";
import type { BpfError } from "../errors/index.ts";
import type { BpfMap, Variable } from "../maps/index.ts";
import type { Program } from "../programs/index.ts";
import type { AttachedLinks } from "./attached-links.ts";

/**
 * Everything in an object that has a name, as tags. Each generated module has an interface that extends this, so that the
 * compiler shows names and not structures. A program that is loaded only when asked for is an optional member.
 */
export interface Fields {
  readonly programs: { readonly [name: string]: ProgramTag<never> | undefined };
  readonly maps: { readonly [name: string]: MapTag };
  readonly constants: { readonly [name: string]: VariableTag };
  readonly variables: { readonly [name: string]: VariableTag };
}

/** A compiled object with its types: what a module made by `bpf-codegen` exports. */
export interface BpfObject<F extends Fields> {
  /** Its name in the generated module. */
  readonly name: string;
  /**
   * Loads the object into the kernel; the verifier looks at its programs in parallel, off this thread.
   *
   * @throws BpfError; nothing stays open then. VerifierError has the verifier's log.
   * @example
   * using objs = await counter.load({ constants: { targetPid: 42 } });
   */
  load(options?: LoadOptions<F> & Abortable): Promise<Objects<F>>;
  /**
   * {@link BpfObject.load} on the calling thread, one program after the other.
   *
   * @throws BpfError; nothing stays open then.
   */
  loadSync(options?: LoadOptions<F>): Objects<F>;
  /** What the object defines, under the names that it has in C, as plain data to edit and load. A new copy each time. */
  spec(): LoadableSpec;
}

/** How an object is loaded. */
export interface LoadOptions<F extends Fields> extends Omit<
  CollectionLoadOptions,
  "constants" | "mapReplacements" | "optionalPrograms" | "autocreate"
> {
  /** Values of constants, in place of those that the object gives them; the verifier sees them as constants. */
  readonly constants?: { readonly [N in keyof F["constants"]]?: ValueOf<F["constants"][N]> | undefined } | undefined;
  /** Maps to use in place of those that the object defines; see `LoadOptions.mapReplacements` of `bpf-loader`. */
  readonly mapReplacements?: { readonly [N in keyof F["maps"]]?: BpfMap | undefined } | undefined;
  /**
   * `true` loads a program that is loaded only when asked for, `false` leaves out one that is loaded otherwise. `"optional"` goes on
   * without one where this kernel lacks what it needs: {@link Objects.skipped} then tells why, and using it is an error.
   */
  readonly programs?: { readonly [N in keyof F["programs"]]?: boolean | "optional" | undefined } | undefined;
  /** `false` does not create a map: programs that refer to it load where the verifier finds the use dead. Using it is an error. */
  readonly maps?: { readonly [N in keyof F["maps"]]?: boolean | undefined } | undefined;
}

/** An object in the kernel. What it holds open is closed by `close()`, or at the end of the block by `using`. */
export interface Objects<F extends Fields> extends Disposable {
  readonly programs: { readonly [N in keyof F["programs"]]: LiveProgram<F["programs"][N]> };
  readonly maps: { readonly [N in keyof F["maps"]]: LiveMap<F["maps"][N]> };
  /** The constants' values, as the programs were verified with. */
  readonly constants: { readonly [N in keyof F["constants"]]: ValueOf<F["constants"][N]> };
  /** Global variables: reading and assigning goes to the memory that the programs use. */
  readonly variables: { -readonly [N in keyof F["variables"]]: ValueOf<F["variables"][N]> };
  /** Optional programs that were not loaded, and what this kernel lacks for each. */
  readonly skipped: ReadonlyMap<keyof F["programs"] & string, BpfError>;
  /**
   * Attaches every program whose section's name says where, as `SEC("tp/sched/sched_switch")` does and `SEC("xdp")` does not.
   * Structures of functions, of `.struct_ops` and `.struct_ops.link`, are registered.
   * They stay attached until the links or these objects are closed.
   *
   * @throws BpfError when one can't be attached; then none is.
   */
  attach(): AttachedLinks;
  /** Detaches what {@link Objects.attach} attached, and closes all programs and maps. Idempotent. */
  close(): void;
}

/** The live program of a tag; an optional one may not be loaded. */
export type LiveProgram<T> = T extends ProgramTag<infer A, infer L, infer R> ? Program<A, L, R> : undefined;
/** The live map of a tag. */
export type LiveMap<T> = T extends MapTag<infer M> ? M : never;
/** The type of a variable's or constant's value. */
export type ValueOf<T> = T extends VariableTag<infer V> ? V : never;

/** What generated code says of an object: tags, and how to get at its bytes. */
export interface ObjectDefinition<F extends Fields> {
  readonly name: string;
  readonly programs: Required<F["programs"]>;
  readonly maps: F["maps"];
  readonly constants: F["constants"];
  readonly variables: F["variables"];
  readonly bytes: () => Uint8Array;
}

/** @internal What {@link ObjectDefinition} is at run time. */
export interface AnyDefinition {
  readonly name: string;
  readonly programs: Readonly<Record<string, ProgramTag<never>>>;
  readonly maps: Readonly<Record<string, MapTag>>;
  readonly constants: Readonly<Record<string, VariableTag>>;
  readonly variables: Readonly<Record<string, VariableTag>>;
  readonly bytes: () => Uint8Array;
}

/** @internal A live {@link Variable} of each name. */
export type LiveVariables = Readonly<Record<string, Variable<unknown>>>;
