import { endianness } from "node:os";
import { helperName } from "../asm/helper.ts";
import { lacks, type FeatureProbe } from "../sys/index.ts";
import { type ProgramType, programTypeName } from "../uapi/index.ts";
import { programTypeNeeds, programTypeProbe, typesWithTarget } from "./program-types.ts";
import { cantTell, isUnknown, tryProgram } from "./try-call.ts";

const probes = new Map<string, FeatureProbe>();

/**
 * Whether programs of a type may call a helper function. A helper that only some attach types of a program type have is tried with
 * one of them, and those of types that are loaded for a function of the kernel can't be told.
 *
 * @param helper its number: `helperNumber("bpf_redirect")` of `bpf-loader/asm`.
 */
export function helperProbe(type: ProgramType, helper: number): FeatureProbe {
  const key = `${type} ${helper}`;
  let probe = probes.get(key);
  if (probe === undefined) {
    const name = `${helperName(helper) ?? `helper ${helper}`} for programs of type ${programTypeName(type)}`;
    probe = { name, since: undefined, test: () => isAvailable(type, helper) };
    probes.set(key, probe);
  }
  return probe;
}

/** What the verifier says of a helper that it does not have at all, or not for this type of program. */
const REFUSALS = /(?:invalid|unknown) func |program of this type cannot use helper /;

function isAvailable(type: ProgramType, helper: number): boolean | string {
  if (typesWithTarget.has(type)) {
    return "such programs are loaded for a function or structure of the kernel, on which their helpers depend";
  }
  const { result, log } = tryProgram({ ...programTypeNeeds(type), insns: call(helper) });
  // A program that can call it is still wrong in its arguments, which the verifier then says.
  if (result >= 0 || log !== "") return !REFUSALS.test(log);
  if (isUnknown(result) && lacks(programTypeProbe(type))) return false;
  return cantTell(result, "BPF_PROG_LOAD");
}

const LITTLE_ENDIAN = endianness() === "LE";

/** `call helper; r0 = 0; exit`. The result of some helpers may not be returned. */
function call(helper: number): Uint8Array {
  const insns = new Uint8Array(24);
  insns[0] = 0x85;
  new DataView(insns.buffer).setInt32(4, helper, LITTLE_ENDIAN);
  insns[8] = 0xb7;
  insns[16] = 0x95;
  return insns;
}
