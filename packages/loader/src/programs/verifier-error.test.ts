import { expect, it } from "vitest";
import { NotSupportedError, VerifierError } from "../errors/index.ts";
import { ProgramType } from "../uapi/index.ts";
import { verifierError } from "./verifier-error.ts";
import type { RefusedProgram } from "./verifier-error.ts";

const line = (slot: number, line: number, text: string): RefusedProgram["lines"][number] => ({
  slot,
  file: "/home/somebody/drops.bpf.c",
  text,
  line,
  column: 1,
  fileOffset: 0,
  textOffset: 0,
});

const refused: RefusedProgram = {
  name: "count",
  errno: "EACCES",
  log: [
    "0: (b7) r1 = 0",
    "1: (61) r0 = *(u32 *)(r1 +0)",
    "R1 invalid mem access 'scalar'",
    "processed 2 insns (limit 1000000)",
  ],
  truncated: false,
  lines: [line(0, 10, "\tint *p = 0;"), line(1, 11, "\treturn *p;"), line(3, 12, "}")],
  poisoned: new Map(),
  missingFunctions: new Map(),
  missingMaps: new Map(),
  type: ProgramType.XDP,
  license: "GPL",
};

it("finds the source line by the instruction, also where the log has none", () => {
  const error = verifierError(refused);
  expect(error).toBeInstanceOf(VerifierError);
  expect(error.log).toBe(refused.log);
  expect(error.message).toBe(
    [
      `program "count" was refused by the verifier: R1 invalid mem access 'scalar' (EACCES)`,
      "  drops.bpf.c:11: return *p;",
      "  instruction 1: (61) r0 = *(u32 *)(r1 +0)",
    ].join("\n"),
  );
  // Without line info the log's own comment is used.
  const log = ["; return *p; @ other.bpf.c:7", ...refused.log.slice(1)];
  expect(verifierError({ ...refused, lines: [], log }).message).toContain("  other.bpf.c:7: return *p;");
});

it("explains what the loader put there itself", () => {
  const log = ["; x = task->gone;", "1: (85) call unknown#195896080", "invalid func unknown#195896080"];
  const poison = { description: "struct task_struct.gone (0:1)", reason: () => "it is gone" };
  const error = verifierError({ ...refused, log, poisoned: new Map([[1, poison]]) });
  expect(error.message).toMatch(
    /: it uses struct task_struct\.gone \(0:1\), which this kernel does not have \(failed CO-RE relocation: it is gone\)\n {2}drops\.bpf\.c:11/,
  );
  expect(error.cause).toBeInstanceOf(NotSupportedError);
  const missingFunctions = new Map([[1, "bpf_new_thing"]]);
  expect(verifierError({ ...refused, log, missingFunctions }).message).toMatch(
    /: it calls the kernel function "bpf_new_thing", which this kernel does not have, or not as it is declared\n/,
  );
  const missingMaps = new Map([[1, { name: "flows", reason: undefined }]]);
  expect(verifierError({ ...refused, log, missingMaps }).message).toMatch(
    /: it uses map "flows", which was not created\n/,
  );
  expect(verifierError({ ...refused, log, missingMaps }).cause).toBeUndefined();
});

function message(reason: string, license = "GPL"): string {
  return verifierError({ ...refused, license, log: ["1: (85) call x#1", reason] }).message;
}

it("says what to do about a licence, loops and size", () => {
  expect(message("cannot call GPL-restricted function from non-GPL compatible program", "")).toMatch(
    /declares no licence/,
  );
  expect(message("back-edge from insn 5 to 2")).toMatch(/Linux 5\.3/);
  expect(message("BPF program is too large. Processed 1000001 insn")).toMatch(/split the program/);
  expect(message("At program exit the register R0 has value 7 should have been in [0, 3]")).toMatch(
    /mask what it returns/,
  );
  expect(message("infinite loop detected at insn 1")).toMatch(/count the rounds/);
  expect(message("Unreleased reference id=2 alloc_insn=0")).toMatch(
    /acquired here:\n {2}drops\.bpf\.c:10: int \*p = 0;/,
  );
  expect(message("calling kernel function bpf_x is not allowed")).toMatch(/not offer "bpf_x" to .* BPF_PROG_TYPE_XDP/);
});

it("copes with a log that says nothing, or is cut", () => {
  expect(verifierError({ ...refused, log: ["1: (95) exit"] }).message).toMatch(/EACCES, and the log gives no reason/);
  expect(verifierError({ ...refused, truncated: true }).message).toMatch(/the log is cut/);
});

it("lets nothing from the object steer a terminal", () => {
  const { message } = verifierError({ ...refused, lines: [line(1, 11, "\u001b[2Jreturn *p; // \u202e")] });
  expect(message).toContain("  drops.bpf.c:11: \\u{1b}[2Jreturn *p; // \\u{202e}");
});
