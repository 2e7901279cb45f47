import { MissingCapabilityError } from "../errors/index.ts";
import { addon } from "./addon.ts";

/**
 * Whether a call may succeed now that failed for the limit of locked memory (RLIMIT_MEMLOCK), because the limit could be raised. Kernels
 * before 5.11 count the memory of maps and programs against it; it is the process's, and stays raised.
 */
export function raisedMemoryLimit(error: unknown): boolean {
  if (!(error instanceof MissingCapabilityError) || error.missing !== "RLIMIT_MEMLOCK") return false;
  return addon().raiseMemoryLimit() === 0;
}
