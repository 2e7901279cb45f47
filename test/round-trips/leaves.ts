import type { Composite, CType, Member } from "./c-types.ts";

/** A part of a struct that has a value of its own. */
export interface Leaf {
  /** In C, and with the same names in generated code: `.m0.m3[1]`. */
  readonly path: string;
  readonly type: Exclude<CType, { kind: "array" | "composite" }>;
  readonly bits: number | undefined;
  /** Unions that it is in, and which member of them. */
  readonly choices: readonly Choice[];
}

/** One member of a union. */
export interface Choice {
  readonly union: Composite;
  readonly member: number;
}

/** All leaves, in order of declaration. */
export function leavesOf(composite: Composite, path = "", choices: readonly Choice[] = []): readonly Leaf[] {
  return composite.members.flatMap((member, index) => {
    if (member.flexible) return [];
    const here = composite.keyword === "union" ? [...choices, { union: composite, member: index }] : choices;
    return leavesOfType(member.type, member.bits, pathOf(path, member), here);
  });
}

/** Of a member without a name, that of what is around it. */
const pathOf = (path: string, { name }: Member): string => (name === undefined ? path : `${path}.${name}`);

function leavesOfType(
  type: CType,
  bits: number | undefined,
  path: string,
  choices: readonly Choice[],
): readonly Leaf[] {
  switch (type.kind) {
    case "composite":
      return leavesOf(type.composite, path, choices);
    case "array":
      return Array.from({ length: type.length }, (_, index) =>
        leavesOfType(type.of, undefined, `${path}[${index}]`, choices),
      ).flat();
    default:
      return [{ path, type, bits, choices }];
  }
}

/** The member of a union that a variant is about. */
const chosenMember = (union: Composite, variant: number): number => variant % union.members.length;

/** Whether a leaf is there when each union has one member. */
export function isChosen({ choices }: Leaf, variant: number): boolean {
  return choices.every(({ union, member }) => chosenMember(union, variant) === member);
}

/** A value of generated code without the members of unions that a variant is not about. */
export function choose(composite: Composite, value: unknown, variant: number): Record<string, unknown> {
  const object = value as Readonly<Record<string, unknown>>;
  const kept: Record<string, unknown> = {};
  for (const [index, { name, type, flexible }] of composite.members.entries()) {
    if (composite.keyword === "union" && chosenMember(composite, variant) !== index) continue;
    if (name !== undefined) kept[name] = flexible ? object[name] : chooseIn(type, object[name], variant);
    else if (type.kind === "composite") Object.assign(kept, choose(type.composite, object, variant));
  }
  return kept;
}

function chooseIn(type: CType, value: unknown, variant: number): unknown {
  if (type.kind === "composite") return choose(type.composite, value, variant);
  // Arrays of bytes are no lists.
  if (type.kind !== "array" || !Array.isArray(value)) return value;
  return value.map((element: unknown) => chooseIn(type.of, element, variant));
}

/** Value of a leaf of generated code, as the program in C prints it. */
export function show({ path, type }: Leaf, value: unknown): string {
  let part = value;
  for (const [, name, index] of path.matchAll(/\.(\w+)|\[(\d+)\]/g)) {
    part = (part as Readonly<Record<string, unknown>>)[name ?? index ?? ""];
  }
  switch (type.kind) {
    case "bool":
      return part === true ? "1" : part === false ? "0" : `not a boolean: ${String(part)}`;
    case "float":
      return hex(new Uint8Array(Float32Array.of(Number(part)).buffer));
    case "double":
      return hex(new Uint8Array(Float64Array.of(Number(part)).buffer));
    case "text":
    case "int":
    case "enum":
    case "pointer":
      return String(part);
    case "int128":
      return part instanceof Uint8Array ? hex(part) : `not bytes: ${String(part)}`;
  }
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
