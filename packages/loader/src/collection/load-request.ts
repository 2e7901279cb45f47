import { endianness } from "node:os";
import { BpfError, quoteName } from "../errors/index.ts";
import type { CollectionSpec } from "../spec/index.ts";
import type { LoadOptions } from "./load-options.ts";

/**
 * Whether a load can be what it is asked to be.
 *
 * @throws BpfError for an object of another byte order, and for names that the object lacks.
 */
export function checkRequest(spec: CollectionSpec, options: LoadOptions): void {
  checkByteOrder(spec);
  checkNames("mapReplacements", "map", options.mapReplacements, spec.maps);
  checkNames("attachTargets", "program", options.attachTargets, spec.programs);
  checkNames("fdArrays", "program", options.fdArrays, spec.programs);
  checkNames("autocreate", "map", options.autocreate, spec.maps);
}

/** The spec itself when there is nothing to change: loading never writes to it. */
export function withConstants(spec: CollectionSpec, constants: LoadOptions["constants"]): CollectionSpec {
  if (constants === undefined || Object.keys(constants).length === 0) return spec;
  const copy = spec.copy();
  copy.rewriteConstants(constants);
  return copy;
}

function checkByteOrder(spec: CollectionSpec): void {
  const order = spec.littleEndian ? "LE" : "BE";
  if (order === endianness()) return;
  throw new BpfError(
    "ERR_BPF_OBJECT_FORMAT",
    `the object is ${spec.littleEndian ? "little" : "big"}-endian and this machine is not: compile it with -target bpf${endianness() === "LE" ? "el" : "eb"}`,
  );
}

function checkNames(
  option: string,
  kind: string,
  given: Readonly<Record<string, unknown>> | undefined,
  known: ReadonlyMap<string, unknown>,
): void {
  const unknown = Object.keys(given ?? {}).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new BpfError(
    "ERR_BPF_NOT_FOUND",
    `option ${option}: the object has no ${kind} ${unknown.map((name) => quoteName(name)).join(", ")}`,
  );
}
