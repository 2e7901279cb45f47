import type { Btf, BtfComposite, ResolvedType, TypeId } from "../btf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";

/** Types that are compared at most; what people declare takes a few. */
const MOST_COMPARISONS = 100_000;
const MOST_DEPTH = 64;

/** A type and the BTF that has it. */
export interface TypeIn {
  readonly btf: Btf;
  readonly id: TypeId;
}

/**
 * In what two declarations of one thing differ; `undefined` when they agree. As libbpf's linker has it, sizes of arrays, names of
 * parameters, signs of integers and the values of enums may differ, and of what is behind a pointer only kind and name are compared:
 * one of them may be declared only.
 *
 * @throws ObjectFormatError for types that contain themselves.
 */
export function typeDifference(left: TypeIn, right: TypeIn): string | undefined {
  return new Comparison(left.btf, right.btf).types(left.id, right.id, true, 0);
}

class Comparison {
  readonly #left: Btf;
  readonly #right: Btf;
  #budget = MOST_COMPARISONS;

  constructor(left: Btf, right: Btf) {
    this.#left = left;
    this.#right = right;
  }

  /** `exact` is false behind pointers. */
  types(leftId: TypeId, rightId: TypeId, exact: boolean, depth: number): string | undefined {
    if (--this.#budget < 0 || depth > MOST_DEPTH) throw new ObjectFormatError("its types contain themselves");
    const left = this.#left.resolve(leftId);
    const right = this.#right.resolve(rightId);
    if (!exact && (left.kind === "forward") !== (right.kind === "forward")) return forwardDifference(left, right);
    if (left.kind !== right.kind) return `${describe(left)} and ${describe(right)}`;
    const ofKind = this.#ofKind(left, right, exact, depth + 1);
    if (ofKind !== undefined || !isNamed(left) || left.name === right.name) return ofKind;
    return `${describe(left)} and ${describe(right)}`;
  }

  #ofKind(left: ResolvedType, right: ResolvedType, exact: boolean, depth: number): string | undefined {
    switch (left.kind) {
      case "int":
      case "float":
      case "enum":
      case "enum64":
        if (right.kind !== left.kind || right.size === left.size) return undefined;
        return `${describe(left)} of ${left.size} bytes and ${describe(right)} of ${right.size}`;
      case "pointer":
        return right.kind === left.kind ? this.types(left.typeId, right.typeId, false, depth) : undefined;
      case "function":
      case "variable":
        return right.kind === left.kind ? this.types(left.typeId, right.typeId, exact, depth) : undefined;
      case "array":
        return right.kind === left.kind ? this.types(left.elementTypeId, right.elementTypeId, exact, depth) : undefined;
      case "struct":
      case "union":
        return right.kind === left.kind && exact ? this.#members(left, right, depth) : undefined;
      case "functionPrototype": {
        if (right.kind !== left.kind) return undefined;
        if (left.parameters.length !== right.parameters.length) {
          return `${left.parameters.length} parameters and ${right.parameters.length}`;
        }
        for (const [index, { typeId }] of left.parameters.entries()) {
          const difference = this.types(typeId, right.parameters[index]?.typeId ?? 0, exact, depth);
          if (difference !== undefined) return `parameter ${index + 1}: ${difference}`;
        }
        const difference = this.types(left.returnTypeId, right.returnTypeId, exact, depth);
        return difference === undefined ? undefined : `what it returns: ${difference}`;
      }
      case "void":
      case "forward":
        return undefined;
      case "dataSection":
      case "declTag":
        return `a ${left.kind}, which is no type of a function or variable`;
    }
  }

  #members(left: BtfComposite, right: BtfComposite, depth: number): string | undefined {
    if (left.members.length !== right.members.length) {
      return `${describe(left)} of ${left.members.length} members and of ${right.members.length}`;
    }
    for (const [index, member] of left.members.entries()) {
      const other = right.members[index];
      if (other === undefined) continue;
      if (member.name !== other.name) {
        return `${describe(left)} with member ${quoteName(member.name)} and with ${quoteName(other.name)}`;
      }
      if (member.bitOffset !== other.bitOffset || member.bitSize !== other.bitSize) {
        return `${describe(left)} with member ${quoteName(member.name)} in different places`;
      }
      const difference = this.types(member.typeId, other.typeId, true, depth);
      if (difference !== undefined) return `member ${quoteName(member.name)}: ${difference}`;
    }
    return undefined;
  }
}

function forwardDifference(left: ResolvedType, right: ResolvedType): string | undefined {
  const [forward, definition] = left.kind === "forward" ? [left, right] : [right, left];
  const wanted = forward.kind === "forward" && forward.union ? "union" : "struct";
  if (definition.kind === wanted && definition.name === forward.name) return undefined;
  return `${describe(left)} and ${describe(right)}`;
}

/** Kinds whose names have to agree; integers are known by their size. */
function isNamed({ kind }: ResolvedType): boolean {
  return kind !== "int" && kind !== "float";
}

function describe(type: ResolvedType): string {
  const kind = type.kind === "forward" ? (type.union ? "union" : "struct") : type.kind;
  return type.name === "" ? kind : `${kind} ${quoteName(type.name)}`;
}
