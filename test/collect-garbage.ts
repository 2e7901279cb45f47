import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A full collection, without starting Node with `--expose-gc`. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}
