// What a function allocates, as V8's heap profile sees it: what a minor collection took away is counted, too.
import { Session } from "node:inspector/promises";

/** How often it is looked, at most: code that V8 has not compiled yet puts numbers into objects. */
const ROUNDS = 20;

/** @returns bytes of one call, once there is nothing left to compile: the least of several */
export async function bytesAllocated(run) {
  const session = new Session();
  session.connect();
  let least = Infinity;
  for (let round = 0; round < ROUNDS && least > 0; round++) {
    await session.post("HeapProfiler.startSampling", {
      samplingInterval: 64,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    run();
    const { profile } = await session.post("HeapProfiler.stopSampling");
    least = Math.min(least, sizeOf(profile.head, run.name));
  }
  session.disconnect();
  return least;
}

/** Inside a function and what it calls: the profiler allocates for itself. */
function sizeOf(node, name) {
  if (node.callFrame.functionName === name) return total(node);
  return node.children.reduce((sum, child) => sum + sizeOf(child, name), 0);
}

function total({ selfSize, children }) {
  return children.reduce((sum, child) => sum + total(child), selfSize);
}
