// An object of a thousand types, made here: its bindings are as long as the rest of the golden files together.
import { BtfBuilder } from "bpf-loader/btf";
import { SectionType, writeElf } from "bpf-loader/elf";

export const TYPES = 1000;

export function thousandTypes() {
  const btf = new BtfBuilder();
  const u8 = btf.add(integer("__u8", 1));
  const u32 = btf.add(integer("__u32", 4));
  const u64 = btf.add(integer("__u64", 8));
  const comm = btf.add({ kind: "array", elementTypeId: u8, indexTypeId: u32, length: 16 });
  const names = [];
  let previous = u32;
  for (let index = 0; index < TYPES; index++) {
    const name = `type_${index}`;
    names.push(name);
    switch (index % 4) {
      case 0: {
        const values = ["NONE", "SOME", "ALL"].map((value, number) => ({ name: `${value}_${index}`, value: number }));
        previous = btf.add({ kind: "enum", name, size: 4, signed: false, values });
        break;
      }
      case 1:
        previous = btf.add(
          struct(name, 32, [
            ["kind", previous, 0],
            ["flags", u32, 4],
            ["time", u64, 8],
            ["comm", comm, 16],
          ]),
        );
        break;
      case 2:
        previous = btf.add(
          struct(name, 48, [
            ["id", u64, 0],
            ["event", previous, 8],
            ["low", u32, 40, 3],
            ["high", u32, 40, 29, 3],
          ]),
        );
        break;
      default:
        previous = btf.add({ kind: "typedef", name, typeId: previous });
    }
  }
  const section = {
    name: ".BTF",
    type: SectionType.PROGBITS,
    flags: 0,
    align: 8,
    entrySize: 0,
    content: btf.toBytes(),
    relocations: [],
  };
  const bytes = writeElf({ littleEndian: true, sections: [section], symbols: [] });
  return { bytes, options: { file: "thousand-types.bpf.o", types: names, embed: "none" } };
}

function integer(name, size) {
  return { kind: "int", name, size, signed: false, char: false, bool: false, bits: size * 8, bitOffset: 0 };
}

/** @param members name, type, byte, and of a bitfield its width and its first bit in the byte */
function struct(name, size, members) {
  return {
    kind: "struct",
    name,
    size,
    members: members.map(([member, typeId, offset, bitSize = 0, bit = 0]) => ({
      name: member,
      typeId,
      bitOffset: offset * 8 + bit,
      bitSize,
    })),
  };
}
