/**
 * An addon whose calls fail when they are told to: every system call of the loader goes through it.
 *
 * @module
 */
import type { Addon } from "../../packages/loader/src/sys/addon-interface.ts";
import { wrapAddon } from "../../packages/loader/src/sys/addon.ts";

/** What gives back and what only tells: the kernel does not refuse it. */
const CERTAIN: ReadonlySet<string> = new Set(["close", "closeMapSlot", "unmap", "stopPoll", "pageSize"]);
/** What answers by a promise. */
const ASYNCHRONOUS = /Async$/;

type Call = (...given: readonly unknown[]) => unknown;

/** Counts the calls, and makes one of them fail. */
export class FaultyAddon {
  /** The calls since {@link watch}, by name. */
  readonly calls: string[] = [];
  #failing = -1;
  #errno = 0;

  /** Stands before the addon of this thread from now on. */
  constructor() {
    wrapAddon((real) => {
      const names = Object.getOwnPropertyNames(real) as readonly (keyof Addon)[];
      const entries = names.map((name) => {
        const member: unknown = real[name];
        return [name, typeof member === "function" ? this.#wrapped(name, member as Call) : member]; // only called with what it takes
      });
      return Object.fromEntries(entries) as Addon; // all of its members
    });
  }

  /** Starts to count. The call of the number `failing`, from 0, answers `-errno` and does nothing. */
  watch(failing = -1, errno = 0): void {
    this.calls.length = 0;
    this.#failing = failing;
    this.#errno = errno;
  }

  /** Lets everything through. */
  rest(): void {
    this.#failing = -1;
  }

  #wrapped(name: string, call: Call): Call {
    if (CERTAIN.has(name)) return call;
    return (...given) => {
      const number = this.calls.push(name) - 1;
      if (number !== this.#failing) return call(...given);
      return ASYNCHRONOUS.test(name) ? Promise.resolve(-this.#errno) : -this.#errno;
    };
  }
}
