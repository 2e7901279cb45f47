import type { Btf, TypeId } from "bpf-loader/btf";

/** What a declaration tag starts with that is meant for this generator. */
const PREFIX = "ts:";

/** What an object says of its own declarations: `__attribute__((btf_decl_tag("ts:Nanoseconds")))`. */
export class DeclarationTags {
  readonly #texts = new Map<string, string[]>();

  constructor(btf: Btf) {
    for (const id of btf.ofKinds("declTag")) {
      const tag = btf.type(id);
      if (tag.kind !== "declTag" || !tag.name.startsWith(PREFIX)) continue;
      const key = keyOf(tag.typeId, tag.componentIndex);
      const texts = this.#texts.get(key);
      if (texts === undefined) this.#texts.set(key, [tag.name.slice(PREFIX.length)]);
      else texts.push(tag.name.slice(PREFIX.length));
    }
  }

  get size(): number {
    return this.#texts.size;
  }

  /** @returns what is behind `ts:`, of a type or variable or, with an index, of a member. */
  of(typeId: TypeId, index: number = -1): readonly string[] {
    return this.#texts.get(keyOf(typeId, index)) ?? [];
  }
}

function keyOf(typeId: TypeId, index: number): string {
  return index < 0 ? String(typeId) : `${typeId} ${index}`;
}
