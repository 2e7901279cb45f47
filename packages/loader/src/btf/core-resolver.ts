import { BpfError, quoteName } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { describeAccess, parseAccess } from "./core-access.ts";
import type { AccessSpec } from "./core-access.ts";
import { CoreCandidates } from "./core-candidates.ts";
import type { TypeIn } from "./core-compatible.ts";
import { coreError } from "./core-error.ts";
import { matchAccess } from "./core-match.ts";
import { PatchedInstruction } from "./core-patch.ts";
import type { CoreDecision } from "./core-patch.ts";
import { CoreRelocationKind } from "./core-relocation.ts";
import type { CoreRelocation } from "./core-relocation.ts";
import { canChangeAccessSize, coreValue, missingValue } from "./core-value.ts";
import type { CoreValue } from "./core-value.ts";
import type { TypeId } from "./types.ts";

/** An instruction that was replaced by one that the verifier refuses if it is ever reached. */
export interface PoisonedInstruction {
  /** As in the relocation. */
  readonly slot: number;
  /** What it needed: `"struct task_struct.foo (0:1:2)"`. */
  readonly description: string;
  /** Why it can't have it: `"the kernel has no such field"`. */
  readonly reason: string;
}

/** What {@link CoreResolver.apply} did. */
export interface CoreResult {
  /** In the order of the relocations. */
  readonly poisoned: readonly PoisonedInstruction[];
}

/** A decision, with what is needed to explain it. */
interface Resolution extends CoreDecision {
  readonly local: AccessSpec;
}

const NO_MODULES = (): readonly Btf[] => [];

/**
 * Adapts programs to the types of the kernel they are loaded into (CO-RE: compile once, run everywhere), by libbpf's rules.
 * Make one for all programs of an object: what it finds in the kernel's types is kept.
 */
export class CoreResolver {
  readonly #local: Btf;
  readonly #candidates: CoreCandidates;
  /** By type of the object; fewer as soon as some don't have what a relocation asks for. */
  readonly #remaining = new Map<TypeId, readonly TypeIn[]>();
  readonly #resolutions = new Map<string, Resolution>();

  /**
   * `local` describes the object's types, `target` the kernel's. `modules` is called only when a type isn't in
   * `target`, and gives the split BTF of the kernel's modules.
   * Throws {@link BpfError} with the code `ERR_BPF_CO_RE` when the two are of different byte order.
   */
  constructor(local: Btf, target: Btf, modules: () => readonly Btf[] = NO_MODULES) {
    if (local.littleEndian !== target.littleEndian) {
      throw coreError("the object and the kernel's types are of different byte order");
    }
    this.#local = local;
    this.#candidates = new CoreCandidates(local, target, modules);
  }

  /**
   * Looks up the types of many relocations in one pass over the kernel's types. Optional: {@link apply} looks up what is
   * missing, which takes a pass for each program.
   */
  prepare(relocations: Iterable<CoreRelocation>): void {
    const types = new Set<TypeId>();
    for (const { kind, typeId } of relocations) {
      if (kind !== CoreRelocationKind.TYPE_ID_LOCAL && !this.#remaining.has(typeId)) types.add(typeId);
    }
    if (types.size === 0) return;
    this.#candidates.lookUp(types);
    for (const id of types) this.#remaining.set(id, this.#candidates.of(id));
  }

  /**
   * Patches `code` (instructions in the object's byte order) in place. `program` is used in messages.
   * Throws {@link BpfError} with the code `ERR_BPF_CO_RE` when a relocation is ambiguous or does not fit its instruction.
   */
  apply(code: Uint8Array, relocations: readonly CoreRelocation[], program: string): CoreResult {
    this.prepare(relocations);
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const poisoned: PoisonedInstruction[] = [];
    for (const relocation of relocations) {
      try {
        const resolution = this.#resolve(relocation);
        const applied = new PatchedInstruction(view, relocation.slot, this.#local.littleEndian).apply(resolution);
        if (!applied) poisoned.push(explainPoison(relocation, resolution));
      } catch (error) {
        if (error instanceof BpfError) throw this.#inContext(error, relocation, program);
        throw error;
      }
    }
    return { poisoned };
  }

  #resolve(relocation: CoreRelocation): Resolution {
    const { typeId, kind, access } = relocation;
    const key = `${typeId} ${kind} ${access}`;
    const known = this.#resolutions.get(key);
    if (known !== undefined) return known;
    const resolution = this.#decide(parseAccess(this.#local, typeId, access, kind), kind);
    this.#resolutions.set(key, resolution);
    return resolution;
  }

  #decide(local: AccessSpec, kind: CoreRelocationKind): Resolution {
    if (kind === CoreRelocationKind.TYPE_ID_LOCAL) {
      const value = BigInt(local.rootId);
      return { local, oldValue: value, newValue: value, certain: false, oldSize: 0, newSize: 0, canChangeSize: true };
    }
    if (this.#local.name(local.rootId) === "") throw coreError("types without a name can't be found in the kernel");

    const expected = coreValue(local, kind);
    const found = this.#match(local, kind);
    return { local, ...decision(expected, found === undefined ? missingValue(kind) : found.value) };
  }

  /** Finds it in all candidates, which must agree; keeps the candidates that have it. */
  #match(
    local: AccessSpec,
    kind: CoreRelocationKind,
  ): { readonly spec: AccessSpec; readonly value: CoreValue } | undefined {
    const candidates = this.#remaining.get(local.rootId) ?? [];
    const having: TypeIn[] = [];
    let first: { readonly spec: AccessSpec; readonly value: CoreValue } | undefined;
    for (const candidate of candidates) {
      const spec = matchAccess(local, candidate, kind);
      if (spec === undefined) continue;
      const value = coreValue(spec, kind);
      first ??= { spec, value };
      having.push(candidate);
      if (spec.bitOffset !== first.spec.bitOffset || value.value !== first.value.value) {
        throw coreError(
          `ambiguous: the kernel has several such types, which differ: type ${first.spec.rootId} gives ${first.value.value}, ` +
            `type ${candidate.id} gives ${value.value}`,
        );
      }
    }
    if (first !== undefined && having.length < candidates.length) this.#remaining.set(local.rootId, having);
    return first;
  }

  #inContext(error: BpfError, relocation: CoreRelocation, program: string): BpfError {
    const { slot, typeId, access, kind } = relocation;
    const kindText = Object.entries(CoreRelocationKind).find(([, number]) => number === kind)?.[0] ?? `${kind}`;
    return new BpfError(
      "ERR_BPF_CO_RE",
      `program ${quoteName(program)}, instruction ${slot}: CO-RE relocation ${kindText} of ${this.#nameOf(typeId)} ` +
        `(${quoteName(access)}): ${error.message}`,
      { cause: error },
    );
  }

  #nameOf(typeId: TypeId): string {
    return typeId < this.#local.typeCount ? quoteName(this.#local.name(typeId)) : `type ${typeId}`;
  }
}

function decision(expected: CoreValue, found: CoreValue | undefined): CoreDecision {
  const oldSize = expected.field?.size ?? 0;
  const newSize = found?.field?.size ?? 0;
  return {
    oldValue: expected.value,
    newValue: found?.value,
    certain: expected.certain,
    oldSize,
    newSize,
    canChangeSize:
      oldSize === newSize ||
      (expected.field !== undefined && found?.field !== undefined && canChangeAccessSize(expected.field, found.field)),
  };
}

function explainPoison(
  { slot, kind }: CoreRelocation,
  { local, newValue, oldSize, newSize }: Resolution,
): PoisonedInstruction {
  const description = describeAccess(local, kind);
  if (newValue === undefined) return { slot, description, reason: "the kernel has no such field or value" };
  return {
    slot,
    description,
    reason:
      `the field has ${oldSize} bytes in the object's types and ${newSize} in the kernel's, and it is not unsigned; ` +
      "read it with BPF_CORE_READ or into a type of the kernel's size",
  };
}
