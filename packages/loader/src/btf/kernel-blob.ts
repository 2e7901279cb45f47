import { ObjectFormatError } from "../errors/index.ts";
import type { Btf } from "./btf.ts";

/** What a kernel's BTF_LOAD understands. */
export interface KernelBtfSupport {
  /** Functions and prototypes. Since Linux 5.0. */
  readonly functions: boolean;
  /** Variables and data sections. Since Linux 5.2. */
  readonly dataSections: boolean;
  /** Global functions. Since Linux 5.6. */
  readonly globalFunctions: boolean;
  /** Since Linux 5.13. */
  readonly floats: boolean;
  /** Since Linux 5.16. */
  readonly declTags: boolean;
  /** Since Linux 5.17. */
  readonly typeTags: boolean;
  /** enum64 and signed enums. Since Linux 6.0. */
  readonly enum64: boolean;
  /** Data sections whose name starts with `?`. Since Linux 6.9. */
  readonly questionMarkSections: boolean;
  /** A table of the kinds' sizes behind the types. Since Linux 7.1. */
  readonly layout: boolean;
}

/**
 * The bytes to pass to BPF_BTF_LOAD: externs become variables, and what the kernel does not understand becomes something
 * that it does. Type ids stay the same. Returns `btf.bytes` itself when nothing needs a change.
 * `btf` has been through {@link withDataSectionLayouts}.
 */
export function kernelBtfForLoad(btf: Btf, support: KernelBtfSupport): Uint8Array {
  throw new ObjectFormatError(`not there yet: ${btf.typeCount} ${support.enum64}`);
}
