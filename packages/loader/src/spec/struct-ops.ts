import type { Btf } from "../btf/index.ts";
import { SymbolType } from "../elf/index.ts";
import type { ElfRelocation, ElfSection } from "../elf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { MapFlag, MapType } from "../uapi/index.ts";
import type { FunctionTable } from "./functions.ts";
import { newMapSpec } from "./map-spec.ts";
import type { StructOps, StructOpsFunction } from "./map-spec.ts";
import type { LocatedMap } from "./map-table.ts";
import { sectionsOf } from "./object-file.ts";
import type { ObjectFile } from "./object-file.ts";

/** Bytes of a function pointer. */
const POINTER_BYTES = 8;

interface StructOpsMap extends LocatedMap {
  readonly structOps: StructOps;
}

/**
 * Reads what a program gives the kernel to call: each variable in `.struct_ops` and `.struct_ops.link` is a map of one
 * value, in which function pointers are programs. The value is laid out as the object's BTF says; the kernel's layout is
 * known at load only. Since Linux 5.6, `.link` since 6.4.
 */
export function readStructOpsMaps(object: ObjectFile, functions: FunctionTable): readonly LocatedMap[] {
  return sectionsOf(object, "structOps")
    .filter(({ size }) => size > 0)
    .flatMap((section) => {
      const maps = readSection(object, section);
      for (const relocation of object.elf.relocations(section)) {
        const map = maps.find(
          ({ offset, structOps }) =>
            offset <= relocation.offset && relocation.offset + POINTER_BYTES <= offset + structOps.content.length,
        );
        if (map === undefined) {
          throw new ObjectFormatError(`a reference to ${quoteName(relocation.symbol.name)} outside of any variable`, {
            section: section.name,
            offset: relocation.offset,
          });
        }
        map.structOps.functions.push(readFunctionPointer(object, functions, map, relocation));
      }
      return maps;
    });
}

function readSection(object: ObjectFile, section: ElfSection): readonly StructOpsMap[] {
  const { btf } = object;
  const described = object.described.sections.get(section.name);
  if (btf === undefined || described === undefined) {
    throw new ObjectFormatError("BTF does not describe it; compile with -g", { section: section.name });
  }
  return described.entries.map(({ typeId, offset }) => {
    const where = { section: section.name, offset };
    const variable = btf.type(typeId);
    const struct = variable.kind === "variable" ? btf.resolve(variable.typeId) : variable;
    if (struct.kind !== "struct" || struct.name === "") {
      throw new ObjectFormatError(`variable ${quoteName(variable.name)} is no struct that has a name`, where);
    }
    if (offset + struct.size > section.data.length) {
      throw new ObjectFormatError(`variable ${quoteName(variable.name)} ends behind its section`, where);
    }
    const structOps: StructOps = {
      typeId: struct.id,
      content: section.data.slice(offset, offset + struct.size),
      functions: [],
    };
    const spec = {
      ...newMapSpec(variable.name, MapType.STRUCT_OPS),
      keySize: 4,
      valueSize: struct.size,
      maxEntries: 1,
      flags: section.name.endsWith(".link") ? MapFlag.LINK : 0,
      valueTypeId: struct.id,
      autocreate: !section.name.startsWith("?"),
      structOps,
    };
    return { spec, section, offset, structOps };
  });
}

function readFunctionPointer(
  object: ObjectFile,
  functions: FunctionTable,
  map: StructOpsMap,
  relocation: ElfRelocation,
): StructOpsFunction {
  const where = { section: map.section.name, offset: relocation.offset };
  const name = quoteName(map.spec.name);
  const offset = relocation.offset - map.offset;
  if (object.btf === undefined || !isFunctionPointer(object.btf, map.structOps.typeId, offset)) {
    throw new ObjectFormatError(`map ${name}: a reference in a member that is no function pointer`, where);
  }
  const { symbol } = relocation;
  const { content } = map.structOps;
  // A static function has no symbol of its own here: the place in its section is in the pointer.
  const pointer = new DataView(content.buffer, content.byteOffset + offset, POINTER_BYTES);
  const addend = symbol.type === SymbolType.SECTION ? Number(pointer.getBigUint64(0, object.littleEndian)) : 0;
  const program = functions.startingAt(symbol.sectionIndex, symbol.value + addend);
  if (program === undefined) {
    throw new ObjectFormatError(`map ${name}: ${quoteName(symbol.name)} is no function of the object`, where);
  }
  pointer.setBigUint64(0, 0n);
  return { offset, name: program.name };
}

function isFunctionPointer(btf: Btf, structId: number, offset: number): boolean {
  const struct = btf.type(structId);
  if (struct.kind !== "struct") return false;
  const member = struct.members.find(({ bitOffset }) => bitOffset === offset * 8);
  const pointer = member === undefined ? undefined : btf.resolve(member.typeId);
  return pointer?.kind === "pointer" && btf.resolve(pointer.typeId).kind === "functionPrototype";
}
