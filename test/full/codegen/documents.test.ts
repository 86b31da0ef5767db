import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect, test } from "vitest";
import { lockContracts, writeDocuments } from "wampact/codegen";
import { KINDS, kindsContract } from "../../codegen/kinds.js";
import { contract, createProject, type TestProject } from "../../support/project.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const require = createRequire(import.meta.url);

const CONTRACT = `
const Node = z.object({ value: z.int(), get children() { return z.array(Node); } });
export const Address = z.object({ street: z.string().describe("With its number.") }).describe("Where somebody lives.");
export const notFound = error("com.not_found", z.object({ id: z.string() }));
/** Moves somebody. Long story. */
export const move = procedure("com.people.{id}.move", {
  params: { id: z.enum(["a", "b"]).describe("Who.") },
  input: z.object({
    to: Address.describe("The new one."),
    from: Address.optional(),
    at: z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() }),
    tries: z.int().min(1).default(3),
    stamp: z.string().default(() => new Date().toISOString()),
  }),
  progress: z.tuple([z.int(), z.exactOptional(z.string())], z.boolean()),
  chunks: z.instanceof(Uint8Array),
  output: Node,
  errors: { notFound },
  idempotent: true,
  deprecated: "use relocate",
});
/** Pipes | and <b>HTML</b>. */
export const moved = topic("com.people.moved", { event: z.intersection(z.strictObject({ a: z.int() }), z.strictObject({ b: z.string() })), retain: true });
`;

const PACKAGE = '{ "name": "people", "version": "1.2.3", "description": "All about people." }';

function documents(project: TestProject): {
  readonly api: string;
  readonly asyncapi: Record<string, never>;
  readonly payloads: { readonly $defs: Readonly<Record<string, unknown>> };
} {
  return {
    api: project.read("schemas/generated/API.md"),
    asyncapi: JSON.parse(project.read("schemas/generated/asyncapi.json")),
    payloads: JSON.parse(project.read("schemas/generated/payloads.schema.json")),
  };
}

/** AsyncAPI's own schema for documents, as it is published. */
function asyncApiValidator(): ValidateFunction {
  const schema = JSON.parse(readFileSync(require.resolve("@asyncapi/specs/schemas/3.0.0-without-$id.json"), "utf8"));
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  formats.default(ajv);
  return ajv.compile(schema);
}

function payloadValidator({ payloads }: { readonly payloads: object }): Ajv2020 {
  const ajv = new Ajv2020({ strict: false });
  formats.default(ajv);
  ajv.addSchema(payloads, "payloads");
  return ajv;
}

test("an AsyncAPI 3 document that its published schema accepts", async (t) => {
  const project = createProject(t, { "package.json": PACKAGE, "schemas/people.ts": contract(CONTRACT) });
  await writeDocuments({ cwd: project.dir });
  const { asyncapi } = documents(project);
  const validate = asyncApiValidator();
  expect(validate(asyncapi), JSON.stringify(validate.errors)).toBe(true);
  expect(asyncapi).toMatchObject({
    asyncapi: "3.0.0",
    info: { title: "people", version: "1.2.3", description: "All about people." },
    channels: {
      move: {
        address: "com.people.{id}.move",
        parameters: { id: { description: "Who.", enum: ["a", "b"] } },
        messages: {
          progress: {
            payload: {
              type: "array",
              items: [{ type: "integer" }, { type: "string" }],
              additionalItems: { type: "boolean" },
            },
          },
          chunk: { payload: { type: "string", contentEncoding: "base64" } },
          "error.notFound": { "x-wamp": { error: "com.not_found", wire: "kwargs" } },
        },
        "x-wamp": { kind: "procedure", idempotent: true, deprecated: "use relocate" },
      },
      moved: { "x-wamp": { kind: "topic", retain: true } },
    },
    operations: {
      move: { action: "receive", summary: "Moves somebody.", reply: { channel: { $ref: "#/channels/move" } } },
      moved: { action: "send" },
    },
  });
  expect(validate({ ...asyncapi, operations: { move: { action: "dance" } } })).toBe(false); // the schema does look
});

test("our own contracts, and one of every kind of schema, make documents that their schemas accept", async (t) => {
  const project = createProject(t, { "schemas/kinds.ts": contract(kindsContract()) });
  await writeDocuments({ cwd: project.dir });
  const own = JSON.parse(readFileSync(`${ROOT}schemas/generated/asyncapi.json`, "utf8"));
  const validate = asyncApiValidator();
  for (const each of [documents(project).asyncapi, own])
    expect(validate(each), JSON.stringify(validate.errors)).toBe(true);
  const { payloads } = documents(project);
  const ajv = payloadValidator({ payloads });
  expect(ajv.validateSchema(payloads), JSON.stringify(ajv.errors)).toBe(true);
  for (const index of KINDS.keys()) expect(ajv.getSchema(`payloads#/$defs/com.k${index}.input`)).toBeTypeOf("function");
});

test("JSON Schemas tell what travels: before defaults and codecs, by the names of the types", async (t) => {
  const project = createProject(t, { "schemas/people.ts": contract(CONTRACT) });
  await writeDocuments({ cwd: project.dir });
  const { payloads } = documents(project);
  expect(payloads.$defs).toMatchObject({
    "com.people.{id}.move.input": { $ref: "#/$defs/MoveInput" },
    "com.not_found.data": { $ref: "#/$defs/NotFoundData" },
    Address: { type: "object", description: "Where somebody lives.", required: ["street"] },
    MoveInput: {
      required: ["to", "at"],
      properties: {
        from: { $ref: "#/$defs/Address" },
        at: { type: "string", format: "date-time" },
        tries: { type: "integer", default: 3 },
        stamp: { type: "string" },
      },
    },
  });
  expect(JSON.stringify(payloads)).not.toMatch(/x-schema|__schema|"stamp":\{[^}]*default/);

  const ajv = payloadValidator({ payloads });
  const accepts = (name: string, value: unknown) => ajv.validate({ $ref: `payloads#/$defs/${name}` }, value);
  const to = { street: "x 1" };
  expect(accepts("MoveInput", { to, at: "2026-01-01T00:00:00Z" })).toBe(true);
  expect(accepts("MoveInput", { to, at: "noon" })).toBe(false);
  expect(accepts("MoveInput", { to: {}, at: "2026-01-01T00:00:00Z" })).toBe(false);
  expect(accepts("Node", { value: 1, children: [{ value: 2, children: [] }] })).toBe(true);
  expect(accepts("Node", { value: 1, children: [{ value: "2", children: [] }] })).toBe(false);
  expect(accepts("com.people.moved.event", { a: 1, b: "x" })).toBe(true);
  expect(accepts("com.people.moved.event", { a: 1, b: "x", c: 1 })).toBe(false);
});

test("API.md is what a person would write", async (t) => {
  const project = createProject(t, { "package.json": PACKAGE, "schemas/people.ts": contract(CONTRACT) });
  await writeDocuments({ cwd: project.dir });
  const { api } = documents(project);
  for (const line of [
    "# people: API",
    "| [move](#people-move) | procedure | `com.people.{id}.move` | Moves somebody. Long story. |",
    "> **Deprecated**: use relocate",
    "`com.people.{id}.move` · procedure · idempotent",
    "| Input (kwargs) | Type |  |",
    "| `to` | `Address` | The new one. |",
    "| `from?` | `Address` | Where somebody lives. |",
    "| `tries?` | `number` | Default `3`. |",
    "**Progress (args[0]):** `[number, string?, ...boolean[]]`",
    "**Chunk (args[0]):** `Uint8Array<ArrayBuffer>`",
    "| `notFound` | `com.not_found` | `NotFoundData` |  |",
    "`com.people.moved` · topic · the last event is retained",
  ]) {
    expect(api.split("\n")).toContain(line);
  }
});

test("two contracts that mean different things by one name keep both", async (t) => {
  const one = (field: string) =>
    contract(
      `export const Item = z.object({ ${field}: z.int() });\nexport const p = procedure("com.${field}", { input: z.object({ item: Item }) });`,
    );
  const project = createProject(t, { "schemas/a.ts": one("x"), "schemas/b.ts": one("y") });
  await writeDocuments({ cwd: project.dir });
  const { payloads, asyncapi } = documents(project);
  expect(payloads.$defs).toMatchObject({
    AItem: { properties: { x: {} } },
    BItem: { properties: { y: {} } },
    BPInput: { properties: { item: { $ref: "#/$defs/BItem" } } },
  });
  expect(Object.keys(asyncapi.channels ?? {})).toEqual(["A.p", "B.p"]);
});

test("a second run changes nothing; --check tells what would", async (t) => {
  const project = createProject(t, { "schemas/people.ts": contract(CONTRACT) });
  await writeDocuments({ cwd: project.dir });
  const again = await writeDocuments({ cwd: project.dir, check: true });
  expect(again.map(({ before, after }) => before === after)).toEqual([true, true, true]);
  project.write("schemas/people.ts", contract(CONTRACT.replace("Moves somebody.", "Moves.")));
  const stale = await writeDocuments({ cwd: project.dir, check: true });
  expect(stale.filter(({ before, after }) => before !== after).map(({ path }) => path)).toEqual([
    "schemas/generated/API.md",
    "schemas/generated/asyncapi.json",
  ]);
  project.write("schemas/generated/API.md", "# Mine\n");
  await expect(writeDocuments({ cwd: project.dir })).rejects.toThrow(
    "schemas/generated/API.md: codegen did not write this file",
  );
});

test("how a receiver reads a value stands in the lock alone: validators refuse keywords they do not know", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": contract(
      'export const p = procedure("com.p", { input: z.object({ n: z.coerce.number(), s: z.stringbool(), c: z.string().catch("") }) });',
    ),
  });
  await lockContracts({ cwd: project.dir });
  expect(project.read("schemas/contracts.lock.json").match(/"x-\w+"/g)).toEqual([
    '"x-coerced"',
    '"x-words"',
    '"x-caught"',
  ]);
  await writeDocuments({ cwd: project.dir });
  for (const file of ["payloads.schema.json", "asyncapi.json"]) {
    expect(project.read(`schemas/generated/${file}`)).not.toMatch(/"x-(coerced|words|caught)"/);
  }
});

test("documents say who may use what", async (t) => {
  const project = createProject(t, {
    "package.json": PACKAGE,
    "schemas/people.ts": contract(`
export const ban = procedure("com.people.ban", { access: { roles: ["super admin", "admin"] }, disclose: true });
export const none = procedure("com.people.none", { access: { roles: [] } });
export const news = topic("com.people.news", { event: z.string(), access: { publish: ["admin"], subscribe: ["user"] } });
`),
  });
  await writeDocuments({ cwd: project.dir });
  const { api, asyncapi } = documents(project);
  expect(api).toContain("`com.people.ban` · procedure · identity disclosed · called by `admin`, `super admin`");
  expect(api).toContain("`com.people.none` · procedure · called by nobody");
  expect(api).toContain("`com.people.news` · topic · published by `admin` · subscribed to by `user`");
  const validate = asyncApiValidator();
  expect(validate(asyncapi), JSON.stringify(validate.errors)).toBe(true);
  const { operations, components, channels } = asyncapi as Record<string, Record<string, Record<string, unknown>>>;
  const scheme = (role: string) => ({ $ref: `#/components/securitySchemes/${role}` });
  expect(operations?.ban?.security).toEqual([scheme("role.admin"), scheme("role.super_20admin")]);
  expect(operations?.none?.security).toEqual([]);
  expect(operations?.news?.security).toEqual([scheme("role.admin")]);
  expect(Object.keys(components?.securitySchemes ?? {})).toEqual(["role.admin", "role.super_20admin"]);
  expect(channels?.news?.["x-wamp"]).toMatchObject({ access: { publish: ["admin"], subscribe: ["user"] } });
});
