import { BpfError } from "../errors/index.ts";

/** A CO-RE relocation that can't be applied. */
export function coreError(message: string): BpfError {
  return new BpfError("ERR_BPF_CO_RE", message);
}

/**
 * Steps that the search for one relocation may take. Types that a compiler wrote need thousands at most; types that contain
 * each other in clever ways could need more than there is time.
 */
const STEPS = 1_000_000;

/** Counts steps and throws when there are too many. */
export class StepLimit {
  #left = STEPS;

  step(): void {
    if (this.#left-- <= 0) throw coreError("types nest in too many ways to be compared");
  }
}
