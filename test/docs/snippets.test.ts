import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generate } from "wampact/codegen";
import { createFolder, removeFolder } from "../support/folder.js";
import { joined, PAGES, type Snippet, snippetsOf } from "../support/snippets.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(ROOT, "dist/src/cli/main.js");
const dir = createFolder(join(ROOT, "test"));
afterAll(() => removeFolder(dir));

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
  for (const snippet of snippetsOf(page).filter(({ language }) => language === "ts" || language === "tsx")) {
    const [, file] = /^\/\/ (schemas\/[\w-]+\.ts)\n/.exec(snippet.code) ?? [];
    if (file === undefined) programs.push(snippet);
    else write(file, snippet.code);
  }
  const hasJsx = programs.some(({ language }) => language === "tsx");
  write(hasJsx ? "program.tsx" : "program.ts", joined(programs));
  await generate({ cwd: home, thin: text.includes(".thin.gen.") });
}

beforeAll(async () => {
  for (const page of PAGES) await writePage(page);
});

test("every snippet of README and docs compiles, together with those before it on the page", () => {
  writeFileSync(
    join(dir, "tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: { rootDir: "../..", jsx: "react-jsx", noUnusedLocals: false, noUnusedParameters: false },
      include: ["**/*.ts", "**/*.tsx", "../docs/globals.d.ts"],
    }),
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "--project", dir], { cwd: dir, encoding: "utf8" });
  expect(stdout).toBe("");
});

test("every command in README and docs is there, with the flags it is given", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const commands = PAGES.flatMap((page) => {
    const text = readFileSync(join(ROOT, page), "utf8");
    return [...text.matchAll(/\b(npm run [\w:-]+|npm (?:test|start)|npx wampact [^#`\n)&]*)/g)].map(([command]) =>
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
    const help = spawnSync(process.execPath, [CLI, second, ...subcommands, "--help"], { encoding: "utf8" });
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
