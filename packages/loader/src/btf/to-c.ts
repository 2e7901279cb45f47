import { ObjectFormatError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";
import { CSpeller, needsAlias, spellAlias } from "./c-declaration.ts";
import type { CTypeNames } from "./c-declaration.ts";
import { cIdentifier, CNameSpace } from "./c-names.ts";
import { COrder } from "./c-order.ts";
import type { CDeclarations } from "./c-order.ts";
import { ownCSpelling } from "./c-scalar.ts";
import { kernelFunctions } from "./kernel-functions.ts";
import { elementCount, Kind, kindFlag, kindNumber } from "./raw-type.ts";
import type { TypeId } from "./types.ts";

/** What {@link toC} prints. */
export interface CPrintOptions {
  /**
   * Ids of the types to print; what their declarations need comes with them. Default: all types, of a split BTF those that are
   * not its base's.
   */
  readonly types?: Iterable<TypeId> | undefined;
  /**
   * Has clang record every access to members of these structs, so that CO-RE adapts it to the running kernel. Default true.
   */
  readonly preserveAccessIndex?: boolean | undefined;
  /** Declarations of the functions that the kernel lets BPF programs call (kfuncs). Default: when all types are printed. */
  readonly kernelFunctions?: boolean | undefined;
  /**
   * Adds assertions that the compiler gives each named struct and union the size, and each member the offset, that BTF says.
   * Default false.
   */
  readonly layoutAssertions?: boolean | undefined;
  /** Macro against including it twice; none when empty. Default `"__VMLINUX_H__"`. */
  readonly guard?: string | undefined;
}

/** Characters per byte of BTF beyond which types without names must nest in ways that no compiler writes. */
const MOST_EXPANSION = 8;
const EXPANSION_FLOOR = 1 << 20;

/**
 * A C header that declares types: of a kernel's BTF a `vmlinux.h`, of an object's what it shares with user space. It compiles with clang
 * and gcc for machines of 64 bits, and every struct has the size and every member the offset that BTF says, by
 * padding and the attribute `packed` where needed. Names that C has other uses for get a `_` behind them, and the second of
 * two types with the same name `___2`.
 *
 * @throws ObjectFormatError when types contain themselves, or nest in ways that C can't express.
 */
export function toC(btf: Btf, options: CPrintOptions = {}): string {
  return new Header(btf).print(options);
}

class Header implements CDeclarations, CTypeNames {
  readonly #btf: Btf;
  readonly #speller: CSpeller;
  readonly #order: COrder;
  readonly #tags = new CNameSpace();
  readonly #identifiers = new CNameSpace();
  /** Names that were given, by type. */
  readonly #names = new Map<TypeId, string>();
  /** Names of structs and unions with the type that defines them, as long as they are only declared `undefined`. */
  readonly #composites = new Map<string, { readonly name: string; owner: TypeId | undefined }>();
  readonly #chunks: string[] = [];
  /** Number of the chunk that holds a forward declaration, by its text. */
  readonly #forwards = new Map<string, number>();
  /** Number of the last chunk that is no forward declaration. */
  #lastDefinition = -1;
  readonly #inlined = new Set<TypeId>();
  #left: number;
  #layoutAssertions = false;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#speller = new CSpeller(btf, this);
    this.#order = new COrder(btf, this);
    let bytes = 0;
    for (let part: Btf | undefined = btf; part !== undefined; part = part.base) bytes += part.bytes.length;
    this.#left = EXPANSION_FLOOR + bytes * MOST_EXPANSION;
  }

  print(options: CPrintOptions): string {
    const { types, guard = "__VMLINUX_H__" } = options;
    this.#layoutAssertions = options.layoutAssertions ?? false;
    const withFunctions = options.kernelFunctions ?? types === undefined;
    if (types === undefined) this.#declareAll();
    else for (const id of types) this.#declareOne(id);
    const functions = withFunctions ? this.#kernelFunctions() : "";
    // clang warns of an attribute that applies to nothing.
    const preserveAccessIndex =
      (options.preserveAccessIndex ?? true) && this.#chunks.some((chunk) => RECORD.test(chunk));
    const guardName = guard === "" ? "" : cIdentifier(guard);
    return [
      guardName === "" ? "" : `#ifndef ${guardName}\n#define ${guardName}\n\n`,
      preserveAccessIndex ? PRESERVE_PUSH : "",
      ...this.#chunks,
      functions,
      preserveAccessIndex ? PRESERVE_POP : "",
      guardName === "" ? "" : `#endif /* ${guardName} */\n`,
    ].join("");
  }

  #declareAll(): void {
    const btf = this.#btf;
    const anonymousEnums: TypeId[] = [];
    for (let id = btf.firstTypeId; id < btf.typeCount; id++) {
      const kind = kindNumber(btf.word(id, 1));
      if ((kind === Kind.ENUM || kind === Kind.ENUM64) && btf.word(id, 0) === 0) anonymousEnums.push(id);
      else if (DEFINING_KINDS.has(kind) && btf.word(id, 0) !== 0) this.#order.complete(id);
    }
    // Constants: those that are no part of anything else are declared on their own.
    for (const id of anonymousEnums) {
      if (!this.#inlined.has(id)) this.#emit(this.#anonymousEnum(id));
    }
  }

  #declareOne(id: TypeId): void {
    const btf = this.#btf;
    const kind = id === 0 ? 0 : kindNumber(btf.word(id, 1));
    if ((kind === Kind.ENUM || kind === Kind.ENUM64) && btf.word(id, 0) === 0) {
      if (!this.#inlined.has(id)) this.#emit(this.#anonymousEnum(id));
    } else if (kind === Kind.FUNC || kind === Kind.VAR || kind === Kind.DECL_TAG) {
      this.#declareOne(btf.word(id, 2));
    } else if (kind === Kind.DATASEC) {
      const count = elementCount(btf.word(id, 1));
      for (let index = 0; index < count; index++) this.#declareOne(btf.word(id, 3 + index * 3));
    } else this.#order.complete(id);
  }

  forward(id: TypeId): void {
    const text = `${this.nameOf(id)};\n\n`;
    if (this.#forwards.has(text)) return;
    this.#forwards.set(text, this.#chunks.length);
    this.#chunks.push(text);
  }

  define(id: TypeId): void {
    const btf = this.#btf;
    const kind = kindNumber(btf.word(id, 1));
    switch (kind) {
      case Kind.STRUCT:
      case Kind.UNION: {
        const name = this.nameOf(id);
        this.#dropForward(name);
        this.#emit(`${this.#speller.spellComposite(id, tagOf(name), "")};\n\n`);
        if (this.#layoutAssertions) this.#emit(this.#assertions(id, name));
        this.#forwards.set(`${name};\n\n`, -1);
        break;
      }
      case Kind.ENUM:
      case Kind.ENUM64:
        this.#defineEnum(id);
        break;
      case Kind.TYPEDEF: {
        const name = this.nameOf(id);
        this.#emit(guardKeyword(name, `typedef ${this.#inline(btf.word(id, 2), name)};\n\n`));
        break;
      }
      default:
        this.#emit(`typedef ${spellAlias(btf, id, this.nameOf(id))};\n\n`);
    }
  }

  needsAlias(id: TypeId): boolean {
    return needsAlias(this.#btf, id);
  }

  nameOf(id: TypeId): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = this.#nameFor(id);
    this.#names.set(id, name);
    return name;
  }

  enumerator(name: string): string {
    return this.#identifiers.take(name);
  }

  inlined(id: TypeId): void {
    this.#inlined.add(id);
  }

  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0)
      throw new ObjectFormatError("its types nest in too many ways to be printed", { section: ".BTF" });
  }

  #inline(id: TypeId, declarator: string): string {
    return this.#speller.spell(id, declarator, "");
  }

  #nameFor(id: TypeId): string {
    const btf = this.#btf;
    const info = btf.word(id, 1);
    const name = btf.name(id);
    this.spend(name.length);
    switch (kindNumber(info)) {
      case Kind.STRUCT:
        return this.#compositeName("struct", name, id);
      case Kind.UNION:
        return this.#compositeName("union", name, id);
      case Kind.FWD:
        return this.#compositeName(kindFlag(info) ? "union" : "struct", name, undefined);
      case Kind.ENUM:
      case Kind.ENUM64:
        return this.#compositeName("enum", name, elementCount(info) === 0 ? undefined : id);
      case Kind.TYPEDEF:
        return this.#identifiers.take(name);
      default: {
        const type = btf.type(id);
        const own = type.kind === "int" || type.kind === "float" ? ownCSpelling(type) : undefined;
        return own ?? this.#identifiers.take(name);
      }
    }
  }

  /** A forward declaration and the first definition of that name are the same type. */
  #compositeName(keyword: "struct" | "union" | "enum", name: string, owner: TypeId | undefined): string {
    const key = `${keyword} ${name}`;
    const known = this.#composites.get(key);
    if (known !== undefined && (owner === undefined || known.owner === undefined)) {
      known.owner ??= owner;
      return known.name;
    }
    const full = `${keyword} ${this.#tags.take(name)}`;
    if (known === undefined) this.#composites.set(key, { name: full, owner });
    return full;
  }

  #assertions(id: TypeId, name: string): string {
    const { members, opaque } = this.#speller.layouts.layoutOf(id);
    const lines = [`_Static_assert(sizeof(${name}) == ${this.#btf.word(id, 2)}, "size of ${name}");\n`];
    const seen = new Set<string>();
    for (const { nameOffset, bitOffset, bitSize } of opaque ? [] : members) {
      const original = this.#btf.string(nameOffset);
      this.spend(original.length + name.length);
      const member = original === "" ? "" : cIdentifier(original);
      if (member === "" || bitSize > 0 || seen.has(member)) continue;
      seen.add(member);
      lines.push(
        `_Static_assert(__builtin_offsetof(${name}, ${member}) == ${bitOffset / 8}, "offset of ${name}.${member}");\n`,
      );
    }
    return `${lines.join("")}\n`;
  }

  #defineEnum(id: TypeId): void {
    const name = this.nameOf(id);
    const isForward = elementCount(this.#btf.word(id, 1)) === 0;
    if (isForward) this.forward(id);
    else this.#emit(`${this.#speller.spellEnum(id, tagOf(name), "")};\n\n`);
  }

  #anonymousEnum(id: TypeId): string {
    const type = this.#btf.type(id);
    if ((type.kind !== "enum" && type.kind !== "enum64") || type.values.length === 0) return "";
    const text = `${this.#speller.spellEnum(id, "", "")};\n\n`;
    return type.values.every(({ name }) => name === "true" || name === "false") ? beforeC23(text) : text;
  }

  #kernelFunctions(): string {
    const btf = this.#btf;
    const functions = kernelFunctions(btf).filter(({ name }) => cIdentifier(name) === name);
    for (const { prototypeId } of functions) this.#order.declare(prototypeId);
    const lines: string[] = [];
    for (const { name, prototypeId, fastcall } of functions) {
      if (this.#identifiers.has(name)) continue;
      this.#identifiers.take(name);
      const used = new Set<string>();
      const spelled = this.#speller.spellFunction(prototypeId, name, (parameter) => {
        this.spend(parameter.length);
        const identifier = parameter === "" ? "" : cIdentifier(parameter);
        // In C such a name would hide the type of that name from the parameters that follow.
        if (used.has(identifier) || this.#identifiers.has(identifier)) return "";
        used.add(identifier);
        return identifier;
      });
      lines.push(`extern ${fastcall ? "__bpf_fastcall " : ""}${spelled} __weak __ksym;\n`);
    }
    return lines.length === 0 ? "" : `${FUNCTIONS_START}${lines.join("")}${FUNCTIONS_END}`;
  }

  /** Where nothing was defined since a forward declaration, the definition makes it superfluous. */
  #dropForward(name: string): void {
    const at = this.#forwards.get(`${name};\n\n`) ?? -1;
    if (at > this.#lastDefinition) this.#chunks[at] = "";
  }

  #emit(text: string): void {
    this.spend(text.length);
    this.#lastDefinition = this.#chunks.length;
    this.#chunks.push(text);
  }
}

/** Kinds that declare a name. */
const DEFINING_KINDS: ReadonlySet<number> = new Set([
  Kind.STRUCT,
  Kind.UNION,
  Kind.ENUM,
  Kind.ENUM64,
  Kind.FWD,
  Kind.TYPEDEF,
]);

const RECORD = /\b(?:struct|union) /;

const PRESERVE_PUSH = `#if defined(__clang__) && defined(__bpf__) && !defined(BPF_NO_PRESERVE_ACCESS_INDEX)
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;
const PRESERVE_POP = `#if defined(__clang__) && defined(__bpf__) && !defined(BPF_NO_PRESERVE_ACCESS_INDEX)
#pragma clang attribute pop
#endif

`;
const FUNCTIONS_START = `#ifndef BPF_NO_KFUNC_PROTOTYPES
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __bpf_fastcall
#if defined(__has_attribute) && __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

`;
const FUNCTIONS_END = `#endif

`;

/** What comes after `struct `. */
function tagOf(name: string): string {
  return name.slice(name.indexOf(" ") + 1);
}

/** The kernel defines `bool`, `true` and `false` itself; in C23 they are keywords. */
function guardKeyword(name: string, text: string): string {
  return name === "bool" ? beforeC23(text) : text;
}

function beforeC23(text: string): string {
  return `#if !defined(__STDC_VERSION__) || __STDC_VERSION__ < 202311L\n${text.trimEnd()}\n#endif\n\n`;
}
