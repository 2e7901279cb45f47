import { quoteName } from "../errors/index.ts";
import { mapIdentity } from "../info/identity.ts";
import { checkCompatible, mapHost, mapShape } from "../maps/index.ts";
import type { BpfMap } from "../maps/index.ts";
import type { MapSpec } from "../spec/index.ts";
import { isDataSection } from "./create-map.ts";

/**
 * Whether a map can stand for what a definition says, as `mapReplacements` and pins by name must: type, sizes, entries, flags and
 * `map_extra` are the same. What the loader fills in, and flags that it or the kernel adds, do not count.
 *
 * @throws IncompatibleMapError naming every difference; BpfError `ERR_BPF_CLOSED`
 */
export function checkMapCompatible(spec: MapSpec, map: BpfMap): void {
  checkCompatible(
    spec.name,
    mapShape(spec, mapHost()),
    mapIdentity(map.fd, `map ${quoteName(map.name)}`),
    isDataSection(spec),
  );
}
