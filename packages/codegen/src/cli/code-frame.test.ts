import { describe, expect, it } from "vitest";
import { commandFolder } from "../../../../test/codegen-command.ts";
import { ObjectEditor } from "../../../../test/object-editor.ts";

const here = commandFolder();

/** An object with a relocation in the middle of an instruction. */
function broken(): ObjectEditor {
  const object = new ObjectEditor(new URL("../../../loader/src/spec/fixtures/maps.el.o", import.meta.url));
  const offset = object.view.getUint32(object.relocation("tc", 0), true);
  object.view.setUint32(object.relocation("tc", 0), offset + 8, true);
  return object;
}

describe("an error in a program", () => {
  it("shows the line of C", () => {
    here.write("programs.bpf.o", broken().bytes);
    const { status, stderr } = here.run(["programs.bpf.o"]);
    const [message, place, line, mark, ...rest] = stderr.split("\n");
    expect({ status, rest }).toEqual({ status: 1, rest: [""] });
    expect(message).toContain("a relocation for the second half of an instruction");
    expect(place).toMatch(/^ {2}at \.?\/?[\w./-]*maps\.bpf\.c:\d+:\d+$/);
    expect(line).toMatch(/^ {2}\d+ \| .*[a-z]/);
    expect(line?.slice(mark?.indexOf("^"))).toMatch(/^\S/);
  });

  it("is one line where the object has no line information", () => {
    here.write("programs.bpf.o", broken().withoutBtf().bytes);
    expect(here.run(["programs.bpf.o"]).stderr).toMatch(/^bpf-codegen: programs\.bpf\.o: [^\n]+\n$/);
  });
});
