import type { Btf } from "../btf/index.ts";
import type { BpfMap } from "../maps/index.ts";
import type { PrivilegeOptions, Program } from "../programs/index.ts";

/** How a collection is loaded. */
export interface LoadOptions extends PrivilegeOptions {
  /** New values of `const volatile` variables, by name; the verifier sees them as constants. The spec stays as it is. */
  readonly constants?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Maps to use in place of those that the object defines, by the names of these. Type, sizes, entries and flags must be the
   * same. They are duplicated: the caller may close his own at once.
   */
  readonly mapReplacements?: Readonly<Record<string, BpfMap>> | undefined;
  /**
   * Types of the kernel for CO-RE, where it has none itself (`CONFIG_DEBUG_INFO_BTF` is off): its BTF from elsewhere.
   */
  readonly kernelTypes?: Btf | undefined;
  /**
   * Programs that others of this collection extend (`SEC("freplace/…")`) or trace (`SEC("fentry/…")`), by the names of the latter.
   * They must stay open until the load is done.
   */
  readonly attachTargets?: Readonly<Record<string, Program<never>>> | undefined;
  /**
   * Directory in a bpf file system for maps that are pinned by name (`LIBBPF_PIN_BY_NAME`): they are opened there when they exist,
   * else created and pinned. Default `"/sys/fs/bpf"`.
   */
  readonly pinPath?: string | undefined;
  /**
   * Keep the verifier's log of programs that load, as `Program.verifierLog`. A program that fails has its log in the error anyway, unless
   * this is `false`: that saves a second verification when failing is expected.
   */
  readonly verifierLog?: VerifierLogOptions | false | undefined;
  /** Have the verifier count, as `Program.verifierStatistics`. Since Linux 5.2; before, it tells a part of it. Default false. */
  readonly verifierStatistics?: boolean | undefined;
  /**
   * Programs that may be missing from what is loaded: when the kernel lacks their type, or what they attach to or call, the load goes
   * on, and the reason is in `skipped`. A map that only such programs use, and that was not asked for by name, is optional, too.
   * A tag says the same of its own: `ebpf.program("name", { optional: true })`.
   */
  readonly optionalPrograms?: readonly string[] | "all" | undefined;
  /**
   * Maps that may be missing from what is loaded: when the kernel lacks their type or a flag of theirs, the load goes on, and the reason
   * is in `skipped`. Programs that refer to one load where the verifier finds the use dead, as it does behind
   * `bpf_core_enum_value_exists(enum bpf_map_type, …)`; elsewhere they are refused, and left out if they are optional, too. A map
   * that can't be created for any other reason fails the load. A tag says the same of its own: `ebpf.ringBuf("name", Record,
   * { optional: true })`.
   */
  readonly optionalMaps?: readonly string[] | "all" | undefined;
  /**
   * Whether maps are created, by name, in place of what `MapSpec.autocreate` says. One that is asked for by name is created all the
   * same.
   */
  readonly autocreate?: Readonly<Record<string, boolean>> | undefined;
  /**
   * Maps that instructions of a program refer to by index (BPF_PSEUDO_MAP_IDX), by names of programs: for instructions that were not
   * made by a compiler. They must stay open until the load is done. Since Linux 5.14.
   */
  readonly fdArrays?: Readonly<Record<string, readonly { readonly fd: number }[]>> | undefined;
}

/** How an asynchronous load can be stopped, besides its options. */
export interface Abortable {
  /** Aborting closes what was created so far and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What to log. */
export interface VerifierLogOptions {
  /** Bits: 1 = branches, 2 = every instruction, 4 = statistics (since Linux 5.2). Default 1. */
  readonly level?: number | undefined;
  /** Bytes of the first buffer; it grows until the log fits, up to 16 MiB, or to this if it is more. Default 64 KiB. */
  readonly size?: number | undefined;
}

/** Which objects of a collection are loaded; what these need comes with them. */
export interface Choice {
  /** Names of programs. Default: all, except those whose section starts with `?` or says nothing about their type. */
  readonly programs?: readonly string[] | undefined;
  /** Names of maps. Default: all, except those that say not to (`MapSpec.autocreate`). */
  readonly maps?: readonly string[] | undefined;
}
