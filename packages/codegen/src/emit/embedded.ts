import { call } from "./layout.ts";
import type { Code, Expression } from "./layout.ts";
import type { Imports } from "./imports.ts";
import { propertyAccess, propertyKey, stringLiteral } from "./literal.ts";

/** An object file that a module is about. */
export interface EmbeddedObject {
  /** What it was compiled for; `undefined` when there is only one. */
  readonly target: string | undefined;
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
  readonly content: EmbeddedContent;
}

/** Where a module has its object's bytes from. */
export type EmbeddedContent =
  | { readonly kind: "inline"; readonly base64: string }
  /** `file` is its name beside the module. */
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "none" };

/** The property that gives the bytes of the object for the machine that runs it; `undefined` when the module has none. */
export function bytesProperty(imports: Imports, objects: readonly EmbeddedObject[]): Code | undefined {
  const [only] = objects;
  if (only === undefined || only.content.kind === "none") return undefined;
  if (only.target === undefined) return { head: "bytes: () =>", body: bytesOf(imports, only, objects) };
  const choices = objects.map((object) => ({
    head: `${propertyKey(object.target ?? "")}: () =>`,
    body: bytesOf(imports, object, objects),
  }));
  const open = `${imports.value("forThisMachine")}({`;
  return { head: "bytes: () =>", body: { open, items: choices, close: "})", padding: " ", broken: true } };
}

function bytesOf(
  imports: Imports,
  { target, sha256, content }: EmbeddedObject,
  all: readonly EmbeddedObject[],
): Expression {
  switch (content.kind) {
    case "inline": {
      const same = all.find((object) => object.sha256 === sha256)?.target;
      return call(imports.value("base64"), same === undefined ? "objectBytes" : `objectBytes${propertyAccess(same)}`);
    }
    case "file": {
      const url = call("new URL", stringLiteral(`./${inUrl(content.file)}`), "import.meta.url");
      return call(imports.value("objectFile"), url, stringLiteral(sha256));
    }
    case "none":
      throw new Error(`the object${target === undefined ? "" : ` for ${target}`} is not embedded`);
  }
}

/** A file's name in a URL. What is half a character is none in names of files either. */
function inUrl(file: string): string {
  return encodeURIComponent(file.replace(/\p{Cs}/gu, "\ufffd"));
}

/** Characters from which on formatters put a value that is too long for any line into the next one. */
const SHORT_KEY = 5;

/** The declaration of what is embedded, each content once. Not by the writer, which looks at every character: there can be millions. */
export function embeddedText(objects: readonly EmbeddedObject[]): string {
  const inline = objects.flatMap(({ target, sha256, content }, index) => {
    const first = objects.findIndex((object) => object.sha256 === sha256);
    return content.kind === "inline" && first === index ? [{ target, text: content.base64 }] : [];
  });
  const [only] = inline;
  if (only === undefined) return "";
  if (only.target === undefined) return `const objectBytes =\n  "${only.text}";\n`;
  const properties = inline.map(({ target = "", text }) => {
    const key = propertyKey(target);
    return `  ${key}:${key.length < SHORT_KEY ? " " : "\n    "}"${text}",\n`;
  });
  return `const objectBytes = {\n${properties.join("")}} as const;\n`;
}
