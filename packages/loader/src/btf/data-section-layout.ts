import { ObjectFormatError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";

/** What the symbol table knows of a data section and the compiler left out of its BTF. */
export interface DataSectionLayout {
  /** Bytes. */
  readonly size: number;
  /** By name of the variable. */
  readonly variables: ReadonlyMap<
    string,
    { readonly offset: number; /** Of hidden or internal visibility. */ readonly hidden: boolean }
  >;
}

/**
 * The same BTF, with the same type ids, in which data sections have their sizes and their variables' offsets (clang leaves
 * zeros there), ordered by offset; and in which hidden variables are static. `.kconfig`, which is in no section of the file, gets
 * a layout of its own. Call it once when an object is read, and use the result everywhere.
 * `layouts` is by name of the section.
 */
export function withDataSectionLayouts(btf: Btf, layouts: ReadonlyMap<string, DataSectionLayout>): Btf {
  throw new ObjectFormatError(`not there yet: ${btf.typeCount} ${layouts.size}`);
}
