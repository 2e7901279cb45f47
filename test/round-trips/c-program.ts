import { declare, PREAMBLE } from "./c-types.ts";
import type { Composite } from "./c-types.ts";
import { isChosen, leavesOf } from "./leaves.ts";
import type { Leaf } from "./leaves.ts";

/** How many ways of choosing members of unions are tried. */
export const VARIANTS = 3;

/** The types and a use of each, to be compiled for BPF. */
export function bpfSource(structs: readonly Composite[]): string {
  const uses = structs.map(({ keyword, tag = "" }) => `const ${keyword} ${tag} *unused_${tag};\n`);
  return `#define POINTER void *\n${PREAMBLE}${declare(structs)}${uses.join("")}`;
}

/**
 * A program for this machine that gives every leaf of every struct a random value, `cases` times, and prints for each a line with the
 * bytes, one for each leaf, one with the bytes of a struct that these leaves were assigned to, and some with those of one that
 * only one member of each union was assigned to.
 *
 * @param bigEndian the compiler is GCC, which has structs in the other byte order; it has no pointers in that order
 */
export function hostSource(structs: readonly Composite[], cases: number, seed: number, bigEndian: boolean): string {
  const order = bigEndian ? "#pragma scalar_storage_order big-endian\n" : "";
  return `#include <stddef.h>
#include <stdio.h>
#include <string.h>
#define POINTER ${bigEndian ? "unsigned long long" : "void *"}
${PREAMBLE}${order}${declare(structs)}${bigEndian ? "#pragma scalar_storage_order default\n" : ""}
static unsigned long long state = ${BigInt(seed) * 2n + 1n}ULL;

/* Small numbers, and those of few bits, are as frequent as others. */
static unsigned long long any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	unsigned long long mixed = state * 0x2545f4914f6cdd1dULL;
	return mixed >> (mixed & 7) * 8;
}

static void bytes_of(const char *label, const void *from, size_t size)
{
	printf("%s ", label);
	for (size_t i = 0; i < size; i++)
		printf("%02x", ((const unsigned char *)from)[i]);
	printf("\\n");
}

${structs.map((composite) => checkFunction(composite)).join("\n")}
int main(void)
{
	for (int i = 0; i < ${cases}; i++) {
${structs.map(({ tag = "" }) => `\t\tcheck_${tag}();`).join("\n")}
	}
	return 0;
}
`;
}

function checkFunction(composite: Composite): string {
  const { keyword, tag = "" } = composite;
  const type = `${keyword} ${tag}`;
  const leaves = leavesOf(composite);
  const floats = leaves.filter(({ type: { kind } }) => kind === "float" || kind === "double");
  const isNumber = floats.map(({ path }) => `in${path} == in${path}`).join(" && ") || "1";
  const lines = [
    `static void check_${tag}(void)`,
    "{",
    `${type} in, out;`,
    "do {",
    "for (size_t i = 0; i < sizeof(in); i++)",
    "((unsigned char *)&in)[i] = any();",
    ...leaves.map(fill),
    `} while (!(${isNumber}));`,
    `bytes_of("in", &in, sizeof(in));`,
    ...leaves.map((leaf) => print(leaf, type)),
    "memset(&out, 0, sizeof(out));",
    ...leaves.map(assign),
    'bytes_of("out", &out, sizeof(out));',
  ];
  for (let variant = 0; variant < VARIANTS; variant++) {
    lines.push("memset(&out, 0, sizeof(out));");
    lines.push(...leaves.filter((leaf) => isChosen(leaf, variant)).map(assign));
    lines.push('bytes_of("one", &out, sizeof(out));');
  }
  return `${lines.join("\n\t")}\n}\n`;
}

/** Text ends before its array does, and has nothing behind its end. */
function fill({ path, type }: Leaf): string {
  switch (type.kind) {
    case "text":
      return `for (unsigned i = 0, end = any() % ${type.length}; i < ${type.length}; i++) in${path}[i] = i < end ? 'a' + any() % 26 : 0;`;
    case "int128":
      return `in${path} = (__int128)any() << 64 | any();`;
    case "bool":
      return `in${path} = any() & 1;`;
    case "pointer":
      return `in${path} = (POINTER)any();`;
    case "float":
    case "double":
      return `in${path} = (${type.kind})(long long)any() / 3;`;
    case "int":
    case "enum":
      return `in${path} = any();`;
  }
}

function assign({ path, type }: Leaf): string {
  if (type.kind !== "text") return `out${path} = in${path};`;
  return `for (unsigned i = 0; i < ${type.length}; i++) out${path}[i] = in${path}[i];`;
}

function print(leaf: Leaf, struct: string): string {
  const { path, type } = leaf;
  switch (type.kind) {
    case "text":
      return `printf("%.*s\\n", ${type.length}, in${path});`;
    case "int128":
      return `bytes_of("", (char *)&in + offsetof(${struct}, ${path.slice(1)}), 16);`;
    case "float":
    case "double":
      return `{ ${type.kind} value = in${path}; bytes_of("", &value, sizeof(value)); }`;
    case "bool":
      return `printf("%d\\n", in${path});`;
    case "pointer":
      return `printf("%llu\\n", (unsigned long long)in${path});`;
    case "int":
    case "enum":
      return `printf("%ll${type.signed ? "d" : "u"}\\n", (${type.signed ? "" : "unsigned "}long long)in${path});`;
  }
}
