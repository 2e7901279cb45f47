import type { Btf } from "./btf.ts";
import { areKindsCompatible } from "./core-compatible.ts";
import type { TypeIn } from "./core-compatible.ts";
import { essentialName } from "./essential-name.ts";
import type { BtfKind, TypeId } from "./types.ts";

/** Kinds that a relocation can find. In the kernel's BTF most names are of functions. */
const KINDS: ReadonlySet<BtfKind> = new Set([
  "int",
  "struct",
  "union",
  "enum",
  "enum64",
  "forward",
  "typedef",
  "float",
]);

type TypesByName = Map<string, readonly TypeIn[]>;

/**
 * Types of the kernel that a type of the object may stand for: those of the same kind and essential name. Those of
 * modules count only where the kernel itself has none.
 */
export class CoreCandidates {
  readonly #local: Btf;
  readonly #target: Btf;
  readonly #openModules: () => readonly Btf[];
  #modules: readonly Btf[] | undefined;
  /** Names that were looked up, with what was found. */
  readonly #inKernel: TypesByName = new Map();
  readonly #inModules: TypesByName = new Map();

  constructor(local: Btf, target: Btf, openModules: () => readonly Btf[]) {
    this.#local = local;
    this.#target = target;
    this.#openModules = openModules;
  }

  /** Looks up what is not known yet, with one pass over the kernel's types, and one over those of modules if needed. */
  lookUp(typeIds: ReadonlySet<TypeId>): void {
    const wanted = new Map<TypeId, string>();
    for (const id of typeIds) {
      const name = essentialName(this.#local.name(id));
      if (name !== "") wanted.set(id, name);
    }
    search(this.#inKernel, new Set(wanted.values()), this.#wholeKernel());

    const missing = new Set<string>();
    for (const [id, name] of wanted) {
      if (this.#ofKind(this.#inKernel, id, name).length === 0) missing.add(name);
    }
    if (missing.size === 0) return;
    this.#modules ??= this.#openModules();
    search(this.#inModules, missing, this.#modules);
  }

  /** Candidates for a type that was looked up. */
  of(id: TypeId): readonly TypeIn[] {
    const name = essentialName(this.#local.name(id));
    const inKernel = this.#ofKind(this.#inKernel, id, name);
    return inKernel.length > 0 ? inKernel : this.#ofKind(this.#inModules, id, name);
  }

  /** The given target, and what it is split from. */
  #wholeKernel(): readonly Btf[] {
    const parts: Btf[] = [];
    for (let part: Btf | undefined = this.#target; part !== undefined; part = part.base) parts.unshift(part);
    return parts;
  }

  #ofKind(types: TypesByName, id: TypeId, name: string): readonly TypeIn[] {
    const kind = this.#local.kind(id);
    const found = types.get(name) ?? [];
    return found.filter((candidate) => areKindsCompatible(kind, candidate.btf.kind(candidate.id)));
  }
}

function search(known: TypesByName, names: ReadonlySet<string>, places: readonly Btf[]): void {
  const unknown = new Set([...names].filter((name) => !known.has(name)));
  if (unknown.size === 0) return;
  const results = places.map((btf) => ({ btf, found: btf.findEssential(unknown, KINDS) }));
  for (const name of unknown) {
    known.set(
      name,
      results.flatMap(({ btf, found }) => (found.get(name) ?? []).map((id) => ({ btf, id }))),
    );
  }
}
