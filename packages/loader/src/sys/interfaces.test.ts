import { describe, expect, it } from "vitest";
import { BpfError } from "../errors/index.ts";
import { interfaceIndex, networkInterfaces } from "./interfaces.ts";

const here = process.platform === "linux" ? describe : describe.skip;

here("network interfaces", () => {
  it("are listed with their numbers", () => {
    expect(networkInterfaces()).toContainEqual({ name: "lo", index: interfaceIndex("lo") });
  });

  it.each(["nope", "a-name-longer-than-fifteen-characters", "", "lo\nx"])(
    "has none called %j: lists what there is",
    (name) => {
      let error: unknown;
      try {
        interfaceIndex(name);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(BpfError);
      expect(error).toMatchObject({
        code: "ERR_BPF_NOT_FOUND",
        message: expect.stringContaining(
          `there is no network interface ${JSON.stringify(name)}; there are: `,
        ) as string,
      });
      expect(String(error)).toContain('"lo"');
    },
  );
});
