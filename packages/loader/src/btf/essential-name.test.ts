import { expect, it } from "vitest";
import { essentialName } from "./essential-name.ts";

it.each([
  ["task_struct", "task_struct"],
  ["task_struct___old", "task_struct"],
  ["task_struct___old___older", "task_struct___old"],
  ["a___b", "a"],
  ["a____b", "a____b"],
  ["a___", "a___"],
  ["___a", "___a"],
  ["a___b___", "a"],
  ["a___b____c", "a"],
  ["", ""],
  ["___", "___"],
])("%s → %s", (name, essential) => {
  expect(essentialName(name)).toBe(essential);
});
