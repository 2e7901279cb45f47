import type { Btf } from "./btf.ts";
import { BtfPatch, COMMON_WORDS, ENTRY_WORDS } from "./patch.ts";
import { Kind, elementCount } from "./raw-type.ts";
import type { BtfDataSection, BtfKind, BtfType, TypeId } from "./types.ts";

/** What a kernel's BPF_BTF_LOAD understands. */
export interface KernelBtfSupport {
  /** Functions and prototypes. Since Linux 5.0. */
  readonly functions: boolean;
  /** Variables and data sections. Since Linux 5.2. */
  readonly dataSections: boolean;
  /** Global functions. Since Linux 5.6. */
  readonly globalFunctions: boolean;
  /** Data sections without variables, which clang makes of constants without a name. Since Linux 5.12. */
  readonly emptySections: boolean;
  /** Since Linux 5.13. */
  readonly floats: boolean;
  /** Since Linux 5.16. */
  readonly declTags: boolean;
  /** Since Linux 5.17. */
  readonly typeTags: boolean;
  /** enum64 and signed enums. Since Linux 6.0. */
  readonly enum64: boolean;
  /** Data sections whose name starts with `?`. Since Linux 6.11. */
  readonly questionMarkSections: boolean;
  /** A table of the kinds' sizes behind the types. Since Linux 7.1. */
  readonly layout: boolean;
}

const LINKAGE_GLOBAL = 1;
const EXTERN_BYTES = 4;
const DUMMY_NAME = "dummy_ksym";
const QUESTION_MARK = 0x3f;
const DOT = 0x2e;
const UNDERSCORE = 0x5f;
/** An unsigned int of 8 bits. */
const INT_DATA_8_BITS = 8;
/** A signed int of 32 bits. */
const INT_DATA_32_BITS = (1 << 24) | 32;

/**
 * The bytes to pass to BPF_BTF_LOAD: externs become variables, and what the kernel does not understand becomes
 * something that it does. Ids of types stay the same. Returns `btf.bytes` itself when nothing needs a change.
 * `btf` has been through {@link withDataSectionLayouts}.
 */
export function kernelBtfForLoad(btf: Btf, support: KernelBtfSupport): Uint8Array {
  const patch = new BtfPatch(btf);
  const externs = new ExternRewriter(btf, patch, support.dataSections);
  for (const id of btf.ofKinds("variable", "function", "dataSection")) externs.rewrite(btf.type(id));

  const placeholder = new Placeholder(patch);
  for (const id of btf.ofKinds(...unsupportedKinds(support))) {
    rewriteForKernel(btf.type(id), support, patch, placeholder);
  }
  const dropLayout = !support.layout && btf.hasLayout;
  return patch.changed || dropLayout ? patch.toBytes() : btf.bytes;
}

/** Kinds of which at least some types have to be rewritten; none on a kernel of today. */
function unsupportedKinds(support: KernelBtfSupport): ReadonlySet<BtfKind> {
  return new Set<BtfKind>([
    ...(support.functions ? [] : (["function", "functionPrototype"] as const)),
    ...(support.globalFunctions ? [] : (["function"] as const)),
    ...(support.dataSections ? [] : (["variable", "dataSection"] as const)),
    ...(support.emptySections ? [] : (["dataSection"] as const)),
    ...(support.questionMarkSections ? [] : (["dataSection"] as const)),
    ...(support.floats ? [] : (["float"] as const)),
    ...(support.declTags ? [] : (["declTag"] as const)),
    ...(support.typeTags ? [] : (["typeTag"] as const)),
    ...(support.enum64 ? [] : (["enum", "enum64"] as const)),
  ]);
}

/** Replaces a type that the kernel does not know by one that takes the same bytes, as libbpf does. */
function rewriteForKernel(type: BtfType, support: KernelBtfSupport, patch: BtfPatch, placeholder: Placeholder): void {
  const { id } = type;
  switch (type.kind) {
    case "variable":
      if (!support.dataSections) becomeByte(id, patch);
      break;
    case "declTag":
      if (!support.declTags) becomeByte(id, patch);
      break;
    case "dataSection":
      if (!support.dataSections || (!support.emptySections && type.entries.length === 0)) becomeStruct(type, patch);
      else if (!support.questionMarkSections && type.name.startsWith("?")) {
        patch.replaceInString(patch.word(id, 0), (byte, index) =>
          index === 0 && byte === QUESTION_MARK ? UNDERSCORE : byte,
        );
      }
      break;
    case "functionPrototype":
      if (!support.functions) {
        patch.setWord(id, 1, info(Kind.ENUM, elementCount(patch.word(id, 1))));
        patch.setWord(id, 2, 4);
      }
      break;
    case "function":
      if (!support.functions) patch.setWord(id, 1, info(Kind.TYPEDEF, 0));
      else if (!support.globalFunctions) patch.setWord(id, 1, info(Kind.FUNC, 0));
      break;
    case "float":
      // an empty struct of that size, without a name: C has no `struct float`
      if (!support.floats) becomeAnonymous(id, Kind.STRUCT, patch);
      break;
    case "typeTag":
      if (!support.typeTags) becomeAnonymous(id, Kind.CONST, patch);
      break;
    case "enum":
      // without the flag that says signed
      if (!support.enum64) patch.setWord(id, 1, info(Kind.ENUM, elementCount(patch.word(id, 1))));
      break;
    case "enum64":
      if (!support.enum64) becomeUnion(id, patch, placeholder);
      break;
    default:
  }
}

/** One byte is the only size that fits wherever the type is used. */
function becomeByte(id: TypeId, patch: BtfPatch): void {
  patch.setWord(id, 1, info(Kind.INT, 0));
  patch.setWord(id, 2, 1);
  patch.setWord(id, COMMON_WORDS, INT_DATA_8_BITS);
}

function becomeAnonymous(id: TypeId, kind: number, patch: BtfPatch): void {
  patch.setWord(id, 0, 0);
  patch.setWord(id, 1, info(kind, 0));
}

function becomeStruct(section: BtfDataSection, patch: BtfPatch): void {
  const { id } = section;
  patch.replaceInString(patch.word(id, 0), (byte) => (byte === DOT || byte === QUESTION_MARK ? UNDERSCORE : byte));
  patch.setWord(id, 1, info(Kind.STRUCT, section.entries.length));
  section.entries.forEach((_, index) => {
    // externs may have been rewritten already
    const at = COMMON_WORDS + index * ENTRY_WORDS;
    const typeId = patch.word(id, at);
    const offset = patch.word(id, at + 1);
    patch.setWord(id, at, patch.word(typeId, 0));
    patch.setWord(id, at + 1, typeId);
    patch.setWord(id, at + 2, offset * 8);
  });
}

/** Of as many members as there were values, all of one byte. */
function becomeUnion(id: TypeId, patch: BtfPatch, placeholder: Placeholder): void {
  const count = elementCount(patch.word(id, 1));
  patch.setWord(id, 1, info(Kind.UNION, count));
  for (let index = 0; index < count; index++) {
    const at = COMMON_WORDS + index * ENTRY_WORDS;
    patch.setWord(id, at + 1, placeholder.id);
    patch.setWord(id, at + 2, 0);
  }
}

/** Type of the members of what was an enum64; added when first needed. */
class Placeholder {
  readonly #patch: BtfPatch;
  #id: TypeId | undefined;

  constructor(patch: BtfPatch) {
    this.#patch = patch;
  }

  get id(): TypeId {
    this.#id ??= this.#patch.addType([
      this.#patch.addString("enum64_placeholder"),
      info(Kind.INT, 0),
      1,
      INT_DATA_8_BITS,
    ]);
    return this.#id;
  }
}

/** The kernel takes no externs: they become variables and functions as if they were defined. */
class ExternRewriter {
  readonly #btf: Btf;
  readonly #patch: BtfPatch;
  readonly #hasVariables: boolean;
  #dummyName: number | undefined;
  #dummyVariable: TypeId | undefined;
  #int: TypeId | undefined;

  constructor(btf: Btf, patch: BtfPatch, hasVariables: boolean) {
    this.#btf = btf;
    this.#patch = patch;
    this.#hasVariables = hasVariables;
  }

  rewrite(type: BtfType): void {
    if (type.kind === "variable" && type.linkage === "extern") {
      this.#patch.setWord(type.id, COMMON_WORDS, LINKAGE_GLOBAL);
    } else if (type.kind === "function" && type.linkage === "extern") {
      this.#patch.setWord(type.id, 1, info(Kind.FUNC, LINKAGE_GLOBAL));
      this.#nameParameters(type.typeId);
    } else if (type.kind === "dataSection" && type.name === ".ksyms") {
      this.#layOutKsyms(type);
    }
  }

  /** Kernel symbols have no bytes here; the kernel wants some, so each gets four. */
  #layOutKsyms(section: BtfDataSection): void {
    section.entries.forEach((entry, index) => {
      const at = COMMON_WORDS + index * ENTRY_WORDS;
      if (this.#btf.kind(entry.typeId) === "function") this.#patch.setWord(section.id, at, this.#variable());
      else this.#patch.setWord(entry.typeId, 2, this.#intType());
      this.#patch.setWord(section.id, at + 1, index * EXTERN_BYTES);
      this.#patch.setWord(section.id, at + 2, EXTERN_BYTES);
    });
    this.#patch.setWord(section.id, 2, section.entries.length * EXTERN_BYTES);
  }

  /** The parameters of a function must have names (btf_func_check), which those of a declaration may lack. */
  #nameParameters(prototypeId: TypeId): void {
    const prototype = this.#btf.type(prototypeId);
    if (prototype.kind !== "functionPrototype") return;
    prototype.parameters.forEach(({ name, typeId }, index) => {
      if (typeId !== 0 && name === "") this.#patch.setWord(prototypeId, COMMON_WORDS + index * 2, this.#name());
    });
  }

  #name(): number {
    this.#dummyName ??= this.#patch.addString(DUMMY_NAME);
    return this.#dummyName;
  }

  #variable(): TypeId {
    this.#dummyVariable ??= this.#patch.addType(
      this.#hasVariables
        ? [this.#name(), info(Kind.VAR, 0), this.#intType(), LINKAGE_GLOBAL]
        : [this.#name(), info(Kind.INT, 0), 1, INT_DATA_8_BITS],
    );
    return this.#dummyVariable;
  }

  #intType(): TypeId {
    this.#int ??=
      this.#findInt() ?? this.#patch.addType([this.#patch.addString("int"), info(Kind.INT, 0), 4, INT_DATA_32_BITS]);
    return this.#int;
  }

  #findInt(): TypeId | undefined {
    for (let id = this.#btf.firstTypeId; id < this.#btf.typeCount; id++) {
      const type = this.#btf.type(id);
      if (type.kind === "int" && type.size === EXTERN_BYTES && type.bits === EXTERN_BYTES * 8) return id;
    }
    return undefined;
  }
}

/** Second word of a type, without the flag. */
function info(kind: number, elements: number): number {
  return (kind << 24) | elements;
}
