import type { Btf } from "./btf.ts";
import type { BtfFunctionPrototype, BtfType, TypeId } from "./types.ts";

/** Types that may be looked at for one name; function types could otherwise spell out to gigabytes. */
const BUDGET = 500;
/** Characters of names that count as much as a type: names of C have fewer. */
const LONG_NAME = 256;
const ELLIPSIS = "...";

/** C spelling of a declaration of `name`, or without one, of the type. */
export function spellType(btf: Btf, id: TypeId, name: string = ""): string {
  return new Speller(btf).spell(id, name);
}

class Speller {
  readonly #btf: Btf;
  #budget = BUDGET;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Spells a type around a declarator, which C builds from the inside out: `*`, `(*)[4]`. */
  spell(id: TypeId, declarator: string): string {
    if (this.#budget-- <= 0) return ELLIPSIS;
    const type = this.#btf.type(id);
    switch (type.kind) {
      case "pointer":
        return this.spell(type.typeId, this.#isArrayOrFunction(type.typeId) ? `(*${declarator})` : `*${declarator}`);
      case "array":
        return this.spell(type.elementTypeId, `${declarator}[${type.length === 0 ? "" : type.length}]`);
      case "functionPrototype":
        return this.spell(type.returnTypeId, `${declarator}(${this.#parameters(type)})`);
      case "const":
      case "volatile":
      case "restrict":
        return this.#qualified(type.typeId, type.kind, declarator);
      case "typeTag":
        return this.spell(type.typeId, declarator);
      case "variable":
      case "declTag":
      case "function":
        return this.spell(type.typeId, declarator);
      default: {
        const name = baseName(type);
        this.#budget -= Math.floor(name.length / LONG_NAME);
        return declarator === "" ? name : `${name}${startsWithBracket(declarator) ? "" : " "}${declarator}`;
      }
    }
  }

  /** A qualifier stands right of the pointer that it qualifies, and left of everything else. */
  #qualified(id: TypeId, qualifier: string, declarator: string): string {
    if (this.#btf.kind(id) === "pointer") {
      return this.spell(id, declarator === "" ? qualifier : `${qualifier} ${declarator}`);
    }
    return `${qualifier} ${this.spell(id, declarator)}`;
  }

  #parameters(type: BtfFunctionPrototype): string {
    if (type.parameters.length === 0) return "void";
    const spelled: string[] = [];
    for (const { name, typeId } of type.parameters) {
      if (this.#budget <= 0) return [...spelled, ELLIPSIS].join(", ");
      spelled.push(typeId === 0 && name === "" ? ELLIPSIS : this.spell(typeId, ""));
    }
    return spelled.join(", ");
  }

  /** Whether a pointer to it needs parentheses. */
  #isArrayOrFunction(id: TypeId): boolean {
    let kind = this.#btf.kind(id);
    for (let current = id; this.#budget-- > 0; kind = this.#btf.kind(current)) {
      if (kind !== "const" && kind !== "volatile" && kind !== "restrict" && kind !== "typeTag") break;
      const type = this.#btf.type(current);
      if (!("typeId" in type)) break;
      current = type.typeId;
    }
    return kind === "array" || kind === "functionPrototype";
  }
}

function startsWithBracket(declarator: string): boolean {
  return declarator.startsWith("[");
}

function baseName(type: BtfType): string {
  switch (type.kind) {
    case "void":
      return "void";
    case "struct":
    case "union":
    case "enum":
    case "enum64":
      return `${type.kind === "enum64" ? "enum" : type.kind} ${type.name === "" ? "{...}" : type.name}`;
    case "forward":
      return `${type.union ? "union" : "struct"} ${type.name}`;
    default:
      return type.name;
  }
}
