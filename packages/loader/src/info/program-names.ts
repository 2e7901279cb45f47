import type { Names } from "../asm/index.ts";
import { Btf } from "../btf/index.ts";
import { BpfError } from "../errors/index.ts";
import { readKernelBtf } from "../sys/index.ts";
import { KernelSymbols } from "./kernel-symbols.ts";
import { mapInfoById } from "./walk.ts";

/**
 * Names for what the instructions of a loaded program refer to: maps by id, helpers by where they are in the kernel, kernel functions
 * by type. Each source is opened when it is first needed, and what it does not have, or does not show to this process, stays a number.
 *
 * ```ts
 * console.log(disassemble(program.info().instructions(), { names: programNames() }));
 * ```
 */
export function programNames(): Names {
  const maps = new Map<number, string | undefined>();
  const symbols = once(() => KernelSymbols.read());
  const base = once(() => symbols()?.address("__bpf_call_base"));
  const types = once(() => Btf.open(readKernelBtf()));
  return {
    map(id) {
      if (!maps.has(id))
        maps.set(
          id,
          attempt(() => mapName(id)),
        );
      return maps.get(id);
    },
    helper(offset) {
      const start = base();
      // Only a blinded one is at the base itself.
      if (start === undefined || offset === 0) return undefined;
      const found = symbols()?.find(start + BigInt(offset));
      return found?.offset === 0 ? found.name : undefined;
    },
    kernelFunction: (typeId, module) => (module === 0 ? kernelName(types(), typeId) : undefined),
    kernelVariable: (typeId, module) => (module === 0 ? kernelName(types(), typeId) : undefined),
  };
}

/** With its number, since names need not be unique; nothing for a map without a name. */
function mapName(id: number): string | undefined {
  const { name = "" } = mapInfoById(id);
  return name === "" ? undefined : `${name}#${id}`;
}

function kernelName(types: Btf | undefined, typeId: number): string | undefined {
  return types === undefined || typeId >= types.typeCount ? undefined : types.name(typeId) || undefined;
}

function once<T>(make: () => T): () => T | undefined {
  let made: { readonly value: T | undefined } | undefined;
  return () => (made ??= { value: attempt(make) }).value;
}

/** Names are for people: what can't be had is left out. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof BpfError) return undefined;
    throw error;
  }
}
