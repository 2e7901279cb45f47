import type { Btf, TypeId } from "../btf/index.ts";
import { CodecError, codecFromBtf, within } from "../codec/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";

/** A variable's bytes in the content of its section, and their type. */
export interface VariablePlace {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** 0 = not known. */
  readonly typeId: TypeId;
}

/**
 * The bytes of a value for a variable: encoded by its C type, or, when given as bytes of exactly its size, as they are.
 *
 * @throws BpfError `ERR_BPF_VALUE` when the value does not fit.
 */
export function encodeVariable(btf: Btf | undefined, place: VariablePlace, value: unknown): Uint8Array {
  const { name, bytes, typeId } = place;
  const raw = bytesOf(value);
  if (raw !== undefined) {
    if (raw.length === bytes.length) return raw;
    throw new CodecError([name], `${raw.length} bytes given, wanted ${bytes.length}`);
  }
  if (btf === undefined || typeId === 0) {
    throw new CodecError(
      [name],
      `its type is not known, because the object has no BTF for it; give ${bytes.length} bytes`,
    );
  }
  const encoded = new Uint8Array(bytes.length);
  const codec = codecFromBtf(btf, typeId);
  checkSize(place, codec.size);
  try {
    codec.write(viewOf(encoded), 0, value);
  } catch (error) {
    throw within(name, error);
  }
  return encoded;
}

/** The value of a variable by its C type; its bytes, as a copy, when the type isn't known. */
export function decodeVariable(btf: Btf | undefined, place: VariablePlace): unknown {
  if (btf === undefined || place.typeId === 0) return Uint8Array.from(place.bytes);
  const codec = codecFromBtf(btf, place.typeId);
  checkSize(place, codec.size);
  return codec.read(viewOf(place.bytes), 0);
}

/** A type ends in a flexible array where the variable's initial value is larger; never is it smaller. */
function checkSize(place: VariablePlace, size: number): void {
  if (size <= place.bytes.length) return;
  throw new BpfError(
    "ERR_BPF_OBJECT_FORMAT",
    `variable ${quoteName(place.name)} has ${place.bytes.length} bytes, and its type ${size}`,
  );
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
