import { readdirSync, readFileSync } from "node:fs";
import { Btf } from "../btf/index.ts";
import { ObjectFormatError, quoteName } from "../errors/index.ts";
import { openModuleBtf } from "../info/btf-object.ts";
import { readKernelBtf } from "../sys/index.ts";
import type { FileDescriptor } from "../sys/index.ts";

/** The types of a kernel module, on top of the kernel's. */
export interface ModuleTypes {
  readonly name: string;
  readonly types: Btf;
}

/** What a name stands for in the running kernel. */
export interface KernelType {
  readonly id: number;
  /** The module that has it; `undefined` = the kernel itself. */
  readonly module: string | undefined;
}

/** Where the kernel shows its types and those of its modules. */
const FOLDER = "/sys/kernel/btf";

/** Kept as long as nobody needs the memory (5 MB): the next load in this process saves reading it again. */
let kept: WeakRef<Btf> | undefined;

/** The running kernel's types, read when they are first asked for. Made once for each load. */
export class KernelTypes {
  #kernel: Btf | undefined;
  #modules: readonly ModuleTypes[] | undefined;
  readonly #descriptors = new Map<string, FileDescriptor>();
  readonly #unreadable = new Map<string, string>();
  readonly #folder: string;

  constructor(folder: string = FOLDER) {
    this.#folder = folder;
  }

  /**
   * The kernel's own types.
   *
   * @throws NotSupportedError when the kernel has none.
   */
  get kernel(): Btf {
    if (this.#kernel !== undefined) return this.#kernel;
    const btf = kept?.deref() ?? Btf.open(readKernelBtf());
    kept = new WeakRef(btf);
    this.#kernel = btf;
    return btf;
  }

  /** Those of its modules, in the order of their names. One that can't be read does not keep programs from using others. */
  get modules(): readonly ModuleTypes[] {
    this.#modules ??= moduleNames(this.#folder).flatMap((name) => this.#readModule(name) ?? []);
    return this.#modules;
  }

  /** What can be said when something is not found: modules whose types can't be read, and why; empty when there are none. */
  get remark(): string {
    const modules = Array.from(this.#unreadable, ([name, problem]) => `${quoteName(name)} (${problem})`);
    return modules.length === 0 ? "" : `; the types of these modules can't be read: ${modules.join(", ")}`;
  }

  /**
   * Looks a function, variable, typedef or struct up in the kernel and then in its modules, or in one module alone: that is asked for
   * by its name, `"nf_conntrack"`; `"vmlinux"` is the kernel itself.
   */
  find(name: string, kind: "function" | "typedef" | "variable" | "struct", module?: string): KernelType | undefined {
    if (module === undefined || module === "vmlinux") {
      const id = this.kernel.find(name, kind);
      if (id !== undefined || module !== undefined) return id === undefined ? undefined : { id, module: undefined };
    }
    for (const candidate of this.modules) {
      if (module !== undefined && candidate.name !== module) continue;
      const id = candidate.types.find(name, kind);
      if (id !== undefined) return { id, module: candidate.name };
    }
    return undefined;
  }

  /** The kernel's types for `undefined`, those of a module by its name; `undefined` when there is no such module. */
  typesOf(module: string | undefined): Btf | undefined {
    return module === undefined ? this.kernel : this.modules.find(({ name }) => name === module)?.types;
  }

  #readModule(name: string): ModuleTypes | undefined {
    try {
      return { name, types: Btf.parse(readFileSync(`${this.#folder}/${name}`), this.kernel) };
    } catch (error) {
      if (error instanceof ObjectFormatError) this.#unreadable.set(name, error.message);
      // A module that was unloaded meanwhile is none.
      else if (!isMissing(error)) throw error;
      return undefined;
    }
  }

  /** A descriptor of a module's types, which stays this object's; `undefined` when the module has gone. */
  descriptor(module: string): FileDescriptor | undefined {
    const known = this.#descriptors.get(module);
    if (known !== undefined) return known;
    const descriptor = openModuleBtf(module);
    if (descriptor !== undefined) this.#descriptors.set(module, descriptor);
    return descriptor;
  }

  /** Closes the descriptors of modules. */
  close(): void {
    for (const descriptor of this.#descriptors.values()) descriptor.close();
    this.#descriptors.clear();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENODEV");
}

function moduleNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name !== "vmlinux")
      .sort();
  } catch {
    // Before Linux 5.11, and without CONFIG_DEBUG_INFO_BTF_MODULES, modules have no types.
    return [];
  }
}
