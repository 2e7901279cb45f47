import { BpfError, quoteName } from "../errors/index.ts";
import type { Descriptor } from "./descriptor-map.ts";
import { hostIsLittleEndian } from "./direct-read.ts";

/**
 * A number, then a program's descriptor where there is room for one: `struct bpf_devmap_val`, `struct bpf_cpumap_val`.
 *
 * @throws BpfError `ERR_BPF_INVALID_ARGUMENT` when there is no room
 */
export function writeWithProgram(
  view: DataView,
  offset: number,
  number: number,
  program: Descriptor | undefined,
  map: { readonly name: string; readonly valueSize: number },
): void {
  if (program !== undefined && map.valueSize < 8) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `map ${quoteName(map.name)} has values of ${map.valueSize} bytes, and a program needs 8 (struct bpf_devmap_val, struct bpf_cpumap_val)`,
    );
  }
  view.setUint32(offset, number, hostIsLittleEndian);
  // −1 is no program; 0 is a descriptor.
  if (map.valueSize >= 8) view.setInt32(offset + 4, program?.fd ?? -1, hostIsLittleEndian);
}

/** What a look-up puts in the place of the program's descriptor: its id. */
export function readProgramId(view: DataView, offset: number, valueSize: number): number | undefined {
  const id = valueSize < 8 ? 0 : view.getUint32(offset + 4, hostIsLittleEndian);
  return id === 0 ? undefined : id;
}
