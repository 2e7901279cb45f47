import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandFolder, goldenFixture } from "../../../../test/codegen-command.ts";

const here = commandFolder();
const configure = (config: unknown, file = "bpf-codegen.config.json"): void =>
  here.write(file, typeof config === "string" ? config : JSON.stringify(config));

describe("bpf-codegen.config.json", () => {
  it("lists modules", () => {
    configure({
      modules: [
        { input: "maps.bpf.o", output: "a.ts" },
        { input: "maps.bpf.o", output: "b.ts", name: "net", types: ["event"], events: { raw_events: "event" } },
      ],
    });
    expect(here.run([])).toEqual({
      status: 0,
      stdout: "",
      stderr: "bpf-codegen: maps.bpf.o → a.ts\nbpf-codegen: maps.bpf.o → b.ts\n",
    });
    expect(here.read("b.ts")).toContain("rawEvents: RingBufTag<Event>");
  });

  it("is found elsewhere, and its paths are from its own folder", () => {
    mkdirSync(join(here.path, "sub"));
    here.write("sub/maps.bpf.o", goldenFixture("maps.el.o"));
    configure({ modules: [{ input: "maps.bpf.o", output: "maps.ts" }] }, "sub/other.json");
    expect(here.run(["--config", "sub/other.json"]).status).toBe(0);
    expect(existsSync(join(here.path, "sub", "maps.ts"))).toBe(true);
  });

  it("goes on after a module that fails", () => {
    configure({
      modules: [
        { input: "nope.o", output: "a.ts" },
        { input: "maps.bpf.o", output: "b.ts" },
      ],
    });
    const { status, stdout, stderr } = here.run([]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe("bpf-codegen: nope.o: no such file\nbpf-codegen: maps.bpf.o → b.ts\n");
  });

  it("holds any name", () => {
    configure('{ "modules": [{ "input": "maps.bpf.o", "output": "y", "events": { "__proto__": "event" } }] }');
    expect(here.run([])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('maps.bpf.o: the object has no map "__proto__"'),
    });
  });

  it.each<[unknown, string]>([
    ["{", "not JSON"],
    [[], "expected object, received array"],
    [{ modules: [] }, "modules: "],
    [{ modules: [{ input: "x.o" }] }, "modules[0].output: expected string, received undefined"],
    [{ modules: [{ input: "x.o", output: 1 }] }, "modules[0].output: expected string, received number"],
    [{ modules: [{ input: "x.o", output: "y", types: [1] }] }, "modules[0].types[0]: expected string, received number"],
    [
      { modules: [{ input: "x.o", output: "y", values: [{ as: "Pid" }] }] },
      "modules[0].values[0]: says neither of which type nor of which field",
    ],
    [
      { modules: [{ input: "x.o", output: "y", values: [{ type: "x" }] }] },
      "modules[0].values[0].as: expected string, received undefined",
    ],
    [{ modules: [{ input: "x.o", output: "y", extra: 1 }] }, 'modules[0]: Unrecognized key: "extra"'],
    [
      { modules: [{ input: "x.o", output: "y", events: { a: 1 } }] },
      "modules[0].events.a: expected string, received number",
    ],
    [{ modules: [{ input: "x.o", output: "y", events: [] }] }, "modules[0].events: expected object"],
    [
      '{ "modules": [{ "input": "maps.bpf.o", "output": "y", "__proto__": { "zod": true } }] }',
      'modules[0]: Unrecognized key: "__proto__"',
    ],
    [{ modules: [{ input: "x.o", output: "y", "\u202e\n*/": 1 }] }, 'Unrecognized key: "\\u202e */"'],
    [{ modules: [{ input: "", output: "y" }] }, "modules[0].input: must not be empty"],
    [{ modules: [{ input: "x.o", output: "y", toJson: 1 }] }, "modules[0].toJson: expected boolean or object"],
    [
      { modules: [{ input: "x.o", output: "y", toJson: { bigints: "no" } }] },
      'modules[0].toJson.bigints: Invalid option: expected one of "string"|"number"',
    ],
    [
      { modules: [{ input: "x.o", output: "y", targets: ["x64"], flags: [] }] },
      "modules[0].flags: is for C sources, which x.o is not; modules[0].targets: is for C sources, which x.o is not",
    ],
    [
      { modules: [{ input: "x.o", output: "y", library: true, embed: "none" }] },
      "modules[0].embed: a library embeds nothing",
    ],
    [
      { modules: [{ input: "maps.bpf.o", output: "maps.bpf.o" }] },
      "maps.bpf.o is what is read, and would be written over",
    ],
  ])("is checked: %j", (config, message) => {
    configure(config);
    const { status, stdout, stderr } = here.run([]);
    expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 1, stdout: "", lines: 2 });
    expect(stderr).toContain(`bpf-codegen: bpf-codegen.config.json: `);
    expect(stderr).toContain(message);
  });
});

describe("bpf-codegen.config.ts and .js", () => {
  const modules = '[{ input: "maps.bpf.o", output: "maps.ts" }]';

  it.each([
    [
      "bpf-codegen.config.ts",
      `const config: { modules: object[] } = { modules: ${modules} };\nexport default config;\n`,
    ],
    ["bpf-codegen.config.mts", `export default { modules: ${modules} satisfies object[] };\n`],
    ["bpf-codegen.config.mjs", `export default { modules: ${modules} };\n`],
  ])("%s is a module with a default export", (file, text) => {
    configure(text, file);
    expect(here.run([])).toEqual({ status: 0, stdout: "", stderr: "bpf-codegen: maps.bpf.o → maps.ts\n" });
  });

  it.each([
    ["nothing exported", "export const config = 1;\n", "has no default export"],
    ["a mistake in it", "export default {\n", "can't be loaded: "],
    ["an error thrown", 'throw new Error("not today\\n");\n', "can't be loaded: not today"],
    ["a wrong field", `export default { modules: ${modules}, extra: 1 };\n`, 'Unrecognized key: "extra"'],
  ])("%s: exit code 1", (_what, text, message) => {
    configure(text, "bpf-codegen.config.mjs");
    const { status, stdout, stderr } = here.run([]);
    expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 1, stdout: "", lines: 2 });
    expect(stderr).toContain(`bpf-codegen: bpf-codegen.config.mjs: `);
    expect(stderr).toContain(message);
  });

  it("has to be one", () => {
    configure("export default {};\n", "bpf-codegen.config.js");
    configure("{}");
    expect(here.run([])).toMatchObject({
      status: 1,
      stderr: "bpf-codegen: bpf-codegen.config.js: there is bpf-codegen.config.json as well; say which with --config\n",
    });
  });
});
