import type { Codec } from "../codec/index.ts";
import { NotSupportedError, ObjectFormatError } from "../errors/index.ts";
import type { ArgumentPlace } from "./usdt-syntax.ts";
import type { UsdtArgument } from "./usdt-arguments.ts";

/** `enum __bpf_usdt_arg_type` of libbpf's usdt.bpf.h. */
const PlaceType = { constant: 0, register: 1, memory: 2, indexed: 3 } as const satisfies Record<
  ArgumentPlace["kind"],
  number
>;

/** What every version of the two structures has. */
const specFields = ["args", "usdt_cookie", "arg_cnt"];
const argumentFields = ["val_off", "arg_type", "reg_off", "arg_signed", "arg_bitshift"];
/** Since libbpf 1.7, which made each argument larger by 8 bytes. */
const indexFields = ["idx_reg_off", "scale_bitshift"];

type Fields = Record<string, unknown>;

/**
 * Writes `struct __bpf_usdt_spec` of libbpf's usdt.bpf.h: where the arguments of a probe are. Its layout differs between
 * versions, so that it is taken from the object, which was compiled with one of them.
 */
export class UsdtSpecWriter {
  readonly #codec: Codec<unknown>;
  readonly #argumentCount: number;
  readonly #indexed: boolean;

  /**
   * @param codec of the values of the map `__bpf_usdt_specs`.
   * @throws ObjectFormatError when that is another struct.
   */
  constructor(codec: Codec<unknown>) {
    this.#codec = codec;
    const list = this.#blank()["args"];
    const first: unknown = Array.isArray(list) ? list[0] : undefined;
    if (!Array.isArray(list) || !hasAll(this.#blank(), specFields) || !hasAll(first, argumentFields)) {
      throw new ObjectFormatError(
        `the values of map "__bpf_usdt_specs", ${codec.name}, are not of the struct that libbpf's usdt.bpf.h defines`,
      );
    }
    this.#argumentCount = list.length;
    this.#indexed = hasAll(first, indexFields);
  }

  /**
   * A value of the map.
   *
   * @throws NotSupportedError for more arguments than fit, and places that the object's version does not know.
   */
  write(places: readonly UsdtArgument[], cookie: bigint): Uint8Array {
    if (places.length > this.#argumentCount) {
      throw new NotSupportedError(
        "more arguments of a USDT probe",
        undefined,
        `the probe has ${places.length} arguments, and the object has room for ${this.#argumentCount}`,
      );
    }
    const spec = this.#blank();
    const blanks = spec["args"];
    if (!Array.isArray(blanks)) throw new TypeError("args was an array before");
    // Of structs, as the constructor saw; each read makes new ones.
    places.forEach((place, index) => Object.assign(blanks[index] as Fields, this.#fields(place, index)));
    spec["usdt_cookie"] = cookie;
    spec["arg_cnt"] = places.length;
    const bytes = new Uint8Array(this.#codec.size);
    this.#codec.write(new DataView(bytes.buffer), 0, spec);
    return bytes;
  }

  /** All members, as zero. */
  #blank(): Fields {
    const zeros = new DataView(new ArrayBuffer(this.#codec.size));
    const value = this.#codec.read(zeros, 0);
    // The codec of a struct reads an object; of anything else nothing below is found.
    return typeof value === "object" && value !== null ? (value as Fields) : {};
  }

  #fields({ place, size, signed }: UsdtArgument, index: number): Fields {
    const common = { arg_type: PlaceType[place.kind], arg_signed: signed, arg_bitshift: 64 - size * 8 };
    switch (place.kind) {
      case "constant":
        return { ...common, val_off: BigInt.asUintN(64, place.value) };
      case "register":
        return { ...common, reg_off: place.register };
      case "memory":
        return { ...common, reg_off: place.register, val_off: BigInt.asUintN(64, place.offset) };
      case "indexed":
        if (!this.#indexed) {
          throw new NotSupportedError(
            "indexed arguments of USDT probes",
            undefined,
            `argument ${index} is in an array, at an index in a register; an object reads such since libbpf 1.7: compile it with that version's usdt.bpf.h`,
          );
        }
        return {
          ...common,
          reg_off: place.register,
          val_off: BigInt.asUintN(64, place.offset),
          idx_reg_off: place.index,
          scale_bitshift: place.shift,
        };
    }
  }
}

function hasAll(value: unknown, names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && names.every((name) => Object.hasOwn(value, name));
}
