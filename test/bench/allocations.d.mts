/** Bytes that one call of a function with a name allocates, once there is nothing left to compile: the least of several. */
export function bytesAllocated(run: () => unknown): Promise<number>;
