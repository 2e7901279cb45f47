import { BpfMap } from "./bpf-map.ts";

/** A map of a kind without an interface of its own: it can be given to programs, cloned and closed. */
export class PlainMap extends BpfMap {}
