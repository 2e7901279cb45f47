import { expect, it } from "vitest";
import { helperName, helperNumber, helpers } from "./helper.ts";

it("names helpers by their numbers, and the other way round", () => {
  expect(helperName(1)).toBe("bpf_map_lookup_elem");
  expect(helperName(211)).toBe("bpf_cgrp_storage_delete");
  expect(helperNumber("bpf_ringbuf_output")).toBe(130);
  for (const [name, number] of helpers()) {
    expect(helperName(number)).toBe(name);
    expect(helperNumber(name)).toBe(number);
  }
  expect(helpers().size).toBe(211);
});

it("knows no others", () => {
  for (const number of [0, 212, -1, 1.5]) expect(helperName(number)).toBeUndefined();
  for (const name of ["", "bpf_unspec", "map_lookup_elem", "constructor"]) expect(helperNumber(name)).toBeUndefined();
});
