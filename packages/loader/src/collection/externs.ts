/**
 * What a program uses and the kernel defines: functions (kfuncs), variables and symbols.
 *
 * @module
 */

import { setKernelCall, setKernelVariable, setNumber } from "../asm/code.ts";
import type { Instructions, Reference } from "../asm/code.ts";
import { areTypesCompatible, essentialName } from "../btf/index.ts";
import type { Btf, TypeId, TypeIn } from "../btf/index.ts";
import { BpfError, quoteDeclaration, quoteName } from "../errors/index.ts";
import type { KernelType, KernelTypes } from "../programs/index.ts";
import { kernelSymbolAddresses } from "./kernel-symbols.ts";

/** A call of this helper stands for that of a weak kernel function that is missing; no kernel has so many helpers. */
const MISSING_FUNCTION = 2_001_000_000;

type ExternReference = Extract<Reference, { kind: "kfunc" | "ksym" }>;

/** What a program's externs came to. */
export interface ResolvedExterns {
  /** Calls of weak functions that the kernel lacks, or has otherwise than declared: slot → name. */
  readonly missingFunctions: ReadonlyMap<number, string>;
  /** Descriptors that calls refer to by index; empty when all functions are the kernel's own. */
  readonly descriptors: Int32Array;
}

/** Finds externs of the programs of a collection. */
export class ExternResolver {
  readonly #kernel: KernelTypes;
  readonly #local: Btf | undefined;
  readonly #addresses: ReadonlyMap<string, bigint>;

  /** `references` are those of all programs: /proc/kallsyms is read once for all of their symbols, and only if there is one. */
  constructor(kernel: KernelTypes, local: Btf | undefined, references: Iterable<Reference>) {
    this.#kernel = kernel;
    this.#local = local;
    const untyped = new Set<string>();
    for (const reference of references) {
      if (reference.kind === "ksym" && reference.typeId === 0) untyped.add(reference.name);
    }
    this.#addresses = untyped.size === 0 ? new Map() : kernelSymbolAddresses(untyped);
  }

  /**
   * Writes the externs of one program into its instructions. `program` is for messages.
   *
   * @throws BpfError `ERR_BPF_NOT_FOUND` for one that the kernel lacks and that is not weak; `ERR_BPF_INVALID_ARGUMENT` for one that the
   *   kernel has with another type.
   */
  resolve(instructions: Instructions, references: readonly Reference[], program: string): ResolvedExterns {
    const missingFunctions = new Map<number, string>();
    const modules: string[] = [];
    for (const reference of references) {
      if (reference.kind === "kfunc") this.#resolveCall(instructions, reference, modules, missingFunctions, program);
      else if (reference.kind === "ksym") this.#resolveSymbol(instructions, reference, program);
      else if (reference.kind === "symbol") {
        throw new BpfError(
          "ERR_BPF_NOT_FOUND",
          `program ${quoteName(program)} refers to ${quoteName(reference.name)}, which is defined nowhere: neither in the object nor as an extern in .ksyms or .kconfig`,
        );
      }
    }
    // Index 0 stands for the kernel itself.
    const descriptors = Int32Array.from(
      modules.length === 0 ? [] : [0, ...modules.map((name) => this.#moduleFd(name))],
    );
    return { missingFunctions, descriptors };
  }

  #resolveCall(
    instructions: Instructions,
    reference: ExternReference,
    modules: string[],
    missingFunctions: Map<number, string>,
    program: string,
  ): void {
    const { slot, name } = reference;
    const found = this.#function(reference, program);
    if (found === undefined) {
      missingFunctions.set(slot, name);
      // The verifier refuses it if it is ever reached.
      instructions.setSource(slot, 0);
      instructions.setImmediate(slot, MISSING_FUNCTION);
      return;
    }
    setKernelCall(instructions, slot, found.id, found.module === undefined ? 0 : indexOf(modules, found.module) + 1);
  }

  #resolveSymbol(instructions: Instructions, reference: ExternReference & { kind: "ksym" }, program: string): void {
    const { slot, name, typeId } = reference;
    if (typeId === 0) {
      const address = this.#addresses.get(name);
      if (address === undefined && !reference.weak) throw notFound("symbol", name, program);
      setNumber(instructions, slot, address ?? 0n);
      return;
    }
    const isFunction = this.#local?.kind(typeId) === "function" || this.#local?.kind(typeId) === "functionPrototype";
    const found = isFunction ? this.#function(reference, program) : this.#variable(reference, program);
    if (found === undefined) setNumber(instructions, slot, 0n);
    else setKernelVariable(instructions, slot, found.id, found.module === undefined ? 0 : this.#moduleFd(found.module));
  }

  /** A function of the kernel's; `undefined` for a weak one that it lacks or has otherwise, which programs can find out. */
  #function({ name, typeId, weak }: ExternReference, program: string): KernelType | undefined {
    const found = this.#kernel.find(essentialName(name), "function");
    if (found === undefined) {
      if (weak) return undefined;
      throw notFound("function", name, program, this.#kernel.remark);
    }
    if (weak && !this.#fits(typeId, found)) return undefined;
    this.#check(found, "function", name, typeId, program);
    return found;
  }

  #variable({ name, typeId, weak }: ExternReference, program: string): KernelType | undefined {
    const found = this.#kernel.find(name, "variable");
    if (found === undefined) {
      if (weak) return undefined;
      throw notFound("variable", name, program, this.#kernel.remark);
    }
    this.#check(found, "variable", name, typeId, program);
    return found;
  }

  /** Whether the kernel's function or variable is of the type that the program declares. */
  #fits(typeId: TypeId, found: KernelType): boolean {
    const pair = this.#declaredTypes(typeId, found);
    return pair === undefined || areTypesCompatible(withoutQualifiers(pair[0]), withoutQualifiers(pair[1]));
  }

  #check(found: KernelType, kind: "function" | "variable", name: string, typeId: TypeId, program: string): void {
    if (this.#fits(typeId, found)) return;
    const [own, theirs] = (this.#declaredTypes(typeId, found) ?? []).map(({ btf, id }) =>
      quoteDeclaration(btf.declaration(id, essentialName(name))),
    );
    const where = found.module === undefined ? "this kernel" : `its module ${quoteName(found.module)}`;
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `program ${quoteName(program)} declares the kernel ${kind} ${quoteName(name)} as ${own}, and in ${where} it is ${theirs}; ` +
        "declare it like that, with structs that are defined, as vmlinux.h has them",
    );
  }

  /** Prototypes of functions, types of variables: what the object declares, if it does, and what the kernel has. */
  #declaredTypes(typeId: TypeId, { id, module }: KernelType): readonly [local: TypeIn, target: TypeIn] | undefined {
    const local = this.#local;
    const target = this.#kernel.typesOf(module);
    if (typeId === 0 || local === undefined || target === undefined) return undefined;
    return [
      { btf: local, id: declaredType(local, typeId) },
      { btf: target, id: declaredType(target, id) },
    ];
  }

  #moduleFd(module: string): number {
    const descriptor = this.#kernel.descriptor(module);
    if (descriptor !== undefined) return descriptor.value;
    throw new BpfError("ERR_BPF_NOT_FOUND", `kernel module ${quoteName(module)} was unloaded meanwhile`);
  }
}

function indexOf(modules: string[], module: string): number {
  const index = modules.indexOf(module);
  return index < 0 ? modules.push(module) - 1 : index;
}

/** The type of a function or variable. */
function declaredType(btf: Btf, id: TypeId): TypeId {
  const type = btf.type(id);
  return type.kind === "function" || type.kind === "variable" ? type.typeId : id;
}

function withoutQualifiers({ btf, id }: TypeIn): TypeIn {
  return { btf, id: btf.resolveId(id) };
}

function notFound(kind: string, name: string, program: string, remark = ""): BpfError {
  return new BpfError(
    "ERR_BPF_NOT_FOUND",
    `program ${quoteName(program)} uses the kernel ${kind} ${quoteName(name)}, which this kernel does not have; declare it __weak and test for it with bpf_ksym_exists()${remark}`,
  );
}
