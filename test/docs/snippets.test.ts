import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generate } from "wampact/codegen";

const ROOT = new URL("../..", import.meta.url).pathname;
const CLI = join(ROOT, "dist/src/cli/main.js");
const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

interface Snippet {
  readonly language: string;
  readonly code: string;
  readonly line: number;
}

function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => {
    const [, language = "", code = ""] = match;
    return { language, code, line: text.slice(0, match.index).split("\n").length };
  });
}

const dir = mkdtempSync(join(ROOT, "test/.tmp-docs-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/**
 * A page's snippets as one program: those that name a contract file become that file, the others follow each other. Beside them are
 * the contracts of ours that the page names.
 */
async function writePage(page: string): Promise<void> {
  const home = join(dir, page.replaceAll(/[^a-z]/gi, "_"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  mkdirSync(join(home, "schemas"), { recursive: true });
  const text = readFileSync(join(ROOT, page), "utf8");
  for (const name of readdirSync(join(ROOT, "schemas")).filter((each) => each.endsWith(".ts"))) {
    if (!new RegExp(`schemas/(generated/)?${name.slice(0, -3)}\\b`).test(text)) continue;
    copyFileSync(join(ROOT, "schemas", name), join(home, "schemas", name));
  }
  const programs: Snippet[] = [];
  for (const snippet of snippetsOf(page).filter(({ language }) => language === "ts")) {
    const [, file] = /^\/\/ (schemas\/[\w-]+\.ts)\n/.exec(snippet.code) ?? [];
    if (file === undefined) programs.push(snippet);
    else write(file, snippet.code);
  }
  write("program.ts", joined(programs));
  await generate({ cwd: home });
}

/** Imports go to the top, each name once; what a later snippet declares again is in a block of its own. */
function joined(snippets: readonly Snippet[]): string {
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

beforeAll(async () => {
  for (const page of PAGES) await writePage(page);
}, 120_000);

test("every snippet of README and docs compiles, together with those before it on the page", () => {
  writeFileSync(
    join(dir, "tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: { rootDir: "../..", noUnusedLocals: false, noUnusedParameters: false },
      include: ["**/*.ts", "../docs/globals.d.ts"],
    }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync("node", [tsc, "--project", dir], { cwd: dir, encoding: "utf8" });
  expect(stdout).toBe("");
});

test("every command in README and docs is there, with the flags it is given", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const commands = PAGES.flatMap((page) => {
    const text = readFileSync(join(ROOT, page), "utf8");
    return [...text.matchAll(/\b(npm run [\w:]+|npm (?:test|start)|npx wampact [^#`\n)&]*)/g)].map(([command]) =>
      command.trim(),
    );
  });
  expect(commands.length).toBeGreaterThan(20);
  for (const command of new Set(commands)) {
    const [tool, first = "", second = "", ...rest] = command.split(/\s+/);
    if (tool === "npm") {
      expect(Object.keys(scripts), command).toContain(first === "run" ? second : first);
      continue;
    }
    const subcommands = rest.filter((each) => /^[a-z]+$/.test(each));
    const help = spawnSync("node", [CLI, second, ...subcommands, "--help"], { encoding: "utf8" });
    expect(help.status, command).toBe(0);
    for (const flag of rest.filter((each) => each.startsWith("--"))) expect(help.stdout, command).toContain(flag);
  }
});

test("every link of README and docs leads somewhere", () => {
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      expect(existsSync(join(ROOT, dirname(page), target)), `${page}: ${target}`).toBe(true);
    }
  }
});
