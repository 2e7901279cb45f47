import type { RecordCursor } from "./record-cursor.ts";
import type { RingWaiters, Waiter } from "./ring-waiters.ts";

/** What an iterator needs of its ring. */
export interface RingSource<C extends RecordCursor> {
  readonly cursor: C;
  readonly waiters: RingWaiters;
  /** True while a callback of `consume` runs: the cursor is its own then. */
  readonly consuming: boolean;
  /** Iterators that the ring's close has to end. */
  readonly iterators: Set<{ end(): void }>;
}

/** Records in a row, or milliseconds, after which the event loop gets its turn: timers, signals, other sockets. */
const BURST_RECORDS = 1024;
const BURST_MS = 10;
/** Reading the clock costs as much as a record. */
const CLOCK_INTERVAL = 16;

/** Iterates the records of a ring: see `RingBuf.events`. */
export class RingIterator<R, C extends RecordCursor> implements AsyncIterableIterator<R> {
  readonly #source: RingSource<C>;
  readonly #read: (cursor: C) => R;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Set<Pending<R>>();
  #done = false;
  #burst = 0;
  #burstStart = 0;

  /** `read` makes a value of the cursor's current record; the record is gone after. */
  constructor(source: RingSource<C>, read: (cursor: C) => R, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#read = read;
    this.#signal = signal;
    source.iterators.add(this);
    if (signal?.aborted !== true) signal?.addEventListener("abort", this.#onAbort);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    if (this.#signal?.aborted === true) {
      this.end();
      return Promise.reject(this.#signal.reason as unknown);
    }
    const { cursor, waiters, consuming } = this.#source;
    const deferred = this.#isBurstOver();
    if (!deferred && !consuming && waiters.idle) {
      cursor.refresh();
      if (cursor.advance()) return this.#take(cursor);
      cursor.publish();
    }
    return new Promise((resolve, reject) => {
      const pending: Pending<R> = {
        resolve,
        reject,
        take: () => {
          if (!cursor.advance()) {
            // Given-up records may have been skipped; the kernel wakes nobody who has not said that it is at the end.
            cursor.publish();
            return false;
          }
          this.#waiting.delete(pending);
          this.#burst = 0;
          resolve(this.#take(cursor));
          return true;
        },
        fail: (error) => {
          this.#waiting.delete(pending);
          reject(error);
        },
        end: () => {
          this.#waiting.delete(pending);
          resolve({ done: true, value: undefined });
        },
      };
      this.#waiting.add(pending);
      if (deferred) waiters.addDeferred(pending);
      else waiters.add(pending);
    });
  }

  /** Ends the iteration, as leaving a `for await` loop does. Records that were not taken stay in the ring. */
  return(): Promise<IteratorResult<R, undefined>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the iteration: whoever waits for a record gets none. */
  end(): void {
    this.#finish((pending) => pending.end());
  }

  readonly #onAbort = (): void => {
    // Without somebody who waits, the next one to ask is told.
    if (this.#waiting.size > 0) this.#finish((pending) => pending.fail(this.#signal?.reason));
  };

  #finish(tell: (pending: Pending<R>) => void): void {
    this.#done = true;
    this.#source.iterators.delete(this);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const pending of this.#waiting) {
      this.#source.waiters.remove(pending);
      tell(pending);
    }
  }

  /** The record's value; a record that can't be read is gone as well. */
  #take(cursor: C): Promise<IteratorResult<R, undefined>> {
    try {
      return Promise.resolve({ done: false, value: this.#read(cursor) });
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      cursor.publish();
    }
  }

  /** Promises that are resolved already never let the event loop on: a ring that is always full would stop all else. */
  #isBurstOver(): boolean {
    const count = this.#burst++;
    if (count === 0) this.#burstStart = performance.now();
    else if (
      count >= BURST_RECORDS ||
      (count % CLOCK_INTERVAL === 0 && performance.now() - this.#burstStart > BURST_MS)
    ) {
      this.#burst = 0;
      return true;
    }
    return false;
  }
}

interface Pending<R> extends Waiter {
  resolve(result: IteratorResult<R, undefined>): void;
  reject(error: unknown): void;
}
