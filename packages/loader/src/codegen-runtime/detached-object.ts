import type { BpfObject, Fields, ObjectDefinition } from "./bpf-object.ts";
import { defineObject } from "./define-object.ts";

/** The types of an object whose bytes come from elsewhere: what a module made with `--embed none` exports. */
export interface DetachedObject<F extends Fields> {
  /** Its name in the generated module. */
  readonly name: string;
  /**
   * The object, ready to load.
   *
   * @param bytes of the file that the module was generated from, or of one that defines the same
   */
  from(bytes: Uint8Array): BpfObject<F>;
}

/** {@link defineObject} for an object without bytes. */
export function defineDetachedObject<F extends Fields>(
  define: () => Omit<ObjectDefinition<F>, "bytes">,
): DetachedObject<F> {
  return {
    get name() {
      return define().name;
    },
    from: (bytes) => defineObject<F>(() => ({ ...define(), bytes: () => bytes })),
  };
}
