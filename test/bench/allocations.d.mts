/** Bytes that one call of a function with a name allocates, after others that leave compiling and warming up behind. */
export function bytesAllocated(run: () => unknown): Promise<number>;
