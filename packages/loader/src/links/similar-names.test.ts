import { expect, test } from "vitest";
import { didYouMean, similarNames } from "./similar-names.ts";

test("finds names with a letter wrong, missing or too many, and names inside of others", () => {
  const names = ["sched_switch", "sched_wakeup", "sys_enter", "sys_exit", "sched_process_exec"];
  expect(similarNames("sched_swich", names)).toEqual(["sched_switch"]);
  expect(similarNames("sysenter", names)[0]).toBe("sys_enter");
  expect(similarNames("process_exec", names)).toEqual(["sched_process_exec"]);
  expect(similarNames("netif_rx", names)).toEqual([]);
});

test("ends a message, or adds nothing to it", () => {
  expect(didYouMean("sys_entr", ["sys_enter"])).toBe('; did you mean "sys_enter"?');
  expect(didYouMean("x", ["sys_enter"])).toBe("");
});
