import type { Btf, ResolvedType } from "./btf.ts";
import { coreError, StepLimit } from "./core-error.ts";
import { essentialName } from "./essential-name.ts";
import type { BtfComposite, BtfEnum, BtfForward, BtfFunctionPrototype, BtfKind, TypeId } from "./types.ts";

/** A type of the object or of the kernel. */
export interface TypeIn {
  readonly btf: Btf;
  readonly id: TypeId;
}

/** As deep as libbpf follows structs in structs and functions that take functions. */
const DEEPEST = 32;

function checkDepth(depth: number): void {
  if (depth > DEEPEST) throw coreError("types nest too deep to be compared");
}

/** Whether two kinds may stand for each other: the same, or any two enums. */
export function areKindsCompatible(left: BtfKind, right: BtfKind): boolean {
  return left === right || (isEnumKind(left) && isEnumKind(right));
}

function isEnumKind(kind: BtfKind): boolean {
  return kind === "enum" || kind === "enum64";
}

function isEnum(type: ResolvedType): type is BtfEnum {
  return isEnumKind(type.kind);
}

/**
 * Whether a field of one type may be read as the other: any two composites, pointers, floats or integers, arrays of such,
 * and forward declarations and enums of the same name, or without.
 */
export function areFieldsCompatible(local: TypeIn, target: TypeIn, limit: StepLimit): boolean {
  let left = local.btf.resolveId(local.id);
  let right = target.btf.resolveId(target.id);
  for (;;) {
    limit.step();
    const kind = local.btf.kind(left);
    const otherKind = target.btf.kind(right);
    if (isCompositeKind(kind) && isCompositeKind(otherKind)) return true;
    if (!areKindsCompatible(kind, otherKind)) return false;
    switch (kind) {
      case "pointer":
      case "float":
        return true;
      case "forward":
      case "enum":
      case "enum64": {
        const name = essentialName(local.btf.name(left));
        const other = essentialName(target.btf.name(right));
        return name === "" || other === "" || name === other;
      }
      case "int":
        return !isOldBitfield(local.btf, left) && !isOldBitfield(target.btf, right);
      case "array":
        left = elementOf(local.btf, left);
        right = elementOf(target.btf, right);
        break;
      default:
        return false;
    }
  }
}

/** Compilers of old described bitfields by integers that start at some bit. */
function isOldBitfield(btf: Btf, id: TypeId): boolean {
  const type = btf.type(id);
  return type.kind === "int" && type.bitOffset !== 0;
}

function elementOf(btf: Btf, id: TypeId): TypeId {
  const type = btf.type(id);
  return type.kind === "array" ? btf.resolveId(type.elementTypeId) : 0;
}

function isCompositeKind(kind: BtfKind): boolean {
  return kind === "struct" || kind === "union";
}

/**
 * Whether a type exists in a compatible form, for the kinds of relocation that ask about a whole type, and for what a program
 * declares of the kernel: same kind all the way through pointers, arrays and function prototypes; names and sizes don't matter.
 * As libbpf's bpf_core_types_are_compat(): also a struct that is only declared is none that is defined.
 *
 * @throws BpfError `ERR_BPF_CO_RE` when they nest too deep to tell.
 */
export function areTypesCompatible(
  local: TypeIn,
  target: TypeIn,
  limit: StepLimit = new StepLimit(),
  depth: number = 0,
): boolean {
  checkDepth(depth);
  if (!areKindsCompatible(local.btf.kind(local.id), target.btf.kind(target.id))) return false;
  let left = local.btf.resolveId(local.id);
  let right = target.btf.resolveId(target.id);
  for (;;) {
    limit.step();
    const kind = local.btf.kind(left);
    if (!areKindsCompatible(kind, target.btf.kind(right))) return false;
    switch (kind) {
      case "void":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "forward":
        return true;
      case "int":
        return !isOldBitfield(local.btf, left) && !isOldBitfield(target.btf, right);
      case "pointer":
        left = local.btf.resolveId(local.btf.word(left, 2));
        right = target.btf.resolveId(target.btf.word(right, 2));
        break;
      case "array":
        left = elementOf(local.btf, left);
        right = elementOf(target.btf, right);
        break;
      case "functionPrototype": {
        const prototype = local.btf.type(left);
        const other = target.btf.type(right);
        if (prototype.kind !== "functionPrototype" || other.kind !== "functionPrototype") return false;
        const compatible = everyParameter(prototype, other, (leftId, rightId) =>
          areTypesCompatible(resolved(local.btf, leftId), resolved(target.btf, rightId), limit, depth + 1),
        );
        if (!compatible) return false;
        left = local.btf.resolveId(prototype.returnTypeId);
        right = target.btf.resolveId(other.returnTypeId);
        break;
      }
      default:
        return false;
    }
  }
}

/** Typedefs of parameters don't have to be of the same name, nor be there at all. */
function resolved(btf: Btf, id: TypeId): TypeIn {
  return { btf, id: btf.resolveId(id) };
}

function everyParameter(
  left: BtfFunctionPrototype,
  right: BtfFunctionPrototype,
  compare: (leftId: TypeId, rightId: TypeId) => boolean,
): boolean {
  return (
    left.parameters.length === right.parameters.length &&
    left.parameters.every(({ typeId }, index) => compare(typeId, right.parameters[index]?.typeId ?? 0))
  );
}

/**
 * Whether the kernel's type has all that the object's has, for TYPE_MATCHES: the same names, kinds and, of integers,
 * sizes and signs; members in any order; behind pointers only names and kinds.
 */
export function doTypesMatch(
  local: TypeIn,
  target: TypeIn,
  limit: StepLimit,
  behindPointer = false,
  depth = 0,
): boolean {
  checkDepth(depth);
  let left = local.btf.resolve(local.id);
  let right = target.btf.resolve(target.id);
  let behind = behindPointer;
  for (;;) {
    limit.step();
    if (!doNamesMatch(left.name, right.name)) return false;
    switch (left.kind) {
      case "void":
        return right.kind === "void";
      case "forward":
        return doesForwardMatch(left, right, behind);
      case "enum":
      case "enum64":
        return isEnum(right) && doEnumsMatch(left, right);
      case "struct":
      case "union":
        if (behind && right.kind === "forward") return (left.kind === "union") === right.union;
        if (left.kind !== right.kind) return false;
        return behind || doMembersMatch({ btf: local.btf, type: left }, { btf: target.btf, type: right }, limit, depth);
      case "int":
        return right.kind === "int" && left.size === right.size && left.signed === right.signed;
      case "pointer":
        if (right.kind !== "pointer") return false;
        behind = true;
        left = local.btf.resolve(left.typeId);
        right = target.btf.resolve(right.typeId);
        break;
      case "array":
        if (right.kind !== "array" || left.length !== right.length) return false;
        left = local.btf.resolve(left.elementTypeId);
        right = target.btf.resolve(right.elementTypeId);
        break;
      case "functionPrototype": {
        if (right.kind !== "functionPrototype") return false;
        const inside = behind;
        const match = everyParameter(left, right, (leftId, rightId) =>
          doTypesMatch({ btf: local.btf, id: leftId }, { btf: target.btf, id: rightId }, limit, inside, depth + 1),
        );
        if (!match) return false;
        left = local.btf.resolve(left.returnTypeId);
        right = target.btf.resolve(right.returnTypeId);
        break;
      }
      default:
        return false;
    }
  }
}

/** Names without their flavours; a flavour of the object's name counts only where the kernel's type has a name. */
function doNamesMatch(local: string, target: string): boolean {
  return target === "" ? local === "" : essentialName(local) === essentialName(target);
}

function doesForwardMatch(local: BtfForward, target: ResolvedType, behindPointer: boolean): boolean {
  if (target.kind === "forward") return local.union === target.union;
  return behindPointer && target.kind === (local.union ? "union" : "struct");
}

function doEnumsMatch(local: BtfEnum, target: BtfEnum): boolean {
  if (local.size !== target.size || local.values.length > target.values.length) return false;
  const names = new Set(target.values.map(({ name }) => essentialName(name)));
  return local.values.every(({ name }) => names.has(essentialName(name)));
}

function doMembersMatch(
  local: { readonly btf: Btf; readonly type: BtfComposite },
  target: { readonly btf: Btf; readonly type: BtfComposite },
  limit: StepLimit,
  depth: number,
): boolean {
  if (local.type.members.length > target.type.members.length) return false;
  return local.type.members.every((member) =>
    target.type.members.some((other) => {
      limit.step();
      return (
        doNamesMatch(member.name, other.name) &&
        doTypesMatch(
          { btf: local.btf, id: member.typeId },
          { btf: target.btf, id: other.typeId },
          limit,
          false,
          depth + 1,
        )
      );
    }),
  );
}
