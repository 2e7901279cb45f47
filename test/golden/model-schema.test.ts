import { describe as describeObject } from "bpf-codegen";
import { expect, it } from "vitest";
import { goldenObjects, goldenPath } from "./objects.ts";

/** What was seen at one path of the models: types, or for a discriminant its values. */
interface Place {
  readonly seen: Set<string>;
  count: number;
}

/** Properties that say what else there is. */
const discriminants: ReadonlySet<string> = new Set(["kind", "byteOrder"]);

/** What is of one form wherever it is: how a type is used, a member of a struct, a map. */
function formOf(key: string, member: unknown): string | undefined {
  if (typeof member !== "object" || member === null || Array.isArray(member)) return undefined;
  if (key === "inner") return "MapModel";
  if (key === "field") return "FieldModel";
  return "kind" in member && "size" in member ? "ValueModel" : undefined;
}

/** Of lists. */
const forms: ReadonlyMap<string, string> = new Map([
  ["maps", "MapModel"],
  ["fields", "FieldModel"],
  ["types", "TypeModel"],
  ["programs", "ProgramModel"],
  ["constants", "VariableModel"],
  ["variables", "VariableModel"],
]);

/** `MapModel.maxEntries: number`; what is not always there has a `?`. */
function schemaOf(models: readonly unknown[]): string {
  const places = new Map<string, Place>();
  const visit = (value: unknown, path: string, name: string): void => {
    const place = places.get(path) ?? { seen: new Set(), count: 0 };
    places.set(path, place);
    place.count++;
    if (Array.isArray(value)) {
      place.seen.add("array");
      const isForm = path.startsWith("ObjectModel.") || path === "TypeModel.fields";
      for (const item of value) see(item, isForm ? forms.get(name) : undefined, `${path}[]`, "");
    } else if (typeof value === "object" && value !== null) {
      place.seen.add("object");
      for (const [key, member] of Object.entries(value)) see(member, formOf(key, member), `${path}.${key}`, key);
    } else place.seen.add(discriminants.has(name) ? JSON.stringify(value) : typeof value);
  };
  const see = (member: unknown, form: string | undefined, below: string, key: string): void => {
    if (form === undefined) visit(member, below, key);
    else {
      visit(form, below, "kind");
      visit(member, form, key);
    }
  };
  for (const model of models) visit(model, "ObjectModel", "");
  const lines = [...places].flatMap(([path, { seen, count }]) => {
    const parent = places.get(path.replace(/\.[^.[\]]+$/, ""));
    const optional = parent !== undefined && count < parent.count ? "?" : "";
    const types = [...seen].map((type) => type.replace(/^"(.*Model)"$/, "$1")).sort();
    return path.includes(".") ? [`${path}${optional}: ${types.join(" | ")}`] : [];
  });
  return `${lines.sort().join("\n")}\n`;
}

it("the form of the model is what it was: what goes or changes needs another number of the form", async () => {
  // As --json prints it: without what is undefined.
  const models = goldenObjects.map(({ bytes, options }): unknown =>
    JSON.parse(JSON.stringify(describeObject(bytes, options))),
  );
  await expect(schemaOf(models)).toMatchFileSnapshot(goldenPath("expected/model-schema.txt"));
});
