import { fileURLToPath } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { requireKernel } from "../../../../test/kernel.ts";
import { loadCollectionSpec, loadCollectionSync } from "../collection/index.ts";
import type { ArrayMap, HashMap } from "./index.ts";

interface Account {
  lock: { val: number };
  balance: number;
}
const account = (balance: number): Account => ({ lock: { val: 0 }, balance });

beforeEach(requireKernel);

it("values with a lock are read and written under it", () => {
  using collection = loadCollectionSync(
    loadCollectionSpec(fileURLToPath(new URL("fixtures/lock.el.o", import.meta.url))),
  );
  const accounts = collection.maps.get("accounts") as HashMap<number, Account>;
  accounts.set(1, account(5));
  expect(accounts.get(1, { flag: "lock" })).toEqual(account(5));
  expect(accounts.set(1, account(6), { flag: "lock" })).toBe(true);
  expect(accounts.get(1)).toEqual(account(6));
  expect(accounts.get(2, { flag: "lock" })).toBeUndefined();

  const slots = collection.maps.get("slots") as ArrayMap<Account>;
  slots.set(3, account(7), { flag: "lock" });
  expect(slots.get(3, { flag: "lock" })).toEqual(account(7));
});
