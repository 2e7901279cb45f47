import { describe, expect, it } from "vitest";
import { clang, compile, whyNoClang } from "../../../../test/btf/clang.ts";
import { btfOf } from "../../../../test/btf/open-fixture.ts";
import { blobOf } from "../../../../test/btf/blob.ts";
import { ElfFile } from "../elf/index.ts";
import { Btf, formatLayout, layoutOf } from "./index.ts";
import { processorTime } from "../../../../test/processor-time.ts";

const NO_FRAME = { guard: "", preserveAccessIndex: false } as const;

/** Types as a compiler reads them from the header of `btf`. */
function compiled(btf: Btf, names: readonly string[]): Btf {
  const uses = names.map((name, index) => `${name} *use${index};`).join("\n");
  const source = `${btf.toC({ layoutAssertions: true })}\n${uses}\n`;
  const object = ElfFile.parse(compile(source, btf.littleEndian ? "bpf" : "bpfeb"));
  return Btf.parse(object.section(".BTF")?.data ?? new Uint8Array());
}

/** Members with their places, without ids. */
function shape(btf: Btf, name: string, kind: "struct" | "union"): unknown {
  const type = btf.type(btf.find(name, kind) ?? 0);
  if (type.kind !== kind) return undefined;
  return {
    size: type.size,
    members: type.members.map((member) => ({
      name: member.name,
      bitOffset: member.bitOffset,
      bitSize: member.bitSize,
      type: btf.typeName(member.typeId),
    })),
  };
}

it.for(["kinds.el.o", "kinds.eb.o"])("what is printed of %s compiles to the same types", (name, context) => {
  context.skip(clang === undefined, whyNoClang);
  const btf = btfOf(name);
  const again = compiled(btf, ["struct every", "enum wide"]);
  for (const struct of ["every", "packed"])
    expect(shape(again, struct, "struct")).toEqual(shape(btf, struct, "struct"));
  for (const name of ["small", "negative", "wide", "wide_negative"]) {
    const values = (from: Btf): unknown => {
      const type = from.type(from.findAll(name)[0] ?? 0);
      return "values" in type ? { size: type.size, values: type.values } : undefined;
    };
    expect(values(again)).toEqual(values(btf));
  }
});

it.for(["core-local.el.o", "core-target.el.o", "core-target.eb.o"])(
  "%s compiles to the sizes that BTF says",
  (name, context) => {
    context.skip(clang === undefined, whyNoClang);
    const btf = btfOf(name);
    compile(btf.toC({ layoutAssertions: true }), btf.littleEndian ? "bpf" : "bpfeb");
  },
);

/** Layouts that BTF has only by their offsets. */
const LAYOUTS = `
struct aligned { char a; int b __attribute__((aligned(64))); };
struct tail { long a; char b; } __attribute__((aligned(32)));
struct inner { int a; long b; } __attribute__((packed));
struct outer { char a; struct inner b; short c; };
struct bits { char a : 3; char b : 7; int : 0; unsigned c : 31; unsigned d : 2; long e : 60; _Bool f : 1; };
struct packed_bits { char a; int b : 20; long c : 50; int d; } __attribute__((packed));
struct gaps { char a; int : 9; int b : 4; char c; int : 32; char d; long : 64; short e; char f; };
struct only { char a[3]; } __attribute__((aligned(256)));
union large { char a; int b : 5; } __attribute__((aligned(16)));
struct holds { union large a; char b; struct only c; struct bits d; };
struct anonymous { int a; const struct { char b; union { short c; long d : 33; }; }; enum { ONE, TWO } e; enum { THREE } f; };
struct self { struct self *next; int (*call)(struct self *, struct later *, union also *); struct { struct later *p; } q; };
struct later { struct self a; int (*(*table)[4])(const char *const, ...); char *restrict *const volatile text[3]; };
union also { struct later a; unsigned __int128 b; double c; };
enum __attribute__((packed)) tiny { TINY = 255 };
struct enums { enum tiny a; enum tiny b : 4; enum wide { WIDE = 1LL << 40 } c; };
struct flexible { int count; struct self items[]; };
struct empty {};
struct with_empty { struct empty a; char b; };
typedef struct { int x; } unnamed, *pointer_to_unnamed;
typedef int matrix[2][3];
typedef int function(unnamed *, matrix *);
struct uses { pointer_to_unnamed a; matrix b; function *c; unnamed d[2]; };
struct aligned use0; struct tail use1; struct outer use2; struct bits use3; struct packed_bits use4; struct gaps use5;
struct holds use6; struct anonymous use7; struct later use8; union also use9; struct enums use10; struct flexible *use11;
struct with_empty use12; struct uses use13;
`;

describe("layouts of compilers", () => {
  it.for(["bpf", "bpfeb"] as const)("are the same again, for %s", (target, context) => {
    context.skip(clang === undefined, whyNoClang);
    const object = ElfFile.parse(
      compile(LAYOUTS.replace("struct self {", "union also; struct later; struct self {"), target),
    );
    const btf = Btf.parse(object.section(".BTF")?.data ?? new Uint8Array());
    const structs: string[] = [];
    const names = new Set<string>();
    for (let id = 1; id < btf.typeCount; id++) {
      const type = btf.type(id);
      if ((type.kind !== "struct" && type.kind !== "union") || type.name === "") continue;
      structs.push(`${type.kind} ${type.name}`);
      names.add(type.name);
    }
    expect(names.size).toBeGreaterThan(15);
    const again = compiled(btf, structs);
    for (const struct of structs) {
      const [kind, name] = struct.split(" ");
      const key = kind === "union" ? "union" : "struct";
      const { size, members } = shape(btf, name ?? "", key) as { size: number; members: { name: string }[] };
      const found = shape(again, name ?? "", key) as { size: number; members: { name: string }[] };
      // padding that had to be spelled as a member
      const own = found.members.filter(({ name: member }) => !member.startsWith("__padding"));
      expect({ size: found.size, members: own }, struct).toEqual({ size, members });
    }
  });
});

/** int, void and kinds by number, for hand-made types. */
const INT = [1, 1 << 24, 4, (1 << 24) | 32];
const STRUCT = 4 << 24;
const UNION = 5 << 24;
const ENUM = 6 << 24;
const TYPEDEF = 8 << 24;

describe("names", () => {
  it("that C has other uses for, or that are no identifiers, come out inert", (context) => {
    const names = [
      "int",
      "struct",
      'x"; system("id',
      "a\nb",
      "*/ int main() {}",
      "core::Option<T>",
      "1st",
      "typeof",
      "__builtin_va_list",
      "é\u202e",
      "#define x",
      "x\\",
    ];
    let offset = 5;
    const offsets = names.map((name) => {
      const at = offset;
      offset += new TextEncoder().encode(name).length + 1;
      return at;
    });
    const types = offsets.flatMap((at) => [at, STRUCT | 1, 4, at, 1, 0, at, TYPEDEF, 1, at, ENUM | 1, 4, at, 7]);
    const btf = blobOf([...INT, ...types], `\0int\0${names.join("\0")}\0`);
    const text = btf.toC(NO_FRAME);
    expect(text).toMatch(/^[\x20-\x7e\n\t]*$/);
    expect(text).not.toMatch(/system\(|main\(|#define|Option<|"/);
    context.skip(clang === undefined, whyNoClang);
    compile(btf.toC({ layoutAssertions: true }));
  });

  it("of several types get numbers", () => {
    const btf = blobOf(
      [...INT, 5, STRUCT | 1, 4, 7, 1, 0, 5, STRUCT, 0, 5, TYPEDEF, 2, 5, TYPEDEF, 3, 0, ENUM | 1, 4, 5, 1],
      "\0int\0x\0m\0",
    );
    expect(btf.toC(NO_FRAME)).toMatchInlineSnapshot(`
      "struct x {
      	int m;
      };

      struct x___2 {};

      typedef struct x x;

      typedef struct x___2 x___2;

      enum {
      	x___3 = 1,
      };

      "
    `);
  });

  it("of tags can't leave their string", () => {
    const btf = blobOf([...INT, 5, 18 << 24, 1, 0, 2 << 24, 2, 1, TYPEDEF, 3], '\0int\0a"))) x; int y = f(("\0');
    const text = btf.toC(NO_FRAME);
    expect(text).toContain('btf_type_tag("a\\042))) x; int y = f((\\042")');
  });
});

describe("what C can't express", () => {
  it("is bytes, where members overlap", () => {
    const btf = blobOf([...INT, 5, STRUCT | 2, 8, 7, 1, 0, 9, 1, 16], "\0int\0x\0a\0b\0");
    expect(btf.toC(NO_FRAME)).toBe("struct x {\n\tunsigned char __padding[8];\n};\n\n");
  });

  it("is bytes, where BTF does not say what a member is", (context) => {
    // _Atomic int, const _Atomic long, a union's, and arrays of such.
    const names = "\0int\0x\0a\0b\0c\0";
    const [x, a, b, c] = [5, 7, 9, 11];
    const [ARRAY, CONST] = [3 << 24, 10 << 24];
    const [constant, array, inner] = [2, 3, 4];
    const types = [
      INT,
      [0, CONST, 0],
      [0, ARRAY, 0, 0, 1, 3],
      [a, UNION | 2, 8, a, 0, 0, b, 1, 0],
      [x, STRUCT | 5, 48, a, 1, 0, b, 0, 32, c, constant, 64, 0, array, 128, x, inner, 256],
    ];
    const btf = blobOf(types.flat(), names);
    const text = btf.toC({ ...NO_FRAME, layoutAssertions: true });
    expect(text).toContain("union a {\n\tunsigned char a[8];\n\tint b;\n};");
    expect(text).toContain(
      "struct x {\n\tint a;\n\tunsigned char b[4];\n\tunsigned char c[8];\n\tunsigned char __padding[16];\n\tunion a x;\n",
    );
    expect(formatLayout(layoutOf(btf, btf.find("x") ?? 0))).toContain("/*      4      4 */");
    expect(btf.alignOf(btf.find("x") ?? 0)).toBe(4);
    context.skip(clang === undefined, whyNoClang);
    compile(text);
  });

  it("is refused, where types contain themselves", () => {
    expect(() => blobOf([1, STRUCT | 1, 8, 1, 1, 0], "\0x\0").toC()).toThrow(/contains itself|needs itself/);
    expect(() => blobOf([1, TYPEDEF, 1], "\0x\0").toC()).toThrow(/itself/);
  });

  it("is refused, where it nests in too many ways", () => {
    const levels = 60;
    const types = Array.from({ length: levels }, (_, index) => [
      0,
      UNION | 2,
      8,
      1,
      index + 2,
      0,
      1,
      index + 2,
      0,
    ]).flat();
    const start = processorTime();
    const btf = blobOf([...types, 1, STRUCT, 8, 1, TYPEDEF, 1], "\0x\0");
    expect(() => btf.toC()).toThrow(/too many ways|nests too deep|contains itself/);
    expect(processorTime() - start).toBeLessThan(2000);
  });
});

it("has no attribute for structs where there are none: clang would complain", (context) => {
  const btf = btfOf("kinds.el.o");
  const text = btf.toC({ types: [btf.find("small", "enum") ?? 0] });
  expect(text).not.toContain("preserve_access_index");
  expect(text).toMatch(/^#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n\nenum small \{/);
  context.skip(clang === undefined, whyNoClang);
  compile(text);
});

it("prints only what is asked for, with what it needs", () => {
  const btf = btfOf("kinds.el.o");
  const packed = btf.find("packed", "struct") ?? 0;
  expect(btf.toC({ ...NO_FRAME, types: [packed] })).toBe(
    "typedef unsigned char u8;\n\ntypedef unsigned long long u64;\n\n" +
      "struct packed {\n\tu8 one;\n\tu64 eight;\n} __attribute__((packed));\n\n",
  );
});
