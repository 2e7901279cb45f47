/**
 * Classes of maps as others extend them: as constructors only, since `create` and its like give another type there, and TypeScript
 * wants statics to be those of the class that is extended.
 *
 * @module
 */

import type { Codec } from "../codec/index.ts";
import { ArrayMap } from "./array-map.ts";
import type { OpenedMap } from "./bpf-map.ts";
import { HashMap } from "./hash-map.ts";

export const ArrayMapBase: new <V>(opened: OpenedMap, value?: Codec<unknown>) => ArrayMap<V> = ArrayMap;
export const HashMapBase: new <K, V>(opened: OpenedMap, value?: Codec<unknown>) => HashMap<K, V> = HashMap;
