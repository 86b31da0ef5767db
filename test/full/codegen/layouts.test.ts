import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compile } from "../../codegen/compile.js";
import { contract, createProject, type TestProject } from "../../support/project.js";

const CLI = fileURLToPath(new URL("../../../dist/src/cli/main.js", import.meta.url));

function procedure(name: string): string {
  return contract(`export const ${name} = procedure("com.${name}", { input: z.string() });`);
}

function withCrlf(project: TestProject, path: string): void {
  project.write(path, project.read(path).replaceAll("\n", "\r\n"));
}

test("contracts may end in .tsx, .mts and .cts, and what is printed for them compiles", async (t) => {
  const project = createProject(t, {
    "package.json": '{ "type": "module" }',
    "schemas/a.tsx": procedure("a"),
    "schemas/b.mts": procedure("b"),
    "schemas/c.cts": procedure("c"),
  });
  const { stdout } = spawnSync(process.execPath, [CLI, "codegen"], { cwd: project.dir, encoding: "utf8" });
  expect(stdout.match(/\S+\.gen\.\S+ +written/g)?.map((line) => line.split(" ")[0])).toEqual([
    "schemas/generated/a.gen.ts",
    "schemas/generated/a.check.gen.ts",
    "schemas/generated/b.gen.mts",
    "schemas/generated/b.check.gen.mts",
    "schemas/generated/c.gen.cts",
    "schemas/generated/c.check.gen.cts",
  ]);
  for (const [file, from] of [
    ["a.gen.ts", "../a.js"],
    ["b.gen.mts", "../b.mjs"],
    ["c.gen.cts", "../c.cjs"],
  ] as const) {
    expect(project.read(`schemas/generated/${file}`)).toContain(`import * as contract from "${from}";`);
  }
  expect(compile(project, "typescript", { verbatimModuleSyntax: false, jsx: "preserve" })).toBe("");
});

test("a checkout with CRLF is up to date, and what is generated from it is the same", async (t) => {
  const text = contract(`/**
 * Says something.
 *
 * Twice.
 *
 * @example
 * say("a")
 */
export const say = procedure("com.say", { input: z.string() });`);
  const project = createProject(t, { "schemas/a.ts": text });
  await project.generate();
  const generated = project.read("schemas/generated/a.gen.ts");
  for (const file of readdirSync(join(project.dir, "schemas/generated")))
    withCrlf(project, `schemas/generated/${file}`);
  withCrlf(project, "schemas/a.ts");
  const { changes } = await project.generate({ check: true });
  expect(changes.filter(({ before, after }) => before !== after)).toEqual([]);
  project.write("schemas/generated/a.gen.ts", `${generated}// changed by hand\r\n`);
  await project.generate();
  expect(project.read("schemas/generated/a.gen.ts")).toBe(generated);
});

test("a check file says to run codegen before anything is reported", async (t) => {
  const project = createProject(t, { "schemas/a.ts": procedure("a") });
  await project.generate();
  expect(project.read("schemas/generated/a.check.gen.ts")).toContain(
    "If an entry does not compile, run codegen again. If it still does not, compare the type annotations",
  );
});

test("two files with one URI are refused, whatever their parameters are called", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": contract('export const get = procedure("com.{id}.get", {});'),
    "schemas/b.ts": contract(`export const other = topic("com.{id}.get", { event: z.string() });
export const find = procedure("com.{key}.get", {});`),
  });
  expect(await project.problems()).toEqual([
    'schemas/b.ts:4 find: the procedure "get" of schemas/a.ts has the same URI, com.{key}.get; use a different URI for each',
  ]);
});

test("a module that exports contracts again is noted, and one that adds its own is not", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": procedure("a"),
    "schemas/b.ts": procedure("b"),
    "schemas/index.ts": 'export * from "./a.js";\nexport { b } from "./b.js";\n',
  });
  const { advice } = await project.generate();
  expect(advice).toEqual([
    "schemas/index.ts re-exports the members of schemas/a.ts, schemas/b.ts, so they are generated twice: move it elsewhere, or name the files to generate from.",
  ]);
  project.write("schemas/index.ts", `${procedure("c")}export * from "./a.js";\n`);
  expect((await project.generate()).advice).toEqual([]);
  expect((await project.generate({ files: ["schemas/index.ts"] })).advice).toEqual([]);
});
