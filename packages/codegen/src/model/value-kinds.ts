import type { TypeShape } from "bpf-loader/codec";
import type { BrandModel, ValueModel } from "./object-model.ts";
import type { RuntimeName } from "./runtime-names.ts";

/** A value that the runtime has a type, and where needed a codec, for: what a rule can ask for by name. */
export interface KnownValue {
  /** C types that it fits, for messages. */
  readonly fits: string;
  /** @returns `undefined` for a type that it does not fit. */
  readonly of: (shape: TypeShape) => ValueModel | undefined;
}

/** What `as` of a rule can say. Other names, with a capital, are the user's own. */
export const knownValues: ReadonlyMap<string, KnownValue> = new Map<string, KnownValue>([
  [
    "number",
    {
      fits: "an integer",
      of: (shape) => {
        if (shape.kind !== "int") return undefined;
        const { size, signed } = shape;
        return size === 8 ? { kind: "int", size, signed, checked: true } : { kind: "int", size, signed };
      },
    },
  ],
  ["bigint", { fits: "an integer of 64 bits", of: (shape) => integer(shape, 8) }],
  [
    "string",
    {
      fits: "an array of characters or bytes",
      of: (shape) => (isText(shape) ? { kind: "string", size: shape.size } : undefined),
    },
  ],
  [
    "bytes",
    {
      fits: "any type",
      of: ({ size, align, typeName }) => ({ kind: "bytes", size, align, cName: typeName }),
    },
  ],
  ["Nanoseconds", { fits: "an integer of 64 bits", of: (shape) => branded("Nanoseconds", integer(shape, 8)) }],
  ["Pid", { fits: "an integer of 32 bits", of: (shape) => branded("Pid", integer(shape, 4)) }],
  ["Ifindex", { fits: "an integer of 32 bits", of: (shape) => branded("Ifindex", integer(shape, 4)) }],
  ["Be16", { fits: "an integer of 16 bits", of: (shape) => bigEndian("Be16", integer(shape, 2)) }],
  ["Be32", { fits: "an integer of 32 bits", of: (shape) => bigEndian("Be32", integer(shape, 4)) }],
  ["Be64", { fits: "an integer of 64 bits", of: (shape) => bigEndian("Be64", integer(shape, 8)) }],
  ["Ipv4", { fits: "4 bytes in network order", of: (shape) => address("Ipv4", 4, shape) }],
  ["Ipv6", { fits: "16 bytes in network order", of: (shape) => address("Ipv6", 16, shape) }],
  ["Mac", { fits: "6 bytes", of: (shape) => address("Mac", 6, shape) }],
]);

/** The name of a user's own brand: a type is called as it says. */
export function isBrandName(name: string): boolean {
  return /^[A-Z][A-Za-z0-9_$]{0,119}$/.test(name);
}

/** What a brand of the value is of. */
export function baseOf(value: ValueModel): BrandModel["base"] {
  switch (value.kind) {
    case "int":
      return value.size === 8 && value.checked !== true ? "bigint" : "number";
    case "pointer":
      return "Pointer";
    case "float":
      return "number";
    default:
      return "string";
  }
}

/** @returns the value as a rule wants it; `undefined` when the type can't be that, or only its elements can. */
export function valueAs(shape: TypeShape, as: string): ValueModel | undefined {
  const known = knownValues.get(as);
  return known === undefined ? branded(as, ownBase(shape)) : known.of(shape);
}

/** What a user's own brand can be of. */
function ownBase(shape: TypeShape): ValueModel | undefined {
  switch (shape.kind) {
    case "int":
      return { kind: "int", size: shape.size, signed: shape.signed };
    case "float":
    case "string":
    case "pointer":
      return { kind: shape.kind, size: shape.size };
    default:
      return undefined;
  }
}

function integer(shape: TypeShape, size: number): (ValueModel & { readonly kind: "int" }) | undefined {
  if (shape.kind !== "int" || shape.size !== size) return undefined;
  return { kind: "int", size, signed: shape.signed };
}

function isText(shape: TypeShape): boolean {
  return shape.kind === "string" || (shape.kind === "bytes" && shape.align === 1);
}

function branded(brand: string, value: ValueModel | undefined): ValueModel | undefined {
  return value === undefined ? undefined : { ...value, brand };
}

function bigEndian(brand: string, value: (ValueModel & { readonly kind: "int" }) | undefined): ValueModel | undefined {
  return value === undefined ? undefined : { ...value, brand, signed: false, order: "big" };
}

const WITH_ADDRESSES: ReadonlySet<TypeShape["kind"]> = new Set(["int", "bytes", "string", "array", "struct", "union"]);

function address(
  codec: RuntimeName & ("Ipv4" | "Ipv6" | "Mac"),
  size: number,
  shape: TypeShape,
): ValueModel | undefined {
  return shape.size === size && WITH_ADDRESSES.has(shape.kind) ? { kind: "address", size, codec } : undefined;
}
