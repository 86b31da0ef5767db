import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { lockContracts, writeDocuments } from "wampact/codegen";
import { compile } from "../../codegen/compile.js";
import { contract, createProject, type TestProject } from "../../support/project.js";

const CLI = fileURLToPath(new URL("../../../dist/src/cli/main.js", import.meta.url));

function procedure(name: string): string {
  return contract(`export const ${name} = procedure("com.${name}", { input: z.string() });`);
}

async function generatedBy(project: TestProject, options?: Parameters<TestProject["generate"]>[0]) {
  const { contracts } = await project.generate(options);
  return contracts.map(({ generated }) => generated);
}

test("files go beside their contracts, wherever those are, and so do documents and the lock", async (t) => {
  const project = createProject(t, {
    "src/schemas/orders.ts": procedure("a"),
    "src/schemas/admin/users.ts": procedure("b"),
    "api/events.ts": procedure("c"),
  });
  const files = ["src/schemas", "api"];
  expect(await generatedBy(project, { files })).toEqual([
    "api/generated/events.gen.ts",
    "src/schemas/generated/admin/users.gen.ts",
    "src/schemas/generated/orders.gen.ts",
  ]);
  expect(project.read("src/schemas/generated/admin/users.gen.ts")).toContain('from "../../admin/users.js";');
  const unchanged = await project.generate({ files: ["src/schemas/admin/users.ts"], check: true });
  expect(unchanged.changes.map(({ path }) => path)).toEqual([
    "src/schemas/generated/admin/users.gen.ts",
    "src/schemas/generated/admin/users.check.gen.ts",
    "src/schemas/generated/codegen-manifest.json",
  ]);
  expect(unchanged.changes.filter(({ before, after }) => before !== after)).toEqual([]);
  expect((await lockContracts({ cwd: project.dir, files })).path).toBe("src/schemas/contracts.lock.json");
  const documents = await writeDocuments({ cwd: project.dir, files });
  expect(documents.map(({ path }) => path)).toContain("src/schemas/generated/API.md");
});

test("each output directory is pruned by its own manifest", async (t) => {
  const project = createProject(t, { "one/schemas/a.ts": procedure("a"), "two/schemas/b.ts": procedure("b") });
  const files = ["one/schemas", "two/schemas"];
  await project.generate({ files });
  project.write("one/schemas/a.ts", "export const helper = 1;\n");
  const { changes } = await project.generate({ files });
  expect(changes.filter(({ before, after }) => before !== after).map(({ path }) => path)).toEqual([
    "one/schemas/generated/codegen-manifest.json",
    "one/schemas/generated/a.gen.ts",
    "one/schemas/generated/a.check.gen.ts",
  ]);
  expect(project.read("two/schemas/generated/b.gen.ts")).toContain("serveB");
});

test("a project says where contracts are, where files go and how imports end; a caller goes over it", async (t) => {
  const settings = { schemas: ["contracts", "more/x.ts"], out: "src/gen", importExtension: "ts" };
  for (const [file, content] of [
    ["package.json", { type: "module", wampact: settings }],
    ["wampact.config.json", { $schema: "./schema.json", realms: [{ name: "com.app" }], ...settings }],
    ["wampact.config.mjs", settings],
  ] as const) {
    const project = createProject(t, {
      [file]: `${file.endsWith(".mjs") ? "export default " : ""}${JSON.stringify(content)}`,
      "contracts/sub/a.ts": procedure("a"),
      "more/x.ts": procedure("x"),
      "schemas/other.ts": procedure("other"),
    });
    expect(await generatedBy(project)).toEqual(["src/gen/sub/a.gen.ts", "src/gen/x.gen.ts"]);
    expect(project.read("src/gen/sub/a.gen.ts")).toContain('from "../../../contracts/sub/a.ts";');
    expect(await generatedBy(project, { files: ["schemas"], out: "gen" })).toEqual(["gen/other.gen.ts"]);
  }
});

test("what is printed with .ts imports compiles", async (t) => {
  const project = createProject(t, {
    "wampact.config.json": '{ "importExtension": "ts" }',
    "schemas/a.ts": procedure("a"),
    "schemas/b.mts": contract('export const b = procedure("com.b", { input: z.object({ a: z.string() }) });'),
  });
  await project.generate();
  expect(project.read("schemas/generated/b.gen.mts")).toContain('from "../b.mts";');
  expect(project.read("schemas/generated/b.check.gen.mts")).toContain('from "./b.gen.mts";');
  expect(compile(project, "typescript", { allowImportingTsExtensions: true })).toBe("");
});

test("what is printed without extensions compiles", async (t) => {
  const project = createProject(t, {
    "package.json": '{ "type": "module" }',
    "wampact.config.json": '{ "importExtension": "none" }',
    "schemas/a.ts": contract('export const a = procedure("com.a", { input: z.object({ a: z.string() }) });'),
    "schemas/b.mts": contract('export const b = procedure("com.b", { input: z.object({ a: z.string() }) });'),
  });
  await project.generate({ thin: true });
  expect(project.read("schemas/generated/a.gen.ts")).toContain('from "../a";');
  expect(project.read("schemas/generated/a.check.gen.ts")).toContain('from "./a.gen";');
  expect(project.read("schemas/generated/b.gen.mts")).toContain('from "../b.mjs";'); // which has no other spelling
  expect(compile(project, "typescript", { module: "esnext", moduleResolution: "bundler" })).toBe("");
});

test("settings that cannot be are refused by name", async (t) => {
  const project = createProject(t, { "schemas/a.ts": procedure("a") });
  const problemsWith = (settings: object) => {
    project.write("wampact.config.json", JSON.stringify(settings));
    return project.problems();
  };
  expect(await problemsWith({ schema: "schemas" })).toEqual([
    'wampact.config.json: schema: unknown option; did you mean "schemas"?',
  ]);
  expect(await problemsWith({ realm: [] })).toEqual([
    'wampact.config.json: realm: unknown option; did you mean "realms"?',
  ]);
  expect(await problemsWith({ importExtension: "mjs" })).toEqual([
    'wampact.config.json: importExtension: expected "js" or "ts" or "none", got "mjs"',
  ]);
  expect(await problemsWith({ schemas: [] })).toEqual([
    "wampact.config.json: schemas: expected a path or a list of paths, got an empty list",
  ]);
  project.write("package.json", JSON.stringify({ wampact: {} }));
  expect(await problemsWith({ out: "src/gen" })).toEqual([
    'wampact.config.json: package.json has the key "wampact" as well; keep one of them',
  ]);
  project.write("wampact.config.json", "{");
  expect(await project.problems()).toEqual([expect.stringMatching(/^wampact\.config\.json: is not valid JSON: /)]);
});

test("imports end in .ts where the tsconfig takes that, also one that it refers to, in nothing for bundlers, and in .js elsewhere", async (t) => {
  const project = createProject(t, { "package.json": '{ "type": "module" }', "src/schemas/a.ts": procedure("a") });
  const importWith = async (tsconfig: object, referred: object = {}): Promise<string | undefined> => {
    project.write("tsconfig.json", JSON.stringify(tsconfig));
    project.write("tsconfig.app.json", JSON.stringify(referred));
    await project.generate({ files: ["src/schemas"] });
    return /from "(\.\.\/a(\.\w+)?)"/.exec(project.read("src/schemas/generated/a.gen.ts"))?.[1];
  };
  const bundler = { module: "esnext", moduleResolution: "bundler", noEmit: true };
  const allowing = { ...bundler, allowImportingTsExtensions: true };
  expect(await importWith({ compilerOptions: bundler })).toBe("../a"); // Turbopack and webpack do not find a.ts for a.js
  expect(await importWith({ compilerOptions: { ...bundler, noEmit: false } })).toBe("../a.js"); // Node may run the output
  expect(await importWith({ compilerOptions: { module: "nodenext", noEmit: true } })).toBe("../a.js");
  expect(await importWith({ compilerOptions: allowing })).toBe("../a.ts");
  expect(await importWith({ compilerOptions: { module: "nodenext", rewriteRelativeImportExtensions: true } })).toBe(
    "../a.ts",
  );
  const references = [{ path: "./tsconfig.app.json" }];
  expect(await importWith({ files: [], references }, { compilerOptions: allowing, include: ["src"] })).toBe("../a.ts");
  expect(await importWith({ files: [], references }, { compilerOptions: allowing, include: ["web"] })).toBe("../a.js");
  project.write("wampact.config.json", '{ "importExtension": "js" }');
  expect(await importWith({ compilerOptions: allowing })).toBe("../a.js");
});

test("a directory that an earlier run has written to is noted when the output or the contracts have moved", async (t) => {
  const project = createProject(t, { "package.json": '{ "type": "module" }', "schemas/a.ts": procedure("a") });
  await project.generate();
  expect((await project.generate()).advice).toEqual([]);
  project.write("wampact.config.json", '{ "out": "src/gen" }');
  const left = (from: string) =>
    `schemas/generated still has files that an earlier run generated from ${from}. They are no longer updated: remove them.`;
  expect((await project.generate()).advice).toEqual([left("schemas/a.ts")]);
  project.write("src/schemas/b.ts", procedure("b"));
  rmSync(join(project.dir, "schemas/a.ts"));
  expect((await project.generate({ files: ["src/schemas"] })).advice).toEqual([left("schemas/a.ts")]);
  project.write("schemas/package.json", "{}");
  expect((await project.generate({ files: ["src/schemas"] })).advice).toEqual([]);
}, 60_000); // six runs of codegen

test("a project without schemas/ is told where its contracts may be", async (t) => {
  const project = createProject(t, {
    "package.json": '{ "type": "module" }',
    "src/server/schemas/a.ts": procedure("a"),
  });
  expect(await project.problems()).toEqual([
    'schemas: there is no such file or directory; name src/server/schemas, or set "wampact": { "schemas": "src/server/schemas" } in package.json',
  ]);
  rmSync(join(project.dir, "src"), { recursive: true });
  expect(await project.problems()).toEqual([
    "schemas: there is no such file or directory; create it, or name the contract files",
  ]);
});

test("the command tells each file that has changed, and the others in one line", async (t) => {
  const project = createProject(t, { "schemas/a.ts": procedure("a"), "schemas/b.ts": procedure("b") });
  const run = () => spawnSync(process.execPath, [CLI, "codegen"], { cwd: project.dir, encoding: "utf8" }).stdout;
  expect(run().split("\n")).toHaveLength(5);
  expect(run()).toBe("4 generated files up to date\n");
  project.write("schemas/a.ts", contract('export const a = procedure("com.a", { input: z.int() });'));
  expect(run()).toBe(
    "schemas/generated/a.gen.ts        written (1 procedure)\nschemas/generated/a.check.gen.ts  written\n2 generated files up to date\n",
  );
});
