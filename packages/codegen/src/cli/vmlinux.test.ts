import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clang, compile, whyNoClang } from "../../../../test/btf/clang.ts";
import { commandFolder } from "../../../../test/codegen-command.ts";

const here = commandFolder();

describe("bpf-codegen vmlinux", () => {
  it("prints the types of an object's BTF, or those that are named", (context) => {
    context.skip(clang === undefined, whyNoClang);
    const all = here.run(["vmlinux", "--btf", "maps.bpf.o"]);
    expect(all).toMatchObject({ status: 0, stderr: "" });
    expect(all.stdout).toContain("struct flow_stats {");
    const one = here.run(["vmlinux", "flow_key", "--btf", "maps.bpf.o", "-o", "flow.h"]);
    expect(one).toEqual({ status: 0, stdout: "", stderr: "bpf-codegen: maps.bpf.o → flow.h\n" });
    expect(here.read("flow.h")).toContain("struct flow_key {");
    expect(here.read("flow.h")).not.toContain("flow_stats");
    compile(`${here.read("flow.h")}\nstruct flow_key key;`, "bpf");
  });

  it("prints the running kernel's types", (context) => {
    context.skip(!existsSync("/sys/kernel/btf/vmlinux"), "this kernel offers no BTF");
    const { status, stdout } = here.run(["vmlinux", "struct list_head"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/struct list_head \{\n\s+struct list_head \*next;\n\s+struct list_head \*prev;\n\}/);
  });

  it.each<[readonly string[], number, string]>([
    [["--btf", "nope"], 1, "nope: no such file"],
    [["--btf", "text"], 1, "text: "],
    [["nope", "--btf", "maps.bpf.o"], 1, 'maps.bpf.o: it has no type "nope"\n'],
    [["--base", "maps.bpf.o"], 2, "say which with --btf FILE"],
    [["--nope"], 2, "Unknown option '--nope'"],
  ])("%j: exit code %i", (args, status, message) => {
    here.write("text", "hello");
    expect(here.run(["vmlinux", ...args])).toMatchObject({
      status,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  });
});
