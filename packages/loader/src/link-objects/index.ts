/**
 * Several compiled objects made one.
 *
 * @module
 */
export { linkObjects } from "./link-objects.ts";
export type { ObjectToLink } from "./input-object.ts";
