import { expect, test } from "vitest";
import { contract, createProject } from "../../support/project.js";

const UNDEFINED =
  "the schema is undefined; declare it above its use, or remove the circular import that leaves it undefined";
const TOO_DEEP =
  "a schema is nested more than 200 levels deep; a recursive schema must refer to itself, not to a new copy of itself";

/** Values in places where a contract needs a schema: `[members, the problem]`. */
const NO_SCHEMAS = [
  ['procedure("com.a", { input: undefined as never })', `m.input: ${UNDEFINED}`],
  ['topic("com.a", { event: undefined as never })', `m.event: ${UNDEFINED}`],
  ['error("com.a", undefined as never)', `m.data: ${UNDEFINED}`],
  ['procedure("com.{x}", { params: { x: undefined as never } })', `m.params.x: ${UNDEFINED}`],
  ['procedure("com.a", { input: z.object({ list: z.array(undefined as never) }) })', `m.input.list[]: ${UNDEFINED}`],
  ['procedure("com.a", { output: "text" as never })', "m.output: expected a zod schema, got a string"],
  ['procedure("com.a", { chunks: { type: "string" } as never })', "m.chunks: expected a zod schema, got a dictionary"],
  ['procedure("com.a", { progress: z.string as never })', "m.progress: expected a zod schema, got a function"],
  [
    'procedure("com.a", { errors: { e: z.string() as never } })',
    "m.errors.e: expected an error made by error(), got a dictionary",
  ],
  [
    'procedure("com.a", { input: z3.string() as never })',
    'm.input: a schema of zod 3; import zod 4, as "zod" or "zod/mini"',
  ],
  ['procedure("com.a", undefined as never)', 'm: procedure("com.a"): expected an object, got nothing'],
  ['procedure("com.a", null as never)', 'm: procedure("com.a"): expected an object, got null'],
  ['topic("com.a", "text" as never)', 'm: topic("com.a"): expected an object, got a string'],
  ["procedure(undefined as never, {})", 'm: procedure: expected a URI such as "com.app.add2", got nothing'],
  ["error(5 as never, z.void())", 'm: error: expected a URI such as "com.app.add2", got an integer'],
  [
    'topic("com.a", { event: z.lazy(() => { throw new Error("later"); }) })',
    "m: its schemas cannot be read: Error: later",
  ],
] as const;

test("what is no schema is told with file, line and member, all of it in one run", async (t) => {
  const files = NO_SCHEMAS.map(([member], index) => [
    `schemas/s${String(index).padStart(2, "0")}.ts`,
    contract(`import * as z3 from "zod/v3";\nexport const m = ${member};\nvoid z3;`),
  ]);
  const project = createProject(t, Object.fromEntries(files));
  expect(await project.problems()).toEqual(NO_SCHEMAS.map(([, problem], index) => `${files[index]?.[0]}:4 ${problem}`));
});

/** Ways to nest a schema: `[what it is made of, one level more]`. */
const DEEP = [
  ["lists", "z.array(schema)"],
  ["objects", "z.object({ a: schema })"],
  ["wrappers", "schema.optional()"],
  ["unions", "z.union([schema, z.int()])"],
  ["records", "z.record(z.string(), schema)"],
  ["tuples", "z.tuple([schema])"],
  ["lazy schemas", "z.lazy(() => schema)"],
] as const;

test("a schema of 5,000 levels is told with file, line and member, whatever it is made of", async (t) => {
  const members = DEEP.map(
    ([, level], index) =>
      `export const deep${index} = procedure("com.deep${index}", { input: nested((schema) => ${level}) });`,
  );
  const project = createProject(t, {
    "schemas/deep.ts": contract(`function nested(level: (schema: z.ZodType) => z.ZodType): never {
  let schema: z.ZodType = z.string();
  for (let count = 0; count < 5_000; count++) schema = level(schema);
  return schema as never;
}
${members.join("\n")}`),
  });
  expect(await project.problems()).toEqual(
    DEEP.map((_, index) => `schemas/deep.ts:${index + 8} deep${index}.input: ${TOO_DEEP}`),
  );
});

test("a schema that gets deep by parts, each of them exported, is told as well", async (t) => {
  const parts = Array.from({ length: 50 }, (_, index) => {
    const inner = index === 0 ? "z.string()" : `part${index - 1}`;
    return `export const part${index} = nested(${inner});`;
  });
  const project = createProject(t, {
    "schemas/deep.ts": contract(`function nested(schema: z.ZodType): z.ZodType {
  for (let count = 0; count < 100; count++) schema = z.array(schema);
  return schema;
}
${parts.join("\n")}
export const deep = procedure("com.deep", { input: part49 });`),
  });
  expect(await project.problems()).toContain(`schemas/deep.ts:57 deep.input: ${TOO_DEEP}`);
});

test("a schema with 5,000 checks, each of which copies it, is told with file, line and member", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": contract(`let schema = z.string();
for (let count = 0; count < 5_000; count++) schema = schema.refine(() => true);
export const a = procedure("com.a", { input: schema });`),
  });
  expect(await project.problems()).toEqual([
    "schemas/a.ts:5 a: its schemas cannot be read: they are nested too deeply, or are copies of too many copies",
  ]);
});

test("an expression of 5,000 levels is told with its file", async (t) => {
  const nested = `${"z.array(".repeat(5_000)}z.string()${")".repeat(5_000)}`;
  const project = createProject(t, {
    "schemas/deep.ts": contract(`export const deep = procedure("com.deep", { input: ${nested} });`),
  });
  expect(await project.problems()).toEqual([expect.stringMatching(/^schemas\/deep\.ts: .*(stack|nests too deep)/)]);
});

test("a contract that throws when it is loaded is told with the error's words and its own line", async (t) => {
  const project = createProject(t, {
    "node_modules/strict/package.json": '{ "name": "strict", "type": "module", "exports": "./index.js" }',
    "node_modules/strict/index.js":
      'export function declare(uri) {\n  throw new TypeError(uri + ".timeoutMs: expected 0 or more");\n}\n',
    "schemas/strict.ts": 'import { declare } from "strict";\n\nexport const a = declare("com.a");\n',
  });
  expect(await project.problems()).toEqual([
    "schemas/strict.ts:3: loading failed: com.a.timeoutMs: expected 0 or more",
  ]);
});

test("a contract over zod 3 is told which zod to install, once for the file", async (t) => {
  const project = createProject(t, {
    "node_modules/zod/package.json":
      '{ "name": "zod", "version": "3.25.1", "type": "module", "exports": { ".": "./index.js", "./package.json": "./package.json" } }',
    "node_modules/zod/index.js":
      "export const string = () => ({ _def: {} });\nexport const object = () => ({ _def: {} });\n",
    "schemas/a.ts": contract(
      'export const a = procedure("com.a", { input: z.object({}) as never });\nexport const b = error("com.b", z.string() as never);',
    ),
    "schemas/b.ts": contract('export const c = procedure("com.c", { input: z.codec() as never });'),
  });
  expect(await project.problems()).toEqual([
    "schemas/b.ts: wampact needs zod 4.1 or newer, but found 3.25.1: npm install zod@4",
  ]);
  project.write("schemas/b.ts", "export const nothing = 1;\n");
  expect(await project.problems()).toEqual([
    "schemas/a.ts: wampact needs zod 4.1 or newer, but found 3.25.1: npm install zod@4",
  ]);
});

test("a remainder that is not at the end of a URI is told with the remainder's name", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": contract(`export const a = procedure("com.{...rest}.x", {});
export const b = procedure("com.{...rest}.{x}", {});
export const c = topic("com.x{...rest}", { event: z.string() });
export const d = topic("{...rest}", { event: z.string() });`),
  });
  expect(await project.problems()).toEqual([
    "schemas/a.ts:3 a: com.{...rest}.x: {...rest} matches the rest of the URI; move it to the end",
    "schemas/a.ts:4 b: com.{...rest}.{x}: {...rest} matches the rest of the URI; move it to the end",
    'schemas/a.ts:5 c: com.x{...rest}: "x{...rest}" is not a valid parameter; write {name} as a whole component, or {...name} at the end',
    "schemas/a.ts:6 d: {...rest}: a URI needs at least one component before {...rest}",
  ]);
});
