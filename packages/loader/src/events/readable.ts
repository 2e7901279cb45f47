import type { RecordCursor } from "./record-cursor.ts";
import type { RingWaiters, Waiter } from "./ring-waiters.ts";

/** Resolves when there is a record to read; false when the ring was closed. Rejects with the signal's reason. */
export function whenReadable(
  cursor: RecordCursor,
  waiters: RingWaiters,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const settle = (): void => signal?.removeEventListener("abort", onAbort);
    const waiter: Waiter = {
      take: () => {
        if (cursor.ready()) {
          settle();
          resolve(true);
          return true;
        }
        cursor.publish();
        return false;
      },
      fail: (error) => {
        settle();
        reject(error);
      },
      end: () => {
        settle();
        resolve(false);
      },
    };
    const onAbort = (): void => {
      waiters.remove(waiter);
      waiter.fail(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort);
    waiters.addDeferred(waiter);
  });
}
