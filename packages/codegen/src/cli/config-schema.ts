import { z } from "zod";
import type { JsonForms } from "../emit/json.ts";
import type { Config, KernelTypes, ModuleConfig, TagRule, ValueRule } from "../config.ts";

const name = z.string().min(1, "must not be empty");

/** Names by names. A record of zod's leaves out what is called `__proto__`, which something in C can be. */
const namesByName = z
  .custom<Readonly<Record<string, string>>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    "expected object",
  )
  .superRefine((given, context) => {
    for (const [key, value] of Object.entries<unknown>(given)) {
      const { error } = name.safeParse(value);
      if (error !== undefined)
        context.addIssue({ code: "custom", path: [key], message: error.issues[0]?.message ?? "" });
    }
  });

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
  cases: namesByName.optional(),
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
  events: namesByName.optional(),
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
  return checked.success
    ? checked.data
    : { problems: checked.error.issues.flatMap((issue) => describeIssue(issue, [])) };
}

/** `modules[0].output: expected string, received undefined` */
function describeIssue(issue: z.core.$ZodIssue, outer: readonly PropertyKey[]): readonly string[] {
  const steps = [...outer, ...issue.path];
  // Of forms that a field can have, the one that the value looks like says what is wrong.
  const meant = issue.code === "invalid_union" ? issue.errors.find((issues) => !issues.some(isOfWhole)) : undefined;
  if (meant !== undefined) return meant.flatMap((inner) => describeIssue(inner, steps));
  const path = steps.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}${text === "" ? "" : "."}${String(step)}`),
    "",
  );
  const message = messageOf(issue);
  return [path === "" ? message : `${path}: ${message}`];
}

/** Whether a value is not of a form at all. */
function isOfWhole({ code, path }: z.core.$ZodIssue): boolean {
  return code === "invalid_type" && path.length === 0;
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union") return issue.message.replace(/^Invalid input: /, "");
  const expected = issue.errors.flatMap((issues) =>
    issues.flatMap((inner) => (inner.code === "invalid_type" ? [inner.expected] : [])),
  );
  return `expected ${expected.join(" or ")}`;
}
