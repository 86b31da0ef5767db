/** The OpenAPI document of contracts: valid, and true of what the bridge answers. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { beforeAll, expect, type TestContext, test } from "vitest";
import { writeDocuments } from "wampact/codegen";
import { WampError } from "wampact/peer";
import { KINDS, kindsContract } from "../codegen/kinds.js";
import { ask, post, startBridge } from "../support/http.js";
import { contract, createProject } from "../support/project.js";

const CONTRACT = `
export const Address = z.object({ street: z.string() });
export const notFound = error("com.example.error.not_found", z.object({ id: z.string() }));
export const forbidden = error("wamp.error.not_authorized", z.string());
/** Moves somebody. Long story. */
export const move = procedure("com.people.{id}.move", {
  params: { id: z.enum(["a", "b"]).describe("Who.") },
  input: z.object({ to: Address, tries: z.int().default(3) }),
  progress: z.number(),
  output: Address,
  errors: { notFound, forbidden },
  access: { roles: ["mover"] },
});
export const add = procedure("com.example.add", { input: z.tuple([z.number(), z.number()]), output: z.number(), deprecated: "count yourself" });
export const square = procedure("com.example.square", { input: z.number(), output: z.number() });
export const ping = procedure("com.example.ping", {});
export const named = procedure("com.example.named", { input: z.object({ a: z.number(), b: z.string() }), wire: { input: { args: ["a"], kwargs: "rest" } } });
export const upload = procedure("com.example.upload", { chunks: z.string(), output: z.number() });
export const deep = procedure("com.example.files.{...path}", { output: z.string() });
export const greeting = procedure("com.example.greeting", { input: z.string().default("you"), output: z.string().optional() });
export const coded = procedure("com.example.coded", { input: z.string().regex(/^[a-f]\\-\\@$/i), output: z.string().regex(/^x\\-$/) });
export const search = procedure("com.example.search", { input: z.object({ text: z.string().optional(), limit: z.int().default(10) }) });
export const Page = z.object({ page: z.int().optional() });
export const list = procedure("com.example.list", { input: Page });
export const listed = topic("com.example.listed", { event: Page });
export const both = procedure("com.example.both", { input: z.intersection(Page, z.object({ size: z.int() })), wire: { input: "kwargs" } });
export const free = procedure("com.example.free", { input: z.record(z.string(), z.number()), wire: { input: "kwargs" } });
export const pair = procedure("com.example.pair", { input: z.tuple([z.number().optional()]) });
export const sized = procedure("com.example.sized", { input: z.union([z.object({ a: z.int() }), z.object({ b: z.int().optional() })]), wire: { input: "kwargs" } });
export const moved = topic("com.people.moved", { event: z.object({ id: z.string() }) });
`;

const PACKAGE = '{ "name": "people", "version": "1.2.3" }';
const SERVER = "https://app.example/api/com.example";

// biome-ignore lint/suspicious/noExplicitAny: a document is read by its paths
type Document = any;

let document: Document;
let undocumented: readonly string[];
beforeAll(async () => {
  const finish: (() => void)[] = [];
  const t = { onTestFinished: (end: () => void) => void finish.push(end) } as unknown as TestContext;
  document = await documentOf(t, CONTRACT);
  undocumented = await pathsWithout(t);
  for (const end of finish) end();
});

async function documentOf(t: TestContext, source: string, openapi = SERVER): Promise<Document> {
  const project = createProject(t, { "package.json": PACKAGE, "schemas/people.ts": contract(source) });
  await writeDocuments({ cwd: project.dir, openapi });
  return JSON.parse(project.read("schemas/generated/openapi.json"));
}

async function pathsWithout(t: TestContext): Promise<readonly string[]> {
  const project = createProject(t, { "schemas/people.ts": contract(CONTRACT) });
  return (await writeDocuments({ cwd: project.dir })).map(({ path }) => path.split("/").at(-1) as string);
}

async function validated(document: Document) {
  const validator = new Validator();
  const outcome = await validator.validate(structuredClone(document));
  return { validator, outcome, version: validator.version };
}

test("a document of OpenAPI 3.1 that a validator accepts", async () => {
  const { outcome, version } = await validated(document);
  expect([outcome.valid, outcome.errors, version]).toEqual([true, undefined, "3.1"]);
  expect((await validated({ ...document, paths: { "/x": { post: { responses: 1 } } } })).outcome.valid).toBe(false); // it does look
  expect(document).toMatchObject({
    openapi: "3.1.0",
    info: { title: "people", version: "1.2.3" },
    servers: [{ url: SERVER }],
  });
  expect(Object.keys(document.paths)).toEqual([
    "/call/com.people.{id}.move",
    "/call/com.example.add",
    "/call/com.example.square",
    "/call/com.example.ping",
    "/call/com.example.named",
    "/call/com.example.files.{path}",
    "/call/com.example.greeting",
    "/call/com.example.coded",
    "/call/com.example.search",
    "/call/com.example.list",
    "/publish/com.example.listed",
    "/subscribe/com.example.listed",
    "/call/com.example.both",
    "/call/com.example.free",
    "/call/com.example.pair",
    "/call/com.example.sized",
    "/publish/com.people.moved",
    "/subscribe/com.people.moved",
  ]);
  const { post: move, parameters } = document.paths["/call/com.people.{id}.move"];
  expect(parameters).toEqual([
    { name: "id", in: "path", required: true, description: "Who.", schema: { type: "string", enum: ["a", "b"] } },
  ]);
  expect(move).toMatchObject({
    operationId: "move",
    summary: "Moves somebody.",
    security: [{ ticket: [] }, { login: [] }],
  });
  expect(Object.keys(move.responses)).toEqual(["200", "403", "500", "default"]);
  expect(Object.keys(move.responses[200].content)).toEqual(["application/json", "text/event-stream"]);
  expect(document.paths["/call/com.example.add"].post.deprecated).toBe(true);
  const { parameters: query } = document.paths["/subscribe/com.people.moved"].get;
  expect(query.map(({ name }: { name: string }) => name)).toEqual(["match", "get_retained", "nkey"]);
});

test("contracts of every kind of schema make documents that a validator accepts", async (t) => {
  const kinds = await documentOf(t, kindsContract());
  const { outcome } = await validated(kinds);
  expect([outcome.valid, outcome.errors]).toEqual([true, undefined]);
  expect(Object.keys(kinds.paths).length).toBeGreaterThanOrEqual(KINDS.length);
});

test("what the bridge takes and answers is what the document says", async (t) => {
  const { validator } = await validated(document);
  const { paths } = validator.resolveRefs() as Document;
  const ajv = formats.default(new Ajv2020({ strict: false })) as unknown as Ajv2020;
  const { base, peer } = await startBridge(t);
  await peer.register(
    "com.people..move",
    ({ args, kwargs: { to } }) => {
      if ((to as { street: string }).street === "")
        throw new WampError("com.example.error.not_found", { kwargs: { id: "a" } });
      return args[0] ?? to;
    },
    { match: "wildcard" },
  );
  await peer.register("com.example.add", ({ args: [a, b] }) => (a as number) + (b as number));
  await peer.register("com.example.square", ({ args: [a] }) => (a as number) ** 2);
  await peer.register("com.example.ping", () => undefined);
  await peer.register("com.example.greeting", ({ args: [name] }) => name);
  await peer.register("com.example.coded", () => "x-");

  const asked = async (path: string, url: string, body: object) => {
    const { post: operation } = paths[path];
    const requests = ajv.compile(operation.requestBody.content["application/json"].schema);
    const answer = await post(`${base}${url}`, body);
    const described = operation.responses[answer.status] ?? operation.responses.default;
    const answers = ajv.compile(described.content["application/json"].schema);
    return { status: answer.status, request: requests(body), answer: answers(answer.body) };
  };
  const ok = { status: 200, request: true, answer: true };
  const move = "/call/com.people.{id}.move";
  expect(await asked(move, "/call/com.people.a.move", { kwargs: { to: { street: "x" } } })).toEqual(ok);
  expect(await asked(move, "/call/com.people.a.move", { kwargs: { to: { street: "" } } })).toEqual({
    ...ok,
    status: 500,
  });
  expect(await asked(move, "/call/com.people.a.move", { args: [1], kwargs: { to: { street: "x" } } })).toMatchObject({
    answer: false,
  });
  expect(await asked("/call/com.example.add", "/call/com.example.add", { args: [1, 2] })).toEqual(ok);
  expect(
    await asked("/call/com.example.square", "/call/com.example.square", { args: [3], options: { timeout: 1_000 } }),
  ).toEqual(ok);
  expect(await asked("/call/com.example.square", "/call/com.example.square", {})).toMatchObject({ request: false });
  expect(await asked("/call/com.example.ping", "/call/com.example.ping", {})).toEqual(ok);
  const greeting = "/call/com.example.greeting";
  for (const body of [{}, { args: [] }, { args: ["ada"] }]) expect(await asked(greeting, greeting, body)).toEqual(ok);
  expect(await asked(greeting, greeting, { args: [1] })).toMatchObject({ request: false });
  const coded = "/call/com.example.coded";
  expect(await asked(coded, coded, { args: ["A-@"] })).toEqual(ok);
  expect(await asked("/publish/com.people.moved", "/publish/com.people.moved", { kwargs: { id: "a" } })).toEqual(ok);
});

test.for([
  ["/call/com.example.search", undefined],
  ["/call/com.example.list", undefined],
  ["/publish/com.example.listed", undefined],
  ["/call/com.example.free", undefined],
  ["/call/com.example.pair", undefined],
  ["/call/com.example.sized", undefined],
  ["/call/com.example.both", ["kwargs"]],
  ["/call/com.example.named", ["kwargs"]],
  ["/call/com.example.add", ["args"]],
] as const)("the body of %s, whose members may all be missing or not, requires %j", ([path, required]) => {
  const { requestBody } = document.paths[path].post;
  expect(requestBody.content["application/json"].schema.required).toEqual(required);
  expect(requestBody.required).toBe(required !== undefined);
});

test("a bridge gives the document it was given, and none otherwise", async (t) => {
  const { port } = await startBridge(t, { bridge: { openapi: document } });
  expect(await ask(`http://127.0.0.1:${port}/api/openapi.json`)).toMatchObject({ status: 200, body: document });
  expect(await ask(`http://127.0.0.1:${port}/api/openapi.json`, { method: "HEAD" })).toMatchObject({ status: 200 });
  expect(await ask(`http://127.0.0.1:${port}/api/openapi.json`, { method: "POST" })).toMatchObject({ status: 405 });
  const without = await startBridge(t);
  expect(await ask(`http://127.0.0.1:${without.port}/api/openapi.json`)).toMatchObject({ status: 404 });
});

test("no document is written where none is asked for, or for a URL that is none", async (t) => {
  expect(undocumented).toEqual(["API.md", "asyncapi.json", "payloads.schema.json"]);
  const project = createProject(t, { "schemas/people.ts": contract(CONTRACT) });
  await expect(writeDocuments({ cwd: project.dir, openapi: "api" })).rejects.toThrow(
    "openapi: expected the URL of a realm",
  );
});
