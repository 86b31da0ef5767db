import { expect, test } from "vitest";
import { error, procedure, topic } from "wampact";
import * as z from "zod";
import * as z3 from "zod/v3";

/** Plain JavaScript, which no compiler has looked at. */
const untyped = { procedure, topic, error } as unknown as Record<
  "procedure" | "topic" | "error",
  (uri: unknown, definition: unknown) => unknown
>;
const Pair = z.object({ a: z.int(), b: z.int() });
const bad = error("com.example.bad", z.void());

test.for<[string, unknown, string]>([
  ["an unknown key", { inputs: Pair }, '.inputs: unknown option; did you mean "input"?'],
  ["no object", undefined, ": expected an object, got nothing"],
  ["a negative limit", { timeoutMs: -5 }, ".timeoutMs: expected a non-negative integer, got -5"],
  [
    "an unknown policy",
    { invoke: "all" },
    '.invoke: expected "single" or "roundrobin" or "random" or "first" or "last"',
  ],
  ["a flag that is text", { idempotent: "yes" }, ".idempotent: expected true or false, got a string"],
  ["an input that is no schema", { input: { a: 1 } }, ".input: expected a zod 4 schema, got a dictionary"],
  [
    "got a zod 3 schema",
    { input: z3.string() },
    ".input: got a zod 3 schema; wampact needs zod 4.1 or newer: npm install zod@4",
  ],
  ["a schema for no parameter", { params: { y: z.string() } }, ".params.y: the URI has no parameter {y}"],
  ["a parameter that is no schema", { params: { x: "string" } }, ".params.x: expected a zod 4 schema, got a string"],
  [
    "a reserved code",
    { errors: { timeout: bad } },
    '.errors.timeout: the code "timeout" is reserved for a failure that any call can have',
  ],
  ["an error of no error()", { errors: { bad: "com.example.bad" } }, ".errors.bad: expected an error made by error()"],
  ["a wire of an unknown part", { wire: { inputs: "args" } }, '.wire.inputs: unknown option; did you mean "input"?'],
  ["an unknown wire", { input: Pair, wire: { input: "list" } }, '.wire.input: expected "kwargs", "args", "arg0" or'],
  ["swapped letters", { tmieoutMs: 1 }, '.tmieoutMs: unknown option; did you mean "timeoutMs"?'],
  ["swapped letters of a short word", { wrie: {} }, '.wrie: unknown option; did you mean "wire"?'],
  ["a schema", z.string(), ": expected a definition, got a schema; write { input: schema }"],
  [
    "a name of the wire that occurs twice",
    { input: Pair, wire: { input: { args: ["a", "a"], kwargs: "rest" } } },
    '.wire.input.args: "a" occurs twice',
  ],
  ["a wire without a schema", { wire: { output: "args" } }, ".wire.output: there is no schema to map"],
  [
    "an argument that names no field",
    { input: Pair, wire: { input: { args: ["a", "c"], kwargs: "rest" } } },
    '.wire.input.args: the schema has no field "c"; it has a, b',
  ],
  [
    "named arguments of a list",
    { input: z.array(z.int()), wire: { input: { args: ["a"], kwargs: "rest" } } },
    ".wire.input: named arguments need an object, and the schema is array",
  ],
  ["metaApi elsewhere", { metaApi: true }, '.metaApi: expected a URI that starts with "wamp."'],
])("procedure() with %s is a TypeError that names the URI and the key", ([, definition, words]) => {
  const declare = () => untyped.procedure("com.example.{x}", definition);
  expect(declare).toThrow(TypeError);
  expect(declare).toThrow(`procedure("com.example.{x}")${words}`);
});

test.for([
  z.string(),
  z.int(),
  z.array(z.int()),
  z.tuple([z.int()]),
  z.union([Pair, z.string()]),
  z.date(),
  z.void(),
  Pair.optional(), // nothing would arrive as an empty dictionary
  Pair.nullable(),
])('the wire "kwargs" is refused for a schema that gives no dictionary', (input) => {
  expect(() => untyped.procedure("com.example.a", { input, wire: { input: "kwargs" } })).toThrow(
    'wire.input: "kwargs" needs an object or a record',
  );
});

test.for([
  z.string(),
  Pair,
  z.record(z.string(), z.int()),
  z.union([z.array(z.int()), Pair]),
  z.array(z.int()).default([]),
])('the wire "args" is refused for a schema that gives no list', (event) => {
  expect(() => untyped.topic("com.example.a", { event, wire: "args" })).toThrow(
    'topic("com.example.a").wire: "args" needs a tuple or an array',
  );
});

test.for([
  ["kwargs", z.codec(Pair, z.int().optional(), { decode: ({ a }) => a, encode: (a = 0) => ({ a, b: 0 }) })],
  ["kwargs", z.union([Pair, z.object({ c: z.int() })])],
  ["kwargs", z.intersection(Pair, z.record(z.string(), z.unknown()))],
  ["kwargs", z.codec(Pair, z.int(), { decode: ({ a }) => a, encode: (a) => ({ a, b: 0 }) })],
  ["kwargs", z.lazy(() => Pair).readonly()],
  ["args", z.array(z.int()).readonly()],
  ["args", z.tuple([z.int()]).rest(z.int())],
  ["arg0", z.string()],
  [{ args: ["a"], kwargs: "rest" }, Pair],
  [{ args: ["whatever"], kwargs: "rest" }, z.looseObject({})],
] as const)("the wire %j is taken where the schema allows it", ([wire, input]) => {
  expect(procedure("com.example.a", { input, wire: { input: wire } }).definition.wire).toEqual({ input: wire });
});

test("a schema that refers to itself, or to what is declared below it, is not run by its declaration", () => {
  const List: z.ZodType = z.lazy(() => z.object({ next: Later.optional() }));
  expect(procedure("com.example.a", { input: List, wire: { input: "kwargs" } }).kind).toBe("procedure");
  const Later = List;
});

test.for([
  ["com..example", "a component is empty"],
  ["com.ex ample", 'contains white space or "#"'],
  ["com.{a-b}", "is not a valid parameter"],
  ["com.{...rest}.more", "matches the rest of the URI"],
  ["com.{a}.{a}", "occurs twice"],
  [7, "expected a URI such as"],
])("the URI %s is refused for procedures, topics and errors", ([uri, words]) => {
  expect(() => untyped.procedure(uri, {})).toThrow(words as string);
  expect(() => untyped.topic(uri, { event: Pair })).toThrow(words as string);
  expect(() => untyped.error(uri, Pair)).toThrow(words as string);
});

test("a URI below wamp. is refused unless the member says that it describes the router", () => {
  const words = 'URIs that start with "wamp." are reserved for the router; choose another URI, or set metaApi: true';
  expect(() => procedure("wamp.example.a", {})).toThrow(`procedure("wamp.example.a"): ${words}`);
  expect(() => topic("wamp.example.a", { event: Pair })).toThrow(`topic("wamp.example.a"): ${words}`);
  expect(procedure("wamp.example.a", { metaApi: true }).uri).toBe("wamp.example.a");
  expect(topic("wamp.example.a", { event: Pair, metaApi: true }).uri).toBe("wamp.example.a");
});

test("an error may have a URI of WAMP's, and no parameters", () => {
  expect(error("wamp.error.no_such_session", z.void()).uri).toBe("wamp.error.no_such_session");
  expect(() => error("com.example.{x}", z.void())).toThrow(
    'error("com.example.{x}"): the URI of an error must not have parameters',
  );
  expect(() => untyped.error("com.example.bad", {})).toThrow(
    "expected a zod 4 schema for the error's data, got a dictionary",
  );
});

test("a topic needs the schema of its events", () => {
  expect(() => untyped.topic("com.example.a", {})).toThrow('topic("com.example.a").event: expected a schema');
});

test("a schema in place of a topic's definition, or none, is a TypeError in words", () => {
  expect(() => untyped.topic("com.example.a", Pair)).toThrow(
    new TypeError('topic("com.example.a"): expected a definition, got a schema; write { event: schema }'),
  );
  expect(() => untyped.topic("com.example.a", undefined)).toThrow(
    new TypeError('topic("com.example.a"): expected an object, got nothing'),
  );
});

test("no parameter of a URI is named like a member of every object", () => {
  for (const name of ["__proto__", "constructor", "toString"])
    expect(() => untyped.procedure(`com.{${name}}.a`, {})).toThrow(`a parameter must not be named ${name}`);
});

const LATER = z.string().refine(async () => true);
const LATER_CODEC = z.codec(z.string(), z.int(), { decode: async () => 1, encode: async () => "" });

test.for<[string, () => unknown, string]>([
  ["a parameter", () => procedure("com.{x}.a", { params: { x: LATER } }), 'procedure("com.{x}.a").params.x'],
  [
    "a topic's parameter",
    () => topic("com.{x}", { params: { x: LATER_CODEC }, event: Pair }),
    'topic("com.{x}").params.x',
  ],
  ["progress", () => procedure("com.a", { progress: z.object({ x: z.array(LATER) }) }), 'procedure("com.a").progress'],
  ["error data", () => error("com.e", z.union([Pair, LATER_CODEC.optional()])), 'error("com.e").data'],
  [
    "a check",
    () =>
      error(
        "com.e",
        Pair.check(async () => {}),
      ),
    'error("com.e").data',
  ],
])("an async function in the schema of %s is refused where it is declared", ([, declare, path]) => {
  expect(declare).toThrow(TypeError);
  expect(declare).toThrow(`${path}: the schema has an async function; URI parameters, progress and error data need`);
});

test("async functions are taken elsewhere, and schemas that are declared later are not run", () => {
  expect(procedure("com.a", { input: LATER, output: LATER_CODEC, chunks: LATER }).kind).toBe("procedure");
  const Tree = z.object({
    get next() {
      return Later.optional();
    },
  });
  expect(procedure("com.b", { progress: Tree }).kind).toBe("procedure");
  const Later = Tree;
});
