/** A value of a 64-bit enum that its declaration doesn't list: C allows any that fits. */
export type UnknownEnum64 = bigint & {};
