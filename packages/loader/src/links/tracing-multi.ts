import type { Btf, TypeId } from "../btf/index.ts";
import { BpfError, quoteName } from "../errors/index.ts";
import { KernelTypes } from "../programs/kernel-types.ts";
import { type AttachableProgram, describeProgram } from "./attachable-program.ts";
import { createLink } from "./create-link.ts";
import { isGlob, matchesGlob } from "./glob.ts";
import { BpfLink } from "./link.ts";
import { isListOf, isText, isUint64, type LinkKind, optional, optionError } from "./link-kind.ts";
import { didYouMean } from "./similar-names.ts";
import { readTracefs } from "./tracefs.ts";

/** Options of `fentry.multi`, `fexit.multi` and `fsession.multi` programs. */
export interface TracingMultiOptions {
  /** Functions of the kernel, exact or with `*` and `?`. Default: what the section's name says. */
  readonly symbols?: readonly string[];
  /** What `bpf_get_attach_cookie()` gives, one for each function; not with patterns. */
  readonly cookies?: readonly bigint[];
}

/** Since Linux 7.2. */
export const tracingMulti: LinkKind<TracingMultiOptions> = {
  kind: "tracingMulti",
  title: "a program on many functions (fentry.multi, fexit.multi, fsession.multi)",
  since: "7.2",
  options: { symbols: optional("string[]", isListOf(isText)), cookies: optional("bigint[]", isListOf(isUint64)) },
  example: 'attach({ symbols: ["tcp_*"] })',
  attach(program, { symbols, cookies }) {
    const names = symbols ?? (program.attachTo === "" ? [] : [program.attachTo]);
    if (names.length === 0) {
      throw optionError(tracingMulti, program, "its section names no functions; give the option symbols");
    }
    if (cookies !== undefined && (names.some(isGlob) || cookies.length !== names.length)) {
      throw optionError(tracingMulti, program, "the option cookies needs one cookie for each exact function");
    }
    const ids = functionIds(program, names);
    const link = createLink(
      program,
      {
        attachType: program.attachType,
        tracingMultiIds: new Uint8Array(Uint32Array.from(ids).buffer),
        tracingMultiCnt: ids.length,
        tracingMultiCookies: cookies === undefined ? undefined : new Uint8Array(BigUint64Array.from(cookies).buffer),
      },
      () => ({
        capabilities: ["CAP_BPF", "CAP_PERFMON"],
        hints: {
          EINVAL: "one of the functions can't be traced, or is named twice",
          ENOENT: "one of the functions is inlined, or left no room for a probe",
          EOPNOTSUPP:
            "the kernel was built without CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS, or can't do it on this architecture",
        },
      }),
    );
    return new BpfLink("tracingMulti", link);
  },
};

/** Type ids in the kernel's BTF. */
function functionIds(program: AttachableProgram, names: readonly string[]): readonly TypeId[] {
  const { kernel } = new KernelTypes();
  const ids = new Set<TypeId>();
  for (const name of names) {
    const found = isGlob(name) ? matching(kernel, name) : exact(kernel, name);
    if (found.length === 0) {
      throw new BpfError(
        "ERR_BPF_NOT_FOUND",
        `${describeProgram(program)} can't be attached: this kernel has no function ${quoteName(name)} that can be traced` +
          (isGlob(name)
            ? ""
            : didYouMean(
                name,
                kernel.ofKinds("function").map((id) => kernel.name(id)),
              )),
      );
    }
    for (const id of found) ids.add(id);
  }
  return [...ids];
}

function exact(kernel: Btf, name: string): readonly TypeId[] {
  const id = kernel.find(name, "function");
  return id === undefined ? [] : [id];
}

function matching(kernel: Btf, glob: string): readonly TypeId[] {
  const matches = matchesGlob(glob);
  // One function that has no room for a probe fails the whole attachment.
  const listed = readTracefs("available_filter_functions");
  const traceable = listed === undefined || listed === "" ? undefined : new Set(listed.split("\n").map(firstWord));
  return kernel.ofKinds("function").filter((id) => {
    const name = kernel.name(id);
    return matches(name) && traceable?.has(name) !== false && isTraceable(kernel, id);
  });
}

function firstWord(line: string): string {
  return line.split(" ", 1)[0] ?? "";
}

/** Most arguments of a function that trampolines pass on (MAX_BPF_FUNC_ARGS). */
const MOST_ARGUMENTS = 12;
/** Bytes of the largest structure that they pass on. */
const LARGEST_STRUCTURE = 16;

/** Whether trampolines can pass the function's arguments and result on (btf_distill_func_proto() in the kernel's kernel/bpf/btf.c). */
function isTraceable(kernel: Btf, id: TypeId): boolean {
  const type = kernel.type(id);
  const prototype = type.kind === "function" ? kernel.type(type.typeId) : undefined;
  if (prototype?.kind !== "functionPrototype" || prototype.parameters.length > MOST_ARGUMENTS) return false;
  const result = kernel.resolve(prototype.returnTypeId).kind;
  if (result === "struct" || result === "union") return false;
  return prototype.parameters.every(({ typeId }) => {
    const { kind } = kernel.resolve(typeId);
    // `...` is void.
    if (kind === "void") return false;
    return kind === "pointer" || kernel.sizeOf(typeId) <= LARGEST_STRUCTURE;
  });
}
