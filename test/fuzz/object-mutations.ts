import { ElfFile } from "bpf-loader/elf";
import { hostileTexts } from "./hostile-texts.ts";
import { mutate, mutateInPlace } from "./mutations.ts";
import { choose } from "./random.ts";
import type { Random } from "./random.ts";
import { randomTypes } from "./random-types.ts";
import type { SeedObject, SeedSection } from "./seed-objects.ts";

const SECTION_HEADER = 64;
/** Of an ELF64 section header: where each field is, and how many bytes it has. */
const HEADER_FIELDS = [
  [0, 4],
  [4, 4],
  [8, 8],
  [24, 8],
  [32, 8],
  [40, 4],
  [44, 4],
  [48, 8],
  [56, 8],
] as const;
const [OFFSET_FIELD, SIZE_FIELD] = [24, 32];

/** A copy of an object with something wrong in it. */
type ObjectMutation = (seed: SeedObject, random: Random) => Uint8Array;

const anywhere: ObjectMutation = ({ bytes }, random) => mutate(bytes, { from: 0, to: bytes.length }, random);

const inSection: ObjectMutation = ({ bytes, sections }, random) => mutate(bytes, choose(random, sections), random);

const inSeveralSections: ObjectMutation = ({ bytes, sections }, random) => {
  const copy = bytes.slice();
  for (let left = 2 + random(3); left > 0; left--) mutateInPlace(copy, choose(random, sections), random);
  return copy;
};

/** What tells how to read the rest. */
const tables = /^\.(?:BTF|BTF\.ext|symtab|strtab|rel.*|maps|kconfig|ksyms|struct_ops.*)$/;
const inTable: ObjectMutation = ({ bytes, sections }, random) => {
  const all = sections.filter(({ name }) => tables.test(name));
  return mutate(bytes, choose(random, all), random);
};

const inElfHeader: ObjectMutation = ({ bytes }, random) => mutate(bytes, { from: 16, to: 64 }, random);

/** A section that lies about its size, its place, its kind or what it belongs to. */
const sectionLies: ObjectMutation = (seed, random) => {
  const copy = seed.bytes.slice();
  const count = headerCount(seed);
  for (let left = 1 + random(2); left > 0; left--) {
    const header = seed.headersAt + random(count) * SECTION_HEADER;
    const [field, size] = choose(random, HEADER_FIELDS);
    const other = seed.headersAt + random(count) * SECTION_HEADER + field;
    if (random(3) === 0) copy.copyWithin(header + field, other, other + size);
    else mutateInPlace(copy, { from: header + field, to: header + field + size }, random);
  }
  return copy;
};

/** Two sections that change their places, names and kinds. */
const swappedSections: ObjectMutation = (seed, random) => {
  const copy = seed.bytes.slice();
  const count = headerCount(seed);
  const first = seed.headersAt + random(count) * SECTION_HEADER;
  const second = seed.headersAt + random(count) * SECTION_HEADER;
  const [field, size] = random(2) === 0 ? [0, SECTION_HEADER] : choose(random, HEADER_FIELDS);
  const kept = copy.slice(first + field, first + field + size);
  copy.copyWithin(first + field, second + field, second + field + size);
  copy.set(kept, second + field);
  return copy;
};

/** Names that are code, terminal escapes, or what else names of C are not. */
const hostileNames: ObjectMutation = (seed, random) => {
  const copy = withHostileNames(seed, random);
  return random(2) === 0 ? copy : mutate(copy, choose(random, seed.sections), random);
};

/** Another `.BTF`, of types that nobody wrote. */
const otherTypes: ObjectMutation = (seed, random) => {
  const section = seed.sections.find(({ name }) => name === ".BTF");
  if (section === undefined) return anywhere(seed, random);
  return withSection(seed, section, randomTypes(random, seed.littleEndian, namesOf(seed, section)));
};

/** Tables with a thousand times the same: what takes long for each pair of entries takes for ever. */
const grownTable: ObjectMutation = (seed, random) => {
  const growable = seed.sections.filter(({ name }) => /^\.(?:symtab|rel.*|BTF\.ext|maps|text)$/.test(name));
  const section = choose(random, growable.length === 0 ? seed.sections : growable);
  const original = seed.bytes.subarray(section.from, section.to);
  const entry = section.name === ".symtab" ? 24 : 16;
  const from = random(Math.max(1, Math.floor(original.length / entry))) * entry;
  const part = original.subarray(from, random(2) === 0 ? from + entry : original.length);
  const times = Math.min(choose(random, [10, 100, 1000, 5000]), Math.floor(LARGEST_TABLE / Math.max(1, part.length)));
  const content = new Uint8Array(original.length + part.length * times);
  content.set(original);
  for (let time = 0; time < times; time++) content.set(part, original.length + time * part.length);
  return withSection(seed, section, content);
};

/** As many sections as can be said, of a few kinds. */
const manySections: ObjectMutation = (seed, random) => {
  const count = Math.max(choose(random, [100, 1000, 10_000]), headerCount(seed));
  const headers = seed.bytes.slice(seed.headersAt, seed.headersAt + headerCount(seed) * SECTION_HEADER);
  const start = (seed.bytes.length + 7) & ~7;
  const bytes = new Uint8Array(start + count * SECTION_HEADER);
  bytes.set(seed.bytes);
  bytes.set(headers, start);
  const repeated = random(headerCount(seed)) * SECTION_HEADER;
  for (let at = start + headers.length; at < bytes.length; at += SECTION_HEADER) {
    bytes.set(headers.subarray(repeated, repeated + SECTION_HEADER), at);
  }
  const view = new DataView(bytes.buffer);
  view.setBigUint64(40, BigInt(start), seed.littleEndian);
  view.setUint16(60, count, seed.littleEndian);
  return bytes;
};

/** Bytes. */
const LARGEST_TABLE = 1 << 18;

const mutations: readonly ObjectMutation[] = [
  anywhere,
  inSection,
  inSection,
  inSeveralSections,
  inTable,
  inTable,
  inTable,
  inTable,
  inElfHeader,
  sectionLies,
  sectionLies,
  swappedSections,
  hostileNames,
  hostileNames,
  otherTypes,
  grownTable,
  manySections,
];

/** An object that is wrong in some way. */
export function mutateObject(seed: SeedObject, random: Random): Uint8Array {
  return choose(random, mutations)(seed, random);
}

/** Members of map definitions: with others the object has no maps. */
const DEFINING =
  "type key value values key_size value_size max_entries map_flags map_extra numa_node pinning inner_map_fd".split(" ");

/**
 * An object with most of its names replaced, in types and symbols by the same. Those of sections and of what defines maps stay,
 * and those that are too short.
 */
export function withHostileNames(seed: SeedObject, random: Random): Uint8Array {
  const copy = seed.bytes.slice();
  const kept = new Set([...seed.sections.map(({ name }) => name), ...DEFINING, ...sharedTails(seed)]);
  const replacements = new Map<string, Uint8Array>();
  for (const { name, from, to } of seed.sections) {
    if (name !== ".strtab" && name !== ".BTF") continue;
    const text = new TextDecoder("latin1").decode(seed.bytes.subarray(from, to));
    for (const { index, 0: original } of text.matchAll(/(?<=\0)[A-Za-z_][\w$]{4,}(?=\0)/g)) {
      let replacement = replacements.get(original);
      if (replacement === undefined) {
        const keep = kept.has(original) || random(4) === 0;
        replacement = new TextEncoder().encode(keep ? original : replacementOf(original, replacements.size, random));
        replacements.set(original, replacement);
      }
      copy.set(replacement.subarray(0, original.length), from + index);
    }
  }
  return copy;
}

/** Names at the end of longer ones: string tables have both in the same place. */
function sharedTails({ bytes, sections }: SeedObject): readonly string[] {
  const names = sections.flatMap(({ name, from, to }) =>
    name === ".strtab" ? new TextDecoder("latin1").decode(bytes.subarray(from, to)).split("\0") : [],
  );
  const symbols = new Set(ElfFile.parse(bytes).symbols.map(({ name }) => name));
  return names.flatMap((whole) => {
    const tails = [...symbols].filter((name) => name !== whole && name !== "" && whole.endsWith(name));
    return tails.length > 0 ? tails.concat(whole) : [];
  });
}

/** As long as the original, and different for different ones. */
function replacementOf(original: string, number: number, random: Random): string {
  const hostile = choose(random, hostileTexts);
  const room = original.length - 2;
  let text = "";
  for (const character of hostile) if (Buffer.byteLength(text + character) <= room) text += character;
  return `${text}${number.toString(36).padStart(2, "_")}`.padEnd(
    original.length - Buffer.byteLength(text) + text.length,
    " ",
  );
}

function headerCount({ bytes, headersAt }: SeedObject): number {
  return Math.floor((bytes.length - headersAt) / SECTION_HEADER);
}

/** Names that the object's other parts know. */
function namesOf(seed: SeedObject, section: SeedSection): readonly string[] {
  const text = new TextDecoder("latin1").decode(seed.bytes.subarray(section.from, section.to));
  return [...new Set(Array.from(text.matchAll(/(?<=\0)[.A-Za-z_][\w.]*(?=\0)/g), ([name]) => name))];
}

/** The object with other bytes for a section, which are put behind everything else. */
function withSection(seed: SeedObject, { index }: SeedSection, content: Uint8Array): Uint8Array {
  const start = (seed.bytes.length + 7) & ~7;
  const bytes = new Uint8Array(start + content.length);
  bytes.set(seed.bytes);
  bytes.set(content, start);
  const view = new DataView(bytes.buffer);
  const header = seed.headersAt + index * SECTION_HEADER;
  view.setBigUint64(header + OFFSET_FIELD, BigInt(start), seed.littleEndian);
  view.setBigUint64(header + SIZE_FIELD, BigInt(content.length), seed.littleEndian);
  return bytes;
}
