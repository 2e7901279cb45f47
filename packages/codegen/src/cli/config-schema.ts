import { z } from "zod";
import type { JsonForms } from "../emit/json.ts";
import type { Config, KernelTypes, ModuleConfig, TagRule, ValueRule } from "../config.ts";

const name = z.string().min(1);

const compilerConfig = {
  compiler: z.array(name).min(1).optional(),
  flags: z.array(z.string()).optional(),
  targets: z.array(name).min(1).optional(),
};

const embed = z.enum(["inline", "file", "none"]).optional();

const valueRule: z.ZodType<ValueRule> = z
  .strictObject({ type: name.optional(), field: name.optional(), as: name })
  .refine(
    ({ type, field }) => type !== undefined || field !== undefined,
    "says neither of which type nor of which field",
  );

const tagRule: z.ZodType<TagRule> = z.strictObject({
  union: name,
  by: name,
  cases: z.record(name, name).optional(),
  as: name.optional(),
});

const kernelType: z.ZodType<KernelTypes> = z.strictObject({ type: name, fields: z.array(name).min(1) });

const jsonForms: z.ZodType<JsonForms> = z.strictObject({
  bigints: z.enum(["string", "number"]).optional(),
  bytes: z.enum(["base64", "hex"]).optional(),
});
const toJson = z.union([z.boolean(), jsonForms]).optional();

const moduleConfig: z.ZodType<ModuleConfig> = z.strictObject({
  ...compilerConfig,
  input: name,
  output: name,
  name: name.optional(),
  types: z.array(name).optional(),
  events: z.record(name, name).optional(),
  values: z.array(valueRule).optional(),
  zod: z.boolean().optional(),
  toJson,
  tags: z.array(tagRule).optional(),
  kernelTypes: z.array(kernelType).optional(),
  btf: name.optional(),
  embed,
  library: z.boolean().optional(),
});

const config: z.ZodType<Config> = z.strictObject({
  $schema: z.string().optional(),
  ...compilerConfig,
  embed,
  zod: z.boolean().optional(),
  toJson,
  types: name.optional(),
  importExtension: z.enum(["js", "ts"]).optional(),
  modules: z.array(moduleConfig).min(1),
});

/** A configuration, or all that is wrong with it, each with the path of its field. */
export function checkConfig(value: unknown): Config | { readonly problems: readonly string[] } {
  const checked = config.safeParse(value);
  return checked.success ? checked.data : { problems: checked.error.issues.map(describeIssue) };
}

/** `modules[0].output: expected string, received undefined` */
function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}${text === "" ? "" : "."}${String(step)}`),
    "",
  );
  const message = issue.message.replace(/^Invalid input: /, "");
  return path === "" ? message : `${path}: ${message}`;
}
