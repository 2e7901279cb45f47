/**
 * Property tests try the same values in every run, so that a failure is about the change at hand. PROPERTY_SEED=random tries others,
 * PROPERTY_SEED=<number> those of a run that failed.
 */
import * as fc from "fast-check";

const given = process.env["PROPERTY_SEED"] ?? "1";
if (given !== "random") fc.configureGlobal({ seed: Number(given) });
