import { BpfError } from "../errors/index.ts";
import { readKernelBtf } from "../sys/index.ts";

/**
 * Names in the kernel's BTF that start with `prefix`, without it; undefined when the kernel has no BTF.
 * Reads the strings only: which type has the name does not matter to those who ask.
 */
export function kernelBtfNames(prefix: string): readonly string[] | undefined {
  let blob: Buffer;
  try {
    const { buffer, byteOffset, byteLength } = readKernelBtf();
    blob = Buffer.from(buffer, byteOffset, byteLength);
  } catch (error) {
    if (error instanceof BpfError) return undefined;
    throw error;
  }
  const names: string[] = [];
  const wanted = `\0${prefix}`;
  for (let at = blob.indexOf(wanted); at !== -1; at = blob.indexOf(wanted, at + 1)) {
    const start = at + wanted.length;
    const end = blob.indexOf(0, start);
    if (end !== -1) names.push(blob.toString("utf8", start, end));
  }
  return names;
}
