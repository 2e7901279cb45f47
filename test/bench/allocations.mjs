// What a function allocates, as V8's heap profile sees it: what a minor collection took away is counted, too.
import { Session } from "node:inspector/promises";

/** @returns bytes of one call, after others that leave compiling and warming up behind */
export async function bytesAllocated(run) {
  for (let round = 0; round < 5; round++) run();
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.startSampling", {
    samplingInterval: 64,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  run();
  const { profile } = await session.post("HeapProfiler.stopSampling");
  session.disconnect();
  return sizeOf(profile.head, run.name);
}

/** Inside a function and what it calls: the profiler allocates for itself. */
function sizeOf({ callFrame, selfSize, children }, name) {
  const inside = callFrame.functionName === name;
  const own = inside ? total({ selfSize, children }) : 0;
  return inside ? own : children.reduce((sum, child) => sum + sizeOf(child, name), 0);
}

function total({ selfSize, children }) {
  return children.reduce((sum, child) => sum + total(child), selfSize);
}
