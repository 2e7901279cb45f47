import { MissingCapabilityError } from "../errors/index.ts";

/** What `ask` gives; `undefined` when this user may not know: who has a pin may use an object, and see nothing around it. */
export function ifAllowed<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof MissingCapabilityError) return undefined;
    throw error;
  }
}
