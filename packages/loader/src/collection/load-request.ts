import { endianness } from "node:os";
import { describeValue } from "../codec/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import type { CollectionSpec } from "../spec/index.ts";
import type { LoadOptions } from "./load-options.ts";

/**
 * Whether a load can be what it is asked to be.
 *
 * @throws BpfError for an object of another byte order, for names that the object lacks, and for a log that can't be.
 */
export function checkRequest(spec: CollectionSpec, options: LoadOptions): void {
  checkByteOrder(spec);
  checkNames("mapReplacements", "map", options.mapReplacements, spec.maps);
  checkNames("attachTargets", "program", options.attachTargets, spec.programs);
  checkNames("fdArrays", "program", options.fdArrays, spec.programs);
  checkNames("autocreate", "map", options.autocreate, spec.maps);
  checkLog(options.verifierLog);
}

/** The spec itself when there is nothing to change: loading never writes to it. */
export function withConstants(spec: CollectionSpec, constants: LoadOptions["constants"]): CollectionSpec {
  if (constants === undefined || Object.keys(constants).length === 0) return spec;
  const copy = spec.copy();
  copy.rewriteConstants(constants);
  return copy;
}

/** All bits that a level has (BPF_LOG_MASK of the kernel's include/linux/bpf_verifier.h). */
const LARGEST_LOG_LEVEL = 7;
/** What kernels before 6.4 want at least, and all take at most since Linux 5.2 (bpf_verifier_log_attr_valid). */
const SMALLEST_LOG_BYTES = 128;
const LARGEST_LOG_BYTES = 2 ** 30 - 1;

function checkLog(log: LoadOptions["verifierLog"]): void {
  if (log === undefined || log === false) return;
  checkNumber("verifierLog.level", log.level, 0, LARGEST_LOG_LEVEL);
  checkNumber("verifierLog.size", log.size, SMALLEST_LOG_BYTES, LARGEST_LOG_BYTES);
}

function checkNumber(option: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new BpfError(
    "ERR_BPF_INVALID_ARGUMENT",
    `option ${option} is ${describeValue(value)}, and must be an integer from ${least} to ${most}`,
  );
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
