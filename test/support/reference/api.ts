/** The public API as its declarations and docstrings say it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExportedDeclarations, type JSDoc, Node, Project } from "ts-morph";
import { type RangeOf, rangesOf, ruleTables } from "./rules.js";

export const ROOT: string = fileURLToPath(new URL("../../..", import.meta.url));

/** A member of an interface or class. */
export interface Member {
  readonly name: string;
  /** The type as it is declared, or the whole signature of a method. */
  readonly type: string;
  readonly isMethod: boolean;
  readonly isOptional: boolean;
  readonly isNumber: boolean;
  /** The docstring without its sentence about the default. */
  readonly text: string;
  /** The docstring's sentence about the default, without the word. */
  readonly byDefault: string | undefined;
  /** Which values are accepted, where the type does not say it. */
  readonly range: string | undefined;
  /** The file and line of its declaration. */
  readonly place: string;
  /** The file and line of the type that declares it, which another one may extend. */
  readonly owner: string;
}

/** An export of an entry. */
export interface Exported {
  readonly entry: string;
  readonly name: string;
  readonly kind: "function" | "members" | "type" | "other";
  /** Whether applications pass it: its members are options. */
  readonly isOptions: boolean;
  /** For functions and types: as they are declared. */
  readonly signature: string;
  readonly text: string;
  readonly members: readonly Member[];
  readonly place: string;
}

/** Options for other libraries, which functions return. */
const RESULTS: ReadonlySet<string> = new Set(["CallQueryOptions", "CallMutationOptions"]);

/** The exports of every entry of package.json but `wampact/config`, whose settings docs/configuration.md has. */
export function readApi(): readonly Exported[] {
  const project = new Project({ tsConfigFilePath: join(ROOT, "tsconfig.json"), compilerOptions: { noLib: true } });
  const tables = ruleTables(project);
  const rangeOf = rangesOf(tables);
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: Conditions };
  const found: Exported[] = [];
  for (const [path, target] of Object.entries(exports)) {
    const types = typesOf(target);
    if (types === undefined || path === "./config") continue;
    const source = join(ROOT, types.replace(/^\.\/dist\//, "").replace(/\.d\.ts$/, ""));
    const file = project.getSourceFile(`${source}.ts`) ?? project.getSourceFileOrThrow(`${source}.tsx`);
    const entry = path.replace(/^\./, "wampact");
    for (const [name, declarations] of file.getExportedDeclarations()) {
      const [declared] = declarations;
      if (!declared || Node.isSourceFile(declared) || isForeign(declared)) continue; // a namespace of types, or not ours
      const isOptions =
        (/(Options|Config|Limits|Changes|Definition)$/.test(name) && !RESULTS.has(name)) || tables.has(declared);
      found.push({
        entry,
        name,
        ...contentOf(declared, rangeOf),
        isOptions: isOptions && Node.isInterfaceDeclaration(declared),
      });
    }
  }
  return found;
}

/** A part of `exports` of a package.json. */
interface Conditions {
  readonly [condition: string]: string | Conditions;
}

/** The first declaration file that an entry names, under whatever conditions. */
function typesOf(target: string | Conditions): string | undefined {
  if (typeof target === "string") return undefined;
  if (typeof target.types === "string") return target.types;
  return Object.values(target)
    .map(typesOf)
    .find((each) => each !== undefined);
}

function contentOf(declared: ExportedDeclarations, rangeOf: RangeOf): Omit<Exported, "entry" | "name" | "isOptions"> {
  const place = placeOf(declared);
  const text = Node.isJSDocable(declared) ? docOf(declared.getJsDocs()) : "";
  const rest = { text, place, members: [], signature: "" };
  if (Node.isFunctionDeclaration(declared)) {
    const overloads = declared.getOverloads();
    const signatures = (overloads.length > 0 ? overloads : [declared]).map((each) =>
      signatureOf(each).replace(/^export /, ""),
    );
    const said = [declared, ...overloads].map((each) => docOf(each.getJsDocs())).find((each) => each !== "");
    return { ...rest, kind: "function", text: said ?? "", signature: signatures.join("\n") };
  }
  if (Node.isInterfaceDeclaration(declared) || Node.isClassDeclaration(declared)) {
    const members = declared
      .getType()
      .getApparentProperties()
      .flatMap((property) =>
        property
          .getDeclarations() // several for a method with overloads
          .filter((at) => !isHidden(at))
          .map((at) => memberOf(property.getName(), at, { options: declared, rangeOf })),
      );
    return { ...rest, kind: "members", members };
  }
  if (Node.isTypeAliasDeclaration(declared)) {
    return { ...rest, kind: "type", signature: declared.getText().slice(declared.getText().indexOf("type ")) };
  }
  return { ...rest, kind: "other" };
}

/** Whether a package declares it, and not this one. */
function isForeign(at: Node): boolean {
  const path = at.getSourceFile().getFilePath();
  return !path.startsWith(ROOT.replaceAll("\\", "/")) || path.includes("/node_modules/");
}

function isHidden(at: Node): boolean {
  if (isForeign(at)) return true;
  const named = Node.isMethodDeclaration(at) || Node.isPropertyDeclaration(at) || Node.isGetAccessorDeclaration(at);
  return named && (at.getName().startsWith("#") || at.getScope() !== "public");
}

function memberOf(
  name: string,
  at: Node,
  { options, rangeOf }: { readonly options: Node; readonly rangeOf: RangeOf },
): Member {
  const doc = Node.isJSDocable(at) ? docOf(at.getJsDocs()) : "";
  const { byDefault, text } = splitDefault(doc);
  const isMethod = Node.isMethodSignature(at) || Node.isMethodDeclaration(at);
  const type = isMethod ? oneLine(signatureOf(at)) : typeOf(at);
  return {
    name,
    type,
    isMethod,
    isOptional: Node.isQuestionTokenable(at) && at.hasQuestionToken(),
    isNumber: type === "number",
    text,
    byDefault,
    range: rangeOf(options, name) ?? rangeOf(at.getParentOrThrow(), name) ?? RANGE.exec(doc)?.[0].toLowerCase(),
    place: placeOf(at),
    owner: placeOf(at.getParentOrThrow()),
  };
}

/** A declaration without its body. */
function signatureOf(at: Node): string {
  const body = Node.isBodyable(at) ? at.getBody() : undefined;
  const text = at.getSourceFile().getFullText();
  return text.slice(at.getStart(), body ? body.getStart() : at.getEnd()).replace(/[\s;]+$/, "");
}

function typeOf(at: Node): string {
  const written = Node.isTyped(at) ? at.getTypeNode()?.getText() : undefined;
  if (written === undefined) return Node.isGetAccessorDeclaration(at) ? (at.getReturnTypeNode()?.getText() ?? "") : "";
  return oneLine(written)
    .replace(/^readonly (?=\S+\[\]$)/, "")
    .replace(/ \| undefined$/, "");
}

/** A range in a docstring, for options that no table checks. */
const RANGE = /\b(?:an? (?:integer|number) )?(?:from \d[\d,]*(?: to \d[\d,^]*)?|above \d[\d,]*)(?<!,)/i;

/** A sentence that says nothing but the range. */
const ONLY_RANGE = new RegExp(`^${RANGE.source}\\.$`, "i");

/**
 * Takes the sentences about the default and the range out of a docstring. Sentences end with a dot before a capital letter or a code span.
 * Code blocks stay as they are.
 */
function splitDefault(doc: string): Pick<Member, "byDefault" | "text"> {
  let byDefault: string | undefined;
  const isTaken = (sentence: string) => {
    if (byDefault !== undefined || !/^Defaults?\b/.test(sentence)) return ONLY_RANGE.test(sentence);
    byDefault = sentence.replace(/^Defaults?( to)?:?\s+/, "").replace(/\.$/, "");
    return true;
  };
  const paragraphs = doc.split("\n\n").map((paragraph) => {
    if (paragraph.startsWith("```")) return paragraph;
    const sentences = paragraph.split(/(?<=[.!?])\s+(?=[A-Z`])/);
    return sentences.filter((sentence) => !isTaken(sentence)).join(" ");
  });
  return { byDefault, text: paragraphs.filter((paragraph) => paragraph !== "").join("\n\n") };
}

function docOf(docs: readonly JSDoc[]): string {
  const text = docs.at(-1)?.getDescription().trim() ?? "";
  const paragraphs = text.split(/\n\s*\n/).map((part) => (part.startsWith("```") ? part : oneLine(part)));
  return paragraphs.join("\n\n").replaceAll(/```tsx?\n/g, "```typescript\n");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("( ", "(").replaceAll(", )", ")").trim();
}

function placeOf(node: Node): string {
  return `${node.getSourceFile().getFilePath().slice(ROOT.length)}:${node.getStartLineNumber()}`;
}
