import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { bpfCommand, runBpf } from "../../../../test/bpf-command.ts";
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
    [["--json", "list"], "bpf: options stand behind the sub-command: bpf list maps --json\nTry: bpf --help\n"],
    [["features", "--nope"], "bpf: Unknown option '--nope'\nTry: bpf features --help\n"],
  ])("says what is wrong with %j", (args, stderr) => {
    expect(runBpf(args)).toEqual({ status: 2, stdout: "", stderr });
  });

  it("loads what it needs, which is little", () => {
    expect(scriptsOf(["--version"])).toEqual(scriptsOf(["--help"]));
    expect(scriptsOf(["--help"])).not.toContain("walk");
    const list = scriptsOf(["list", "programs", "--help"]);
    expect(list).toEqual(expect.arrayContaining([...scriptsOf(["--help"]), "programs"]));
    for (const other of ["features", "dump-program", "map-content", "string-width"]) expect(list).not.toContain(other);
  });
});

/** Names of the command's scripts that it has loaded when it ends. */
function scriptsOf(args: readonly string[]): readonly string[] {
  const script = `process.on("exit", () => console.error(Object.keys(require.cache).join("\\n"))); require(process.argv[1]);`;
  const { status, stderr } = spawnSync(process.execPath, ["-e", script, bpfCommand, ...args], { encoding: "utf8" });
  expect(status).toBe(0);
  const files = stderr.trimEnd().split("\n");
  return files.filter((file) => file.includes("/dist/command/")).map((file) => basename(file, ".cjs"));
}
