import { ObjectFormatError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { elementCount, Kind, kindNumber } from "./raw-type.ts";
import type { TypeId } from "./types.ts";

/** Deeper than any compiler nests types that need each other's definition. */
const MAX_DEPTH = 512;

const DECLARED = 1;
const COMPLETE = 2;
const IN_PROGRESS = 4;

/** Writes declarations, in an order in which a compiler takes them. */
export interface CDeclarations {
  /** `struct x;` */
  forward(id: TypeId): void;
  /** A named struct, union or enum, a typedef, or an integer or float that has no name in C. */
  define(id: TypeId): void;
  /** Whether an integer or float needs a declaration. */
  needsAlias(id: TypeId): boolean;
}

/**
 * Finds what has to be declared before what. Structs that are only pointed to need a forward declaration; what is a part
 * of something, or an element of an array, has to be complete before.
 */
export class COrder {
  readonly #btf: Btf;
  readonly #out: CDeclarations;
  readonly #state: Uint8Array;

  constructor(btf: Btf, out: CDeclarations) {
    this.#btf = btf;
    this.#out = out;
    this.#state = new Uint8Array(btf.typeCount);
  }

  /** Declares a type so that it may be named, pointed to, and taken and returned by functions. */
  declare(id: TypeId): void {
    this.#require(id, false, 0);
  }

  /** Declares a type so that there may be variables of it. */
  complete(id: TypeId): void {
    this.#require(id, true, 0);
  }

  #require(id: TypeId, complete: boolean, depth: number): void {
    if (id === 0) return;
    const state = this.#state[id] ?? 0;
    if ((state & COMPLETE) !== 0 || (!complete && (state & DECLARED) !== 0)) return;
    if (depth > MAX_DEPTH) throw new ObjectFormatError(`type ${id} nests too deep for C`, { section: ".BTF" });
    const btf = this.#btf;
    const info = btf.word(id, 1);
    switch (kindNumber(info)) {
      case Kind.INT:
      case Kind.FLOAT:
        this.#state[id] = DECLARED | COMPLETE;
        if (this.#out.needsAlias(id)) this.#out.define(id);
        break;
      case Kind.STRUCT:
      case Kind.UNION:
        this.#requireComposite(id, complete, depth);
        break;
      case Kind.ENUM:
      case Kind.ENUM64:
        this.#state[id] = DECLARED | COMPLETE;
        if (btf.word(id, 0) !== 0) this.#out.define(id);
        break;
      case Kind.FWD:
        this.#state[id] = DECLARED | COMPLETE;
        this.#out.forward(id);
        break;
      case Kind.TYPEDEF:
        this.#requireTypedef(id, complete, depth);
        break;
      case Kind.PTR:
        this.#enter(id, () => {
          this.#require(btf.word(id, 2), false, depth + 1);
        });
        break;
      case Kind.ARRAY:
        // An array needs complete elements even where it is only pointed to.
        this.#enter(id, () => {
          this.#require(btf.word(id, 3), true, depth + 1);
        });
        break;
      case Kind.FUNC_PROTO:
        this.#enter(id, () => {
          this.#require(btf.word(id, 2), false, depth + 1);
          const count = elementCount(info);
          for (let index = 0; index < count; index++) this.#require(btf.word(id, 4 + index * 2), false, depth + 1);
        });
        break;
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        this.#require(btf.word(id, 2), complete, depth + 1);
        break;
      default:
        throw new ObjectFormatError(`type ${id}, a ${btf.kind(id)}, is used where C wants a type`, { section: ".BTF" });
    }
  }

  #requireComposite(id: TypeId, complete: boolean, depth: number): void {
    const btf = this.#btf;
    const isNamed = btf.word(id, 0) !== 0;
    if (isNamed && !complete) {
      this.#state[id] = (this.#state[id] ?? 0) | DECLARED;
      this.#out.forward(id);
      return;
    }
    const members = btf.members(id);
    this.#enter(id, () => {
      for (let index = 0; index < (members?.count ?? 0); index++) {
        this.#require(members?.typeId(index) ?? 0, true, depth + 1);
      }
    });
    if (isNamed) this.#out.define(id);
  }

  #requireTypedef(id: TypeId, complete: boolean, depth: number): void {
    const target = this.#btf.word(id, 2);
    if (((this.#state[id] ?? 0) & DECLARED) === 0) {
      this.#enter(id, () => {
        this.#require(target, false, depth + 1);
      });
      this.#state[id] = DECLARED;
      this.#out.define(id);
    }
    if (!complete) return;
    this.#require(target, true, depth + 1);
    this.#state[id] = DECLARED | COMPLETE;
  }

  /** Runs once for a type, and refuses one that needs itself. */
  #enter(id: TypeId, requirements: () => void): void {
    const state = this.#state[id] ?? 0;
    if ((state & IN_PROGRESS) !== 0) {
      throw new ObjectFormatError(`type ${id} needs itself to be complete before it can be declared`, {
        section: ".BTF",
      });
    }
    this.#state[id] = state | IN_PROGRESS;
    requirements();
    this.#state[id] = DECLARED | COMPLETE;
  }
}
