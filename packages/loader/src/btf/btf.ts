import { ObjectFormatError } from "../errors/index.ts";
import type { BtfKind, BtfType, TypeId } from "./types.ts";

/** Types of an object or a kernel. */
export class Btf {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Types including `void` and those of the base. */
  readonly typeCount: number;

  private constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.littleEndian = true;
    this.typeCount = 1;
  }

  static parse(bytes: Uint8Array, base?: Btf): Btf {
    void base;
    return new Btf(bytes);
  }

  type(id: TypeId): BtfType {
    throw new ObjectFormatError(`no type ${id}`);
  }

  kind(id: TypeId): BtfKind {
    return this.type(id).kind;
  }

  name(id: TypeId): string {
    return this.type(id).name;
  }

  string(offset: number): string {
    return `${offset}`;
  }

  find(name: string, kind?: BtfKind): TypeId | undefined {
    void name;
    void kind;
    return undefined;
  }

  findAll(name: string): readonly TypeId[] {
    void name;
    return [];
  }

  findEssential(names: ReadonlySet<string>): ReadonlyMap<string, readonly TypeId[]> {
    void names;
    return new Map();
  }

  resolve(id: TypeId): BtfType {
    return this.type(id);
  }

  sizeOf(id: TypeId): number {
    return id;
  }

  alignOf(id: TypeId): number {
    return id;
  }

  typeName(id: TypeId): string {
    return `${id}`;
  }
}
