import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CodegenError, type ContractChange, diffContracts, lockContracts } from "wampact/codegen";
import { contract, createProject } from "../../support/project.js";

const CLI = fileURLToPath(new URL("../../../dist/src/cli/main.js", import.meta.url));

const add = 'export const add = procedure("com.add", { input: z.object({ a: z.int() }), output: z.int() });';

const MUTUAL = `const A = z.object({ get parent() { return B.nullable(); }, get either() { return z.array(z.union([z.string().max(3), A])); } });
  const B = z.object({ get next() { return z.union([A, C, z.null()]); } });
  const C = z.object({ name: z.string(), get a() { return A.nullable(); } });
  export const walk = procedure("com.walk", { output: A });`;

/** A contract before and after, with its changes as `severity path change`. */
const CASES: readonly (readonly [what: string, before: string, after: string, ...expected: string[]])[] = [
  ["nothing", add, add],
  [
    "a member is added",
    add,
    `${add}\nexport const news = topic("com.news", { event: z.string() });`,
    "safe news topicAdded",
  ],
  ["a procedure is removed", add, "export {};", "breaking add procedureRemoved"],
  [
    "a schema that contains itself through a union or null",
    MUTUAL,
    MUTUAL.replace("name: z.string()", "name: z.string().optional()"),
    "breaking walk.output.parent.next.name madeOptional",
  ],
  [
    "a topic is removed",
    'export const t = topic("com.t", { event: z.string() });',
    "export {};",
    "breaking t topicRemoved",
  ],
  ["the URI changes", add, add.replace("com.add", "com.sum"), "breaking add uriChanged"],
  [
    "a parameter is renamed",
    'export const p = procedure("com.{id}.p", {});',
    'export const p = procedure("com.{key}.p", {});',
    "breaking p uriChanged",
  ],
  [
    "match: a parameter becomes the remainder",
    'export const p = procedure("com.p.{id}", {});',
    'export const p = procedure("com.p.{...id}", {});',
    "breaking p uriChanged",
  ],
  ["only the name changes", add, add.replace("const add", "const plus"), "safe plus memberRenamed"],
  [
    "the wire changes by override",
    add,
    add.replace("output: z.int()", 'output: z.int(), wire: { input: "arg0" }'),
    "breaking add.input wireChanged",
  ],
  [
    "the wire changes by the kind of schema",
    'export const t = topic("com.t", { event: z.object({ a: z.int() }) });',
    'export const t = topic("com.t", { event: z.object({ a: z.int() }).nullable() });',
    "breaking t.event nullAllowed",
    "breaking t.event wireChanged",
  ],
  [
    "an error is declared",
    add,
    add.replace("output: z.int()", 'output: z.int(), errors: { odd: error("com.odd", z.string()) }'),
    "risky add.errors.odd errorAdded",
  ],
  [
    "an error is removed",
    add.replace("output: z.int()", 'output: z.int(), errors: { odd: error("com.odd", z.string()) }'),
    add,
    "safe add.errors.odd errorRemoved",
  ],
  [
    "an error's URI changes",
    add.replace("output: z.int()", 'output: z.int(), errors: { odd: error("com.odd", z.string()) }'),
    add.replace("output: z.int()", 'output: z.int(), errors: { odd: error("com.odder", z.string()) }'),
    "breaking add.errors.odd uriChanged",
  ],
  [
    "an input comes, all of it optional",
    'export const p = procedure("com.p", {});',
    'export const p = procedure("com.p", { input: z.object({ a: z.int().optional() }) });',
    "safe p.input.a optionalFieldAdded",
  ],
  [
    "an input comes that is needed",
    'export const p = procedure("com.p", {});',
    'export const p = procedure("com.p", { input: z.object({ a: z.int() }) });',
    "breaking p.input.a requiredFieldAdded",
  ],
  ["a result goes", add, add.replace("output: z.int()", "output: z.void()"), "breaking add.output outputRemoved"],
  ["a result comes", add.replace("output: z.int()", "output: z.void()"), add, "safe add.output outputAdded"],
  [
    "policies",
    add,
    add.replace("output: z.int()", 'output: z.int(), idempotent: true, timeoutMs: 5, invoke: "first"'),
    "risky add.idempotent policyChanged",
    "risky add.invoke policyChanged",
    "risky add.timeoutMs policyChanged",
  ],
  [
    "who may call changes",
    add.replace("output: z.int()", 'output: z.int(), access: { roles: ["admin", "user"] }'),
    add.replace("output: z.int()", 'output: z.int(), access: { roles: ["root", "admin"] }'),
    "breaking add.access.roles accessNarrowed",
    "safe add.access.roles accessWidened",
  ],
  [
    "the order of roles changes",
    add.replace("output: z.int()", 'output: z.int(), access: { roles: ["admin", "user"] }'),
    add.replace("output: z.int()", 'output: z.int(), access: { roles: ["user", "admin"] }'),
  ],
  [
    "a contract begins to say who may publish, and no longer says who may subscribe",
    'export const t = topic("com.t", { event: z.string(), access: { subscribe: ["user"] } });',
    'export const t = topic("com.t", { event: z.string(), access: { publish: ["admin"] } });',
    "breaking t.access.publish accessNarrowed",
    "safe t.access.subscribe accessWidened",
  ],
  [
    "a parameter is tightened",
    'export const p = procedure("com.{id}.p", {});\nexport const t = topic("com.{id}.t", { event: z.string() });',
    'export const p = procedure("com.{id}.p", { params: { id: z.enum(["a"]) } });\nexport const t = topic("com.{id}.t", { event: z.string(), params: { id: z.enum(["a"]) } });',
    "breaking p.params.id tightened",
    "breaking t.params.id tightened",
  ],
  [
    "recursive schemas end",
    'const Node = z.object({ value: z.int(), get next() { return Node.optional(); } });\nexport const p = procedure("com.p", { input: Node });',
    'const Node = z.object({ value: z.string(), get next() { return Node.optional(); } });\nexport const p = procedure("com.p", { input: Node });',
    "breaking p.input.value changed",
  ],
  [
    "a fallback goes from a schema that has a name",
    'const Named = z.object({ a: z.int() }).meta({ id: "Named" });\nexport const p = procedure("com.p", { input: z.object({ x: Named.catch({ a: 1 }) }) });',
    'const Named = z.object({ a: z.int() }).meta({ id: "Named" });\nexport const p = procedure("com.p", { input: z.object({ x: Named }) });',
    "breaking p.input.x readLess",
  ],
  [
    "a schema's name changes",
    'export const p = procedure("com.p", { input: z.object({ a: z.int() }).meta({ id: "Old" }) });',
    'export const p = procedure("com.p", { input: z.object({ a: z.int() }).meta({ id: "New" }) });',
  ],
];

let changes: readonly ContractChange[] = [];
const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const end of cleanups) end();
});

beforeAll(async () => {
  const project = createProject({ onTestFinished: (end) => void cleanups.push(end) }, {});
  const write = (column: 1 | 2) => {
    // each in a realm of URIs of its own, so that only its own members are compared
    for (const [index, each] of CASES.entries()) {
      project.write(`schemas/case${index}.ts`, contract(each[column].replaceAll('"com.', `"case${index}.`)));
    }
  };
  write(1);
  await lockContracts({ cwd: project.dir });
  write(2);
  changes = await diffContracts({ cwd: project.dir });
});

test.each(CASES.map((each, index) => ({ what: each[0], expected: each.slice(3), index })))("$what", ({
  expected,
  index,
}) => {
  const found = changes.filter(({ source }) => source === `schemas/case${index}.ts`);
  expect(found.map(({ severity, path, change }) => `${severity} ${path} ${change}`)).toEqual(expected);
});

function wampact(
  cwd: string,
  ...args: string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [CLI, ...args], { cwd, encoding: "utf8" });
}

test("the command prints text, JSON and Markdown, and fails on a breaking change alone", async (t) => {
  const project = createProject(t, { "schemas/a.ts": contract(add) });
  expect(wampact(project.dir, "lock").stdout).toBe("schemas/contracts.lock.json  written (1 member)\n");
  expect(wampact(project.dir, "lock").stdout).toBe("schemas/contracts.lock.json  unchanged (1 member)\n");
  expect(wampact(project.dir, "diff")).toMatchObject({ status: 0, stdout: "no changes\n" });

  project.write("schemas/a.ts", contract(add.replace("a: z.int()", "a: z.int(), b: z.string().optional()")));
  expect(wampact(project.dir, "diff")).toMatchObject({
    status: 0,
    stdout:
      "schemas/a.ts\n  safe      add.input.b: an optional field is new (it may be omitted); in any order\n\n0 breaking, 0 risky, 1 safe\n",
  });
  project.write("schemas/a.ts", contract(add.replace("a: z.int()", 'a: z.enum(["x|y"])')));
  const { status, stdout } = wampact(project.dir, "diff", "--format", "json");
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    breaking: 1,
    risky: 0,
    safe: 0,
    changes: [{ severity: "breaking", source: "schemas/a.ts", path: "add.input.a" }],
  });
  expect(wampact(project.dir, "diff", "--format", "markdown").stdout).toContain(
    '### Breaking\n\n| | Change | Why | Update |\n|---|---|---|---|\n| `add.input.a` | was integer, is "x\\|y" | valid values are now refused | both sides at once |',
  );
});

test("a lock that is missing, of another kind or newer is told with what to do", async (t) => {
  const project = createProject(t, { "schemas/a.ts": contract(add) });
  await expect(diffContracts({ cwd: project.dir })).rejects.toThrow(CodegenError);
  expect(wampact(project.dir, "diff").stderr).toMatch(
    /^schemas\/contracts\.lock\.json: there is no lock file; run wampact lock/,
  );
  for (const [text, problem] of [
    ["{", /contracts\.lock\.json: is not a wampact lock file/],
    ["{}", /contracts\.lock\.json: is not a wampact lock file/],
    [
      '{ "version": 1, "contracts": [] }',
      /was written by an older wampact \(lock version 1\).*; compare with --against git:REF once, then run wampact lock/,
    ],
    ['{ "version": 99, "contracts": [] }', /was written by a newer wampact \(lock version 99\); update wampact/],
  ] as const) {
    project.write("schemas/contracts.lock.json", text);
    await expect(diffContracts({ cwd: project.dir })).rejects.toThrow(problem);
  }
  expect(wampact(project.dir, "diff").status).toBe(2);
});

test("--against git:REF compares with the contracts of a commit, and leaves the repository as it was", async (t) => {
  const project = createProject(t, {
    "package.json": '{ "type": "module", "name": "a-service" }',
    "pack/schemas/a.ts": `import { Pair } from "../shared.js";\n${contract('export const add = procedure("com.add", { input: Pair });')}`,
    "pack/shared.ts": 'import * as z from "zod";\nexport const Pair = z.object({ a: z.int() });\n',
    ".gitignore": "node_modules\n",
  });
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: project.dir });
  git("init", "--quiet", "--initial-branch=main");
  git("add", ".");
  git("commit", "--quiet", "--message", "first");
  project.write("pack/shared.ts", 'import * as z from "zod";\nexport const Pair = z.object({ a: z.int().max(9) });\n');

  const before = String(git("status", "--porcelain"));
  const temporary = readdirSync(tmpdir()).filter((name) => /^wampact-\w{6}$/.test(name));
  const { status, stdout } = wampact(`${project.dir}/pack`, "diff", "--against", "git:main");
  expect(stdout).toContain("schemas/a.ts\n  breaking  add.input.a: maximum was none and is 9");
  expect(status).toBe(1);
  expect(String(git("status", "--porcelain"))).toBe(before);
  expect(readdirSync(tmpdir()).filter((name) => /^wampact-\w{6}$/.test(name))).toEqual(temporary);

  expect(wampact(`${project.dir}/pack`, "diff", "--against", "git:nowhere")).toMatchObject({
    status: 2,
    stderr: "git:nowhere: the commit does not exist; in CI, fetch it or the whole history first\n",
  });
});
