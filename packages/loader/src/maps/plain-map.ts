import { BpfMap } from "./bpf-map.ts";

/** A map of a kind that this version does not know: it can be given to programs, pinned, cloned and closed. */
export class PlainMap extends BpfMap {}
