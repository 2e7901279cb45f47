import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runBpf } from "../../../../test/bpf-command.ts";
import { version } from "./version.ts";

describe("bpf", () => {
  it("has the package's version", () => {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toMatchObject({ version });
    expect(runBpf(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("lists its sub-commands, each of which has a help", { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = runBpf(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const names = [...stdout.matchAll(/^ {2}(\w+(?: \w+)?) {2}/gm)].map(([, name = ""]) => name);
    expect(names).toContain("features");
    expect(names).toContain("dump map");
    for (const name of names) {
      const help = runBpf([...name.split(" "), "--help"]);
      expect(help).toMatchObject({ status: 0, stderr: "" });
      expect(help.stdout).toMatch(new RegExp(`^Usage: bpf ${name} .*JSON[:,].*--json.*--help`, "s"));
    }
  });

  it.each([
    [[], "bpf: it needs to be told what to do\nTry: bpf --help\n"],
    [["no\u001b[31msuch"], "bpf: there is no sub-command no\\u001b[31msuch\nTry: bpf --help\n"],
    [["list"], "bpf: list what? maps, programs, links, btf\nTry: bpf --help\n"],
    [["list", "cats"], "bpf: there is no list cats, but maps, programs, links, btf\nTry: bpf --help\n"],
    [["features", "--nope"], "bpf: Unknown option '--nope'\nTry: bpf features --help\n"],
  ])("says what is wrong with %j", (args, stderr) => {
    expect(runBpf(args)).toEqual({ status: 2, stdout: "", stderr });
  });
});
