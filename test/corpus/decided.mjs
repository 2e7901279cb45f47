// Differences from libbpf that are meant to be, each by its exact place. What is not here is a mistake of one of the two.

/** @type {Readonly<Record<string, readonly string[]>>} reason → `corpus/object subject field` */
const byReason = {};

/** Place of a difference → why it is meant to be. */
export const decided = new Map(
  Object.entries(byReason).flatMap(([reason, places]) => places.map((place) => [place, reason])),
);
