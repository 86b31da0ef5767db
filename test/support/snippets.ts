import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The pages of the documentation, as paths of the repository. */
export const PAGES: readonly string[] = [
  "README.md",
  ...["docs", "docs/reference"].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
];

export interface Snippet {
  readonly language: string;
  readonly code: string;
  readonly line: number;
}

/** The fenced blocks of a page. */
export function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => {
    const [, language = "", code = ""] = match;
    return { language, code, line: text.slice(0, match.index).split("\n").length };
  });
}

/** Imports go to the top, each name once; what a later snippet declares again is in a block of its own. */
export function joined(snippets: readonly Snippet[]): string {
  const imports = new Map<string, Set<string>>();
  const bodies = snippets.map(({ code, line }) => {
    const body = code.replaceAll(
      /^import (?:(type) )?(\{[^}]*\}|\* as \w+) from "([^"]+)";\n/gm,
      (_, type, names, from) => {
        const all = imports.get(from) ?? new Set();
        imports.set(from, all);
        if (names.startsWith("*")) all.add(names);
        else for (const name of names.slice(1, -1).split(",")) all.add(`${type ? "type " : ""}${name.trim()}`);
        return "";
      },
    );
    return { body: body.replaceAll(/^export (const|type|interface|function)/gm, "$1").trim(), line };
  });
  const declared = new Set<string>();
  const blocks = bodies.map(({ body, line }) => {
    const names = [
      ...body.matchAll(/^(?:await using|const|let|async function\*?|function) (?:(\w+)|\{([^}]*)\})/gm),
    ].flatMap(([, one, many]) => (one === undefined ? (many ?? "").split(",").map((name) => name.trim()) : [one]));
    const again = names.some((name) => declared.has(name));
    for (const name of names) declared.add(name);
    return `// line ${line}\n${again ? `{\n${body}\n}` : body}`;
  });
  const heads = [...imports].map(([from, names]) => {
    const [star] = [...names].filter((name) => name.startsWith("*"));
    const plain = [...names].filter(
      (name) => !name.startsWith("*") && !(name.startsWith("type ") && names.has(name.slice(5))),
    );
    return [
      ...(star === undefined ? [] : [`import ${star} from "${from}";`]),
      ...(plain.length === 0 ? [] : [`import { ${plain.join(", ")} } from "${from}";`]),
    ].join("\n");
  });
  return [...heads, ...blocks, "export {};"].join("\n\n");
}
