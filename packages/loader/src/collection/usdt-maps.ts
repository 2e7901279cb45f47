import { codecFromBtf } from "../codec/index.ts";
import { BpfError, ObjectFormatError, quoteName } from "../errors/index.ts";
import { UsdtMaps } from "../links/index.ts";
import type { CollectionSpec, MapSpec, ProgramSpec } from "../spec/index.ts";
import type { FileDescriptor } from "../sys/index.ts";
import { kernelConfigSource } from "./kernel-config-source.ts";

/** Map that libbpf's usdt.bpf.h defines: where the arguments of probes are. */
const SPECS = "__bpf_usdt_specs";
/** Map that it defines for kernels without cookies. */
const ADDRESSES = "__bpf_usdt_ip_to_spec_id";

/** What USDT programs of a load need to know of it. */
export interface UsdtContext {
  readonly collection: CollectionSpec;
  readonly programs: ReadonlyMap<string, ProgramSpec>;
  readonly maps: ReadonlyMap<string, FileDescriptor>;
  /** Names of maps that were given. */
  readonly replaced: ReadonlySet<string>;
}

/**
 * A hold on the two maps for each USDT program that reads arguments, by the program's name.
 *
 * @throws BpfError for maps that were given from elsewhere, and for such that are not what usdt.bpf.h defines.
 */
export function openUsdtMaps({ collection, programs, maps, replaced }: UsdtContext): Map<string, UsdtMaps> {
  const names = [...programs].filter(([, program]) => readsArguments(program)).map(([name]) => name);
  const specs = maps.get(SPECS);
  const addresses = maps.get(ADDRESSES);
  const opened = new Map<string, UsdtMaps>();
  if (names.length === 0 || specs === undefined || addresses === undefined) return opened;
  const given = [SPECS, ADDRESSES].find((name) => replaced.has(name));
  if (given !== undefined) {
    throw new BpfError(
      "ERR_BPF_INVALID_ARGUMENT",
      `map ${quoteName(given)} can't be replaced: which of its entries are free is known only where it was loaded`,
    );
  }
  const { btf } = collection;
  const spec = checked(collection, SPECS, 4);
  checked(collection, ADDRESSES, 8, 4);
  const codec = btf === undefined ? undefined : codecFromBtf(btf, spec.valueTypeId);
  if (codec === undefined || codec.size !== spec.valueSize) throw otherMap(SPECS, "its values have no type");
  const cookies = kernelConfigSource.hasCookie();
  const first = UsdtMaps.open({ specs, addresses, count: spec.maxEntries, codec, cookies });
  try {
    for (const name of names) opened.set(name, first.share());
  } catch (error) {
    for (const each of opened.values()) each.close();
    throw error;
  } finally {
    first.close();
  }
  return opened;
}

function readsArguments({ rule, functions }: ProgramSpec): boolean {
  if (rule?.attach !== "usdt") return false;
  return functions.some(({ references }) => references.some((to) => to.kind === "map" && to.name === SPECS));
}

function checked(collection: CollectionSpec, name: string, keySize: number, valueSize?: number): MapSpec {
  const spec = collection.maps.get(name);
  if (spec === undefined) throw otherMap(name, "it is not in the object");
  if (spec.keySize !== keySize) throw otherMap(name, `its keys have ${spec.keySize} bytes, not ${keySize}`);
  if (valueSize !== undefined && spec.valueSize !== valueSize) {
    throw otherMap(name, `its values have ${spec.valueSize} bytes, not ${valueSize}`);
  }
  return spec;
}

function otherMap(name: string, why: string): ObjectFormatError {
  return new ObjectFormatError(`map ${quoteName(name)} is not what libbpf's usdt.bpf.h defines: ${why}`);
}
