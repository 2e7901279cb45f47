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
import type { AnyStructure, Structure, StructureDefinition, StructureFields } from "./structures.ts";

/**
 * Everything in an object that has a name, as tags. Each generated module has an interface that extends this, so that the
 * compiler shows names and not structures. A program or map that is there only when asked for is an optional member.
 */
export interface Fields {
  readonly programs: { readonly [name: string]: ProgramTag<never> | undefined };
  readonly maps: { readonly [name: string]: MapTag | undefined };
  readonly constants: { readonly [name: string]: VariableTag };
  readonly variables: { readonly [name: string]: VariableTag };
  /** Structures of functions, by the names of their maps. */
  readonly structOps?: { readonly [name: string]: StructureFields };
}

/** A compiled object with its types: what a module made by `bpf-codegen` exports. */
export interface BpfObject<F extends Fields> {
  /** Its name in the generated module. */
  readonly name: string;
  /**
   * Loads the object into the kernel; the verifier looks at its programs in parallel, off this thread.
   *
   * The options say which programs and maps are loaded, and the type of the result which of them may be missing. What loads is
   * imported now, by the first load; to load without waiting there is `loadObjectSync` of `bpf-loader`.
   *
   * @throws BpfError; nothing stays open then. VerifierError has the verifier's log.
   * @example
   * using objs = await counter.load({ constants: { targetPid: 42 } });
   */
  load<const P extends ProgramChoice<F> | Unspecified = {}, const M extends MapChoice<F> | Unspecified = {}>(
    options?: LoadOptions<F, P, M> & Abortable,
  ): Promise<Objects<F, P, M>>;
  /**
   * What the object defines, under the names that it has in C, as plain data to edit and load. A new copy each time.
   *
   * @throws ObjectFormatError for bytes that are no BPF object
   */
  spec(): Promise<LoadableSpec>;
  /** The compiled object, an ELF file: for tools, and to read it without waiting, by `loadCollectionSpecFromBytes`. */
  bytes(): Uint8Array;
  /** Only a type: by it functions tell what the object has. */
  readonly $fields?: F;
}

/** Which programs are loaded; see {@link LoadOptions.programs}. */
export type ProgramChoice<F extends Fields> = {
  readonly [N in keyof F["programs"]]?: boolean | "optional" | undefined;
};
/** Which maps are created; see {@link LoadOptions.maps}. */
export type MapChoice<F extends Fields> = { readonly [N in keyof F["maps"]]?: boolean | "optional" | undefined };

/** What `ReturnType<typeof object.load>` has in place of a choice: what is loaded by default. Nothing is of this type. */
interface Unspecified {
  readonly [unspecified]: never;
}
declare const unspecified: unique symbol;

/** A choice among `T`, without names that it does not have. */
type NamesOf<C, T> = C & (string extends keyof C ? unknown : { readonly [N in Exclude<keyof C, keyof T>]: never });

/** How an object is loaded. `P` and `M` are the choice of programs and maps, by which the types of what is loaded go. */
export interface LoadOptions<
  F extends Fields,
  P extends ProgramChoice<F> | Unspecified = ProgramChoice<F>,
  M extends MapChoice<F> | Unspecified = MapChoice<F>,
> extends Omit<
  CollectionLoadOptions,
  "constants" | "mapReplacements" | "optionalPrograms" | "optionalMaps" | "autocreate"
> {
  /** Values of constants, in place of those that the object gives them; the verifier sees them as constants. */
  readonly constants?: { readonly [N in keyof F["constants"]]?: ValueOf<F["constants"][N]> | undefined } | undefined;
  /** Maps to use in place of those that the object defines; see `LoadOptions.mapReplacements` of `bpf-loader`. */
  readonly mapReplacements?: { readonly [N in keyof F["maps"]]?: BpfMap | undefined } | undefined;
  /**
   * `true` loads a program that is loaded only when asked for, `false` leaves out one that is loaded otherwise. `"optional"` goes on
   * without one where this kernel lacks what it needs: {@link Objects.skipped} then tells why. What is not loaded is `undefined`.
   */
  readonly programs?: NamesOf<P, F["programs"]> | undefined;
  /**
   * `false` does not create a map: programs that refer to it load where the verifier finds the use dead. `true` creates one that is
   * created only when asked for. `"optional"` goes on without one where this kernel lacks its type, as if it were `false`:
   * {@link Objects.skipped} then tells why. What is not created is `undefined`.
   */
  readonly maps?: NamesOf<M, F["maps"]> | undefined;
  /** Members of structures that are no functions, in place of what the object gives them: flags, a name. */
  readonly structOps?: StructureValues<F> | undefined;
}

/** What members of an object's structures can be given. */
export type StructureValues<F extends Fields> = keyof StructuresIn<F> extends never
  ? never
  : { readonly [N in keyof StructuresIn<F>]?: ValuesIn<StructuresIn<F>[N]> | undefined };
type StructuresIn<F> = F extends { readonly structOps: infer S } ? S : {};
type ValuesIn<S> = S extends StructureFields
  ? { readonly [N in keyof S["values"]]?: S["values"][N] | undefined }
  : never;

/** An object in the kernel. What it holds open is closed by `close()`, or at the end of the block by `using`. */
export interface Objects<F extends Fields, P = {}, M = {}> extends Disposable {
  readonly programs: LivePrograms<F, P>;
  readonly maps: {
    readonly [N in keyof Required<F["maps"]>]: LiveMap<F["maps"][N]> | Missing<F["maps"][N], Chosen<M, N>>;
  };
  /** The constants' values, as the programs were verified with. */
  readonly constants: { readonly [N in keyof F["constants"]]: ValueOf<F["constants"][N]> };
  /**
   * Global variables: reading and assigning goes to the memory that the programs use. Those of an arena that was optional and is missing
   * throw an error that says so.
   */
  readonly variables: { -readonly [N in keyof F["variables"]]: ValueOf<F["variables"][N]> };
  /** Structures of functions, as classes of programs. */
  readonly structOps: {
    readonly [N in keyof StructuresIn<F>]:
      | Structure<ProgramsIn<StructuresIn<F>[N], LivePrograms<F, P>>>
      | Missing<N extends keyof F["maps"] ? F["maps"][N] : undefined, Chosen<M, N>>;
  };
  /** Optional programs and maps that are missing, and what this kernel lacks for each. */
  readonly skipped: ReadonlyMap<(keyof F["programs"] | keyof F["maps"]) & string, BpfError>;
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

/** The live programs of an object; `P` is what the options say of them. */
export type LivePrograms<F extends Fields, P = {}> = {
  readonly [N in keyof Required<F["programs"]>]:
    | LiveProgram<F["programs"][N]>
    | Missing<F["programs"][N], Chosen<P, N>>;
};
/** The programs of a structure, by member. */
type ProgramsIn<S, L> = S extends StructureFields
  ? { readonly [N in keyof S["programs"]]: L[S["programs"][N] & keyof L] }
  : never;

/** What the programs of an object are attached with, by name; `never` where there is nothing to say. */
export type AttachOptionsOf<F extends Fields> = {
  readonly [N in keyof Required<F["programs"]>]: F["programs"][N] extends infer T
    ? T extends ProgramTag<infer A, infer _L, infer _R>
      ? NonNullable<A[0]>
      : never
    : never;
};

/** What the options say of a name. */
type Chosen<C, N> = [Extract<C, Unspecified>] extends [never] ? (N extends keyof C ? C[N] : undefined) : undefined;
/** `undefined`, for a tag of which the options don't say that it is there. */
type Missing<T, C> = [C] extends [undefined extends T ? true : true | undefined] ? never : undefined;

/** The live program of a tag. */
export type LiveProgram<T> = T extends ProgramTag<infer A, infer L, infer R> ? Program<A, L, R> : never;
/** The live map of a tag. */
export type LiveMap<T> = T extends MapTag<infer M> ? M : never;
/** The type of a variable's or constant's value. */
export type ValueOf<T> = T extends VariableTag<infer V> ? V : never;

/** What generated code says of an object: tags, and how to get at its bytes. */
export interface ObjectDefinition<F extends Fields> {
  readonly name: string;
  readonly programs: Required<F["programs"]>;
  readonly maps: Required<F["maps"]>;
  readonly constants: F["constants"];
  readonly variables: F["variables"];
  readonly structOps?: {
    readonly [N in keyof StructuresIn<F>]: StructuresIn<F>[N] extends infer S extends StructureFields
      ? StructureDefinition<S>
      : never;
  };
  readonly bytes: () => Uint8Array;
}

/** @internal What {@link ObjectDefinition} is at run time. */
export interface AnyDefinition {
  readonly name: string;
  readonly programs: Readonly<Record<string, ProgramTag<never>>>;
  readonly maps: Readonly<Record<string, MapTag>>;
  readonly constants: Readonly<Record<string, VariableTag>>;
  readonly variables: Readonly<Record<string, VariableTag>>;
  readonly structOps?: Readonly<Record<string, AnyStructure>>;
  readonly bytes: () => Uint8Array;
}

/** @internal A live {@link Variable} of each name; `undefined` for one in a map that the load went on without. */
export type LiveVariables = Readonly<Record<string, Variable<unknown> | undefined>>;
