import type { Btf } from "../btf/index.ts";
import { codecFromBtf, formatValue } from "../codec/index.ts";
import { CommandError } from "./errors.ts";
import { hexDigits, type Json } from "./json-text.ts";
import { bytesOfJson, valueOfJson } from "./json-value.ts";

/** What the bytes of a map's keys or values mean. */
export interface ElementType {
  readonly size: number;
  /** As data. */
  readonly toJson: (bytes: Uint8Array) => Json;
  /** As C would write it; on one line, or a line for each member. */
  readonly toText: (bytes: Uint8Array, layout: "one" | "lines") => string;
  /**
   * The bytes of a value as {@link toJson} gives it. `present` gives what is there now, for types of which a part can be given.
   *
   * @throws CommandError or CodecError when it does not fit
   */
  readonly fromJson: (json: Json, present?: () => Uint8Array | undefined) => Uint8Array;
  /** True: values are named, by a string, and not written as JSON or bytes. */
  readonly isName?: boolean;
}

/** A type of C, by its BTF. */
export function typedElement(btf: Btf, typeId: number): ElementType {
  const codec = codecFromBtf(btf, typeId);
  return {
    size: codec.size,
    // Codecs made from BTF read nothing but numbers, bigints, booleans, strings, bytes, and arrays and objects of these.
    toJson: (bytes) => codec.read(viewOf(bytes), 0) as Json,
    toText: (bytes, layout) => formatValue(btf, typeId, bytes, { layout }),
    fromJson: (json) => {
      const bytes = new Uint8Array(codec.size);
      const view = viewOf(bytes);
      // What a value of zeros looks like tells bigints from numbers, and bytes from strings.
      codec.write(view, 0, valueOfJson(json, codec.read(view, 0) as Json));
      return bytes;
    },
  };
}

/** The variables of `.data`, `.bss` or `.rodata`, which are the one value of their map. */
export function variablesElement(btf: Btf, typeId: number, size: number): ElementType | undefined {
  const section = btf.type(typeId);
  if (section.kind !== "dataSection") return undefined;
  const variables = section.entries.flatMap(({ typeId: variableId, offset, size: bytes }) => {
    const variable = btf.type(variableId);
    if (variable.kind !== "variable" || offset + bytes > size) return [];
    return [{ name: variable.name, offset, type: typedElement(btf, variable.typeId) }];
  });
  const part = (bytes: Uint8Array, offset: number, type: ElementType): Uint8Array =>
    bytes.subarray(offset, offset + type.size);
  return {
    size,
    toJson: (bytes) =>
      Object.fromEntries(variables.map(({ name, offset, type }) => [name, type.toJson(part(bytes, offset, type))])),
    toText: (bytes, layout) => {
      const texts = variables.map(
        ({ name, offset, type }) => `${name} = ${type.toText(part(bytes, offset, type), layout)}`,
      );
      return layout === "one" ? `{ ${texts.join(", ")} }` : texts.join("\n");
    },
    fromJson: (json, present) => {
      const bytes = present?.()?.slice() ?? new Uint8Array(size);
      if (typeof json !== "object" || json === null || Array.isArray(json) || json instanceof Uint8Array) {
        throw new CommandError('variables are given by their names: {"limit": 10}');
      }
      for (const [name, value] of Object.entries(json)) {
        const variable = variables.find((each) => each.name === name);
        if (variable === undefined) {
          throw new CommandError(
            `there is no variable ${name}; there ${variables.length === 1 ? "is" : "are"} ${variables.map((each) => each.name).join(", ")}`,
          );
        }
        bytes.set(variable.type.fromJson(value), variable.offset);
      }
      return bytes;
    },
  };
}

/** Bytes of which nothing is known. */
export function bytesElement(size: number): ElementType {
  return {
    size,
    toJson: (bytes) => hexDigits(bytes),
    toText: (bytes) => hexDigits(bytes).replaceAll(/..(?!$)/g, "$& "),
    fromJson: (json) => bytesOfJson(json, size),
  };
}

/** The index of an array. */
export function indexElement(): ElementType {
  return {
    size: 4,
    toJson: indexOf,
    toText: (bytes) => String(indexOf(bytes)),
    fromJson: (json) => {
      if (typeof json !== "number" || json < 0 || json > 0xffff_ffff || !Number.isInteger(json)) {
        throw new CommandError("the key of an array is an index: 0");
      }
      return new Uint8Array(Uint32Array.of(json).buffer);
    },
  };
}

/** Another object of the kernel, which is given as `open` takes it. Its descriptor is what is written, and its id what is read. */
export function objectElement(kind: "map" | "program", open: (target: string) => number): ElementType {
  return {
    size: 4,
    isName: true,
    toJson: indexOf,
    toText: (bytes) => `${kind} ${indexOf(bytes)}`,
    fromJson: (json) => {
      if (typeof json !== "string") throw new CommandError(`it is the id, pin or name of a ${kind}`);
      return new Uint8Array(Uint32Array.of(open(json)).buffer);
    },
  };
}

/** A value for each CPU, each at a multiple of 8 bytes. */
export function perCpuElement(one: ElementType, cpus: number): ElementType {
  const stride = Math.ceil(one.size / 8) * 8;
  const each = (bytes: Uint8Array): readonly Uint8Array[] =>
    Array.from({ length: cpus }, (_, cpu) => bytes.subarray(cpu * stride, cpu * stride + one.size));
  return {
    size: stride * cpus,
    toJson: (bytes) => each(bytes).map(one.toJson),
    toText: (bytes, layout) => {
      const texts = each(bytes).map((value, cpu) => `CPU ${cpu}: ${one.toText(value, layout)}`);
      return layout === "one" ? texts.join(", ") : texts.join("\n");
    },
    fromJson: (json) => {
      if (!Array.isArray(json) || json.length !== cpus) {
        throw new CommandError(`the value is a list of ${cpus} values, one for each CPU`);
      }
      const bytes = new Uint8Array(stride * cpus);
      json.forEach((value: Json, cpu) => bytes.set(one.fromJson(value), cpu * stride));
      return bytes;
    },
  };
}

/** In the machine's byte order. */
function indexOf(bytes: Uint8Array): number {
  return new Uint32Array(bytes.slice(0, 4).buffer)[0] ?? 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
