import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { expect, type TestContext, test } from "vitest";
import type { Peer } from "wampact";
import { watchContracts } from "wampact/codegen";
import { createTestRouter } from "wampact/testing";
import { compile } from "../../codegen/compile.js";
import { KINDS, kindsContract } from "../../codegen/kinds.js";
import { Inbox } from "../../support/peers.js";
import { contract, createProject } from "../../support/project.js";
import { clientsOf, type Loose, load } from "./thin-clients.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CODECS = `
  export const price = { decode: (text: string) => ({ cents: Number(text) }), encode: (value: { cents: number }) => String(value.cents) };
  export const shout = (text: string) => text + "!";
`;
const PRELUDE = `
  import { price, shout } from "./values.codecs.js";
  const IsoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
  const Day = z.codec(z.iso.date(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString().slice(0, 10) });
  const Ms = z.codec(z.int(), z.date(), { decode: (ms) => new Date(ms), encode: (date) => date.getTime() });
  const Seconds = z.codec(z.int(), z.date(), { decode: (s) => new Date(s * 1000), encode: (date) => Math.floor(date.getTime() / 1000) });
  const Big = z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: (value) => value.toString() });
  const BigInteger = z.codec(z.int(), z.bigint(), { decode: (value) => BigInt(value), encode: (value) => Number(value) });
  const Base64 = z.codec(z.base64(), z.instanceof(Uint8Array), { decode: (text) => z.core.util.base64ToUint8Array(text), encode: (bytes) => z.core.util.uint8ArrayToBase64(bytes) });
  const Pairs = z.codec(z.array(z.tuple([z.string(), z.int()])), z.map(z.string(), z.int()), { decode: (pairs) => new Map(pairs), encode: (map) => [...map] });
  const Items = z.codec(z.array(z.string()), z.set(z.string()), { decode: (items) => new Set(items), encode: (set) => [...set] });
  const Url = z.codec(z.url(), z.instanceof(URL), { decode: (text) => new URL(text), encode: (url) => url.href });
  const Text = z.codec(z.string(), z.number(), { decode: (text) => Number.parseFloat(text), encode: (value) => String(value) });
  const Price = z.codec(z.string(), z.object({ cents: z.int() }), price);
  const Tree = z.object({ at: IsoDate, get inner() { return z.array(Tree); } });
`;

/** Kinds of schemas whose values are not passed on as they are: `[schema, what is sent]`. */
const VALUES: readonly (readonly [schema: string, sent: unknown])[] = [
  ["IsoDate", new Date(1)],
  ["Day", new Date(86_400_000)],
  ["Ms", new Date(5)],
  ["Seconds", new Date(7_000)],
  ["Big", 2n ** 70n],
  ["BigInteger", 12n],
  ["Base64", Uint8Array.of(0, 255, 7)],
  ["Pairs", new Map([["a", 1]])],
  ["Items", new Set(["a", "b"])],
  ["Url", new URL("https://example.com/a?b#c")],
  ["Text", 1.5],
  ["Price", { cents: 250 }],
  ["z.instanceof(Uint8Array)", Uint8Array.of(1, 2)],
  ["IsoDate.optional()", undefined],
  ["IsoDate.optional()", new Date(2)],
  ["IsoDate.nullable()", null],
  ["IsoDate.nullable()", new Date(2)],
  ["IsoDate.default(() => new Date(9))", undefined],
  ["IsoDate.prefault('1970-01-01T00:00:00.003Z')", undefined],
  ["z.object({ a: z.int().default(3), b: z.array(z.string()).default(['x']), c: z.object({}).default({}) })", {}],
  ["z.string().default('x').optional()", undefined],
  ["z.enum(['a', 'b']).catch('b')", "a"],
  ["z.array(IsoDate)", [new Date(1), new Date(2)]],
  ["z.tuple([z.string(), IsoDate])", ["a", new Date(2)]],
  ["z.tuple([z.string(), z.int().default(4)])", ["a"]],
  ["z.tuple([z.string(), z.int().optional()])", ["a", undefined]],
  ["z.tuple([IsoDate], Big)", [new Date(1), 2n, 3n]],
  ["z.record(z.string(), IsoDate)", { a: new Date(1) }],
  ["z.object({ a: IsoDate }).catchall(IsoDate)", { a: new Date(1), b: new Date(3) }],
  ["z.union([IsoDate, z.int(), z.null()])", new Date(4)],
  ["z.union([IsoDate, z.int(), z.null()])", 4],
  ["z.union([z.array(Big), z.object({ at: IsoDate })])", [5n]],
  ["z.union([z.array(Big), z.object({ at: IsoDate })])", { at: new Date(6) }],
  [
    "z.discriminatedUnion('kind', [z.object({ kind: z.literal('at'), v: IsoDate }), z.object({ kind: z.enum(['b', 'c']), v: Big })])",
    { kind: "c", v: 9n },
  ],
  [
    "z.discriminatedUnion('kind', [z.object({ kind: z.literal('at'), v: IsoDate }), z.object({ kind: z.literal('no'), v: z.string() })])",
    { kind: "no", v: "as it is" },
  ],
  ["z.intersection(z.object({ a: IsoDate }), z.object({ b: Big }))", { a: new Date(1), b: 2n }],
  ["z.lazy(() => IsoDate)", new Date(1)],
  ["branded('When', IsoDate).readonly()", new Date(1)],
  ["Tree", { at: new Date(1), inner: [{ at: new Date(2), inner: [] }] }],
  ["z.string().trim().toLowerCase()", "  AbC "],
  ["z.string().toUpperCase().normalize()", "abc"],
  ["z.string().overwrite(shout)", "hi"],
  ["z.array(z.string().trim()).optional()", [" a "]],
  ["z.coerce.number()", "12"],
];
/** Schemas that only inputs can have. */
const INPUTS: typeof VALUES = [
  ["z.string().transform(Number).pipe(z.number())", "4"],
  ["z.preprocess((x) => x, z.string())", "a"],
  ["z.string().pipe(z.string().trim())", " a "],
];

test("thin and full clients send and receive the same values, for every kind of schema", async (t) => {
  const all = [...VALUES, ...INPUTS];
  const members = all.flatMap(([schema], index) => {
    const payload = `z.object({ k: ${schema} })`;
    const takes = `export const in${index} = procedure("com.in${index}", { input: ${payload}, output: z.string() });`;
    if (index >= VALUES.length) return [takes];
    return [
      takes,
      `export const out${index} = procedure("com.out${index}", { output: ${payload} });`,
      `export const bare${index} = procedure("com.bare${index}", { input: ${schema}, output: ${schema} });`,
      `export const event${index} = topic("com.event${index}", { event: ${payload} });`,
    ];
  });
  const project = createProject(t, {
    "schemas/values.ts": contract(`${PRELUDE}\n${members.join("\n")}`),
    "schemas/values.codecs.ts": CODECS,
  });
  await project.generate({ thin: true });
  expect(project.read("schemas/generated/values.thin.gen.ts")).not.toMatch(/zod|values\.js/);
  const handlers = Object.fromEntries(
    all.flatMap(([, sent], index) => [
      [`in${index}`, (input: unknown) => inspect(input, { depth: 9 })],
      ...(index < VALUES.length
        ? [
            [`out${index}`, () => ({ k: sent })],
            [
              `bare${index}`,
              (...given: unknown[]) => (Array.isArray(sent) && given.length > 2 ? given.slice(0, -1) : given[0]),
            ],
          ]
        : []),
    ]),
  );
  const { full, thin } = await clientsOf(t, project, { name: "values", handlers });
  for (const [index, [schema, sent]] of all.entries()) {
    const got = await full[`in${index}`]({ k: sent });
    expect(await thin[`in${index}`]({ k: sent }), `${schema} as sent`).toBe(got);
    if (index >= VALUES.length) continue;
    expect(await thin[`out${index}`](), `${schema} as received`).toEqual(await full[`out${index}`]());
    for (const publisher of [full, thin]) {
      const heard: unknown[] = [];
      const both = [full, thin].map(async (each) => {
        for await (const { data } of each[`event${index}`].events()) {
          heard.push(data);
          return;
        }
      });
      await full[`in${index}`]({ k: sent }); // SUBSCRIBE is answered before
      await publisher[`event${index}`].publish({ k: sent }, { acknowledge: true, excludeMe: false });
      await Promise.all(both);
      expect(heard[0], `${schema} as an event`).toEqual(heard[1]);
    }
    if (!schema.startsWith("z.tuple")) {
      const outcome = await full[`bare${index}`](sent);
      expect(await thin[`bare${index}`](sent), `${schema} by itself`).toEqual(outcome);
    }
  }
});

/** Values that a codec cannot convert: `[schema, value]`. */
const UNFIT: readonly (readonly [schema: string, value: unknown])[] = [
  ["IsoDate", "today"],
  ["IsoDate", undefined],
  ["Ms", null],
  ["Big", undefined],
  ["Items", 1],
  ["Url", undefined],
  ["z.object({ at: IsoDate })", "text"],
  ["z.object({ at: IsoDate })", []],
  ["z.object({ at: z.array(IsoDate) })", { at: [new Date(1), 2] }],
  ["z.array(IsoDate)", {}],
  ["z.tuple([z.string(), IsoDate])", ["a", 1]],
  ["z.record(z.string(), IsoDate)", { a: 1 }],
  ["Tree", { at: new Date(1), inner: [{ at: 2, inner: [] }] }],
  [
    "z.discriminatedUnion('kind', [z.object({ kind: z.literal('at'), v: IsoDate }), z.object({ kind: z.literal('no') })])",
    { kind: "at" },
  ],
];

test("a thin client says of a value that it cannot convert what a full client says", async (t) => {
  const members = UNFIT.map(
    ([schema], index) =>
      `export const in${index} = procedure("com.in${index}", { input: z.object({ k: ${schema} }) });
       export const out${index} = procedure("com.out${index}", { output: z.object({ k: ${schema} }) });`,
  );
  const project = createProject(t, {
    "schemas/values.ts": contract(`${PRELUDE}\n${members.join("\n")}`),
    "schemas/values.codecs.ts": CODECS,
  });
  await project.generate({ thin: true });
  const handlers = Object.fromEntries(
    UNFIT.flatMap((_, index) => [
      [`in${index}`, () => {}],
      [`out${index}`, () => {}],
    ]),
  );
  const { full, thin, service, peer } = await clientsOf(t, project, { name: "values", handlers });
  const told = async (call: Loose) => {
    const { error } = await call.safe();
    return [error.code, error.message.replace(/, got [^()]*/, "")];
  };
  for (const [index, [schema, value]] of UNFIT.entries())
    expect(await told(thin[`in${index}`]({ k: value })), schema).toEqual(await told(full[`in${index}`]({ k: value })));
  await service.close();
  await peer.register("com.out6", () => ({ k: 7 }));
  expect(await told(thin.out6())).toEqual(await told(full.out6()));
  expect(await told(thin.out6())).toEqual(["invalidOutput", expect.stringContaining("output.k: expected object")]);
});

test("thin and full clients agree on errors, progress, chunks, parameters, positions, URIs and policies", async (t) => {
  const project = createProject(t, {
    "schemas/shop.ts": contract(`
      const IsoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
      export const late = error("com.error.late", z.object({ at: IsoDate, by: z.int().default(1) }));
      const Sku = branded("Sku", z.string());
      const Kind = z.codec(z.string(), z.int(), { decode: (text) => BASE + Number(text), encode: (value) => String(value - BASE) });
      const BASE = 0;
      export const fail = procedure("com.{sku}.fail", { params: { sku: Sku }, input: z.tuple([IsoDate, z.string()]), errors: { late } });
      export const feed = procedure("com.feed", {
        input: z.object({ from: z.int() }), wire: { input: { args: ["from"], kwargs: "rest" } },
        chunks: z.object({ at: IsoDate }), progress: z.object({ at: IsoDate }), output: z.array(IsoDate), idempotent: false });
      export const slow = procedure("com.slow", { timeoutMs: 20, deprecated: "use fast", disclose: true, output: z.void() });
      export const sold = topic("com.{sku}.{...rest}", { params: { sku: Sku }, event: z.tuple([IsoDate]), retain: true });
    `),
  });
  await project.generate({ thin: true });
  let callers: unknown[] = [];
  const { full, thin, modules } = await clientsOf(t, project, {
    name: "shop",
    handlers: {
      fail(at: Date, why: string, ctx: Loose) {
        throw ctx.errors.late({ at, by: why.length });
      },
      async feed({ from }: { from: number }, ctx: Loose) {
        const dates = [new Date(from)];
        for await (const { at } of ctx.chunks) {
          dates.push(at);
          ctx.progress({ at });
        }
        return dates;
      },
      slow: (ctx: Loose) => {
        callers.push(ctx.caller?.session);
        return new Promise(() => {});
      },
    },
  });
  const seen = [];
  for (const client of [full, thin]) {
    const failure = await client.fail({ sku: "a" }, new Date(3), "why").safe();
    expect(client.fail.isError(failure.error, "late")).toBe(true);
    const call = client.feed({ from: 1 }, [{ at: new Date(5) }, { at: new Date(6) }]);
    const progress = [];
    for await (const value of call) progress.push(value);
    callers = [];
    const warned: string[] = [];
    const told = client === full ? modules.full : modules.thin;
    const timed = await told
      .createShopClient((await createTestRouterPeer(t)) as Peer, {
        onDeprecated: (words: string) => warned.push(words),
      })
      .slow()
      .safe();
    const open = await client.fail({ sku: "a.b" }, new Date(3), "why").safe();
    seen.push({
      failure: {
        code: failure.error.code,
        uri: failure.error.uri,
        data: failure.error.data,
        message: failure.error.message,
      },
      progress,
      result: await call,
      warned,
      timed: timed.error.code,
      open: { code: open.error.code, message: open.error.message },
      uris: [told.shopUris.late, told.shopUris.feed, told.shopUris.sold({ sku: "x", rest: "y.z" })],
      misuse: await Promise.resolve()
        .then(() => client.sold.publish({ sku: "x" }, [new Date(1)]))
        .catch((error: Error) => error.message),
    });
  }
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[0]).toMatchObject({
    failure: { code: "late", data: { at: new Date(3), by: 3 } },
    timed: "noSuchProcedure",
  });

  const heard: unknown[] = [];
  for (const client of [full, thin]) {
    await client.sold.subscribe({ rest: undefined, sku: "s" }, (event: Loose) =>
      heard.push([event.params, event.data, event.topic]),
    );
  }
  await thin.sold.publish({ sku: "s", rest: "t.u" }, [new Date(8)], { excludeMe: false, acknowledge: true });
  await full.feed({ from: 0 }, []);
  expect(heard).toHaveLength(2);
  expect(heard[1]).toEqual(heard[0]);
  expect(heard[0]).toEqual([{ sku: "s", rest: "t.u" }, [new Date(8)], "com.s.t.u"]);
});

test("a thin client takes middleware if the configuration asks for it, and refuses it otherwise", async (t) => {
  const project = createProject(t, {
    "wampact.config.json": '{ "thin": { "middleware": true } }',
    "schemas/shop.ts": contract(`
      export const twice = procedure("com.{of}.twice", { input: z.int(), progress: z.int(), output: z.int() });
      export const sold = topic("com.sold", { event: z.object({ id: z.string() }) });
    `),
  });
  await project.generate();
  const handlers = {
    twice(value: number, ctx: Loose) {
      ctx.progress(value + 1);
      return value * 2;
    },
  };
  const { modules, peer } = await clientsOf(t, project, { name: "shop", handlers });
  const seen: string[][] = [[], []];
  for (const [index, { createShopClient }] of [modules.full, modules.thin].entries()) {
    const layer = async (call: Loose, next: (added?: object) => Promise<unknown>) => {
      seen[index]?.push(`${call.kind} ${call.name} ${call.uri} ${JSON.stringify([call.params, call.input])}`);
      const result = await next();
      return call.kind === "call" ? Number(result) + 1 : result;
    };
    const client = createShopClient(peer, { use: [layer] });
    const call = client.twice({ of: "a" }, 4);
    const progress = [];
    for await (const value of call) progress.push(value);
    const events = new Inbox<Loose>();
    const subscription = await client.sold.subscribe(events.push);
    await client.sold.publish({ id: "x" }, { excludeMe: false, acknowledge: true });
    seen[index]?.push(JSON.stringify([await call, progress, (await events.next()).data]));
    await subscription.unsubscribe();
  }
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[0]?.map((words) => words.split(" ")[0])).toEqual(["call", "publish", "event", '[9,[5],{"id":"x"}]']);

  project.write("wampact.config.json", '{ "thin": {} }');
  project.write("schemas/other.ts", contract('export const a = procedure("com.a", {});'));
  await project.generate();
  const { createOtherClient } = await load(project, "other.thin");
  expect(() => createOtherClient(peer, { use: [async () => {}] })).toThrow(
    "createClient.use: this thin client was generated without middleware; set thin.middleware in the configuration and run codegen again",
  );
  expect(createOtherClient(peer, { use: [] })).toHaveProperty("a");
});

async function createTestRouterPeer(t: TestContext): Promise<Peer> {
  const router = createTestRouter();
  t.onTestFinished(() => router.close());
  return router.connect();
}

test("thin and full clients have the same types, for every contract in schemas and every kind of schema", async (t) => {
  const schemas = readdirSync(`${ROOT}schemas`).filter((name) => name.endsWith(".ts"));
  const kinds = contract(kindsContract()).replace(/const way = .*;/, 'import { way } from "./kinds.codecs.js";');
  const thinKinds = kinds.replace(/.*z\.stringbool\(\).*/, ""); // whose functions are zod's own
  const project = createProject(t, {
    ...Object.fromEntries(schemas.map((name) => [`schemas/${name}`, readFileSync(`${ROOT}schemas/${name}`, "utf8")])),
    "schemas/kinds.ts": thinKinds,
    "schemas/kinds.codecs.ts":
      "export const way = { decode: () => undefined as never, encode: () => undefined as never };",
  });
  await project.generate({ thin: true });
  const names = [...schemas.map((name) => name.replace(".ts", "")), "kinds"];
  expect(KINDS.length).toBeGreaterThan(50);
  const checks = names.flatMap((name, index) => {
    const text = project.read(`schemas/generated/${name}.thin.gen.ts`);
    const types = [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, type]) => type);
    const values = [...text.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, value]) => value);
    const full = project.read(`schemas/generated/${name}.gen.ts`);
    const others = [...full.matchAll(/^export (?:interface|type|const|function) (\w+)/gm)].map(([, other]) => other);
    expect([...types, ...values].sort()).toEqual(
      others.filter((other) => !/^serve|Handlers$/.test(other ?? "")).sort(),
    );
    return [
      `import * as full${index} from "./generated/${name}.gen.js";`,
      `import * as thin${index} from "./generated/${name}.thin.gen.js";`,
      ...types.map((type) => `export type ${type}${index} = [Both<full${index}.${type}, thin${index}.${type}>];`),
      ...values.map(
        (value) => `export type ${value}${index} = [Both<typeof full${index}.${value}, typeof thin${index}.${value}>];`,
      ),
    ];
  });
  project.write(
    "schemas/compared.test.ts",
    `type Both<A extends B, B extends C, C = A> = [A, B, C];\n${checks.join("\n")}\n`,
  );
  expect(compile(project)).toBe("");
  project.write(
    "schemas/compared.test.ts",
    "type Both<A extends B, B extends C, C = A> = [A, B, C];\nexport type X = Both<1, number>;",
  );
  expect(compile(project)).toContain("TS2344");
}, 120_000);

test("what a thin client cannot print is asked for by file and name", async (t) => {
  const project = createProject(t, {
    "wampact.config.json": '{ "thin": {} }',
    "schemas/own.ts": contract(`
      const Price = z.codec(z.string(), z.number(), { decode: (text) => Number(text) / 100, encode: (value) => String(value * 100) });
      const Later = z.codec(z.string(), z.number(), { decode: async (text) => Number(text), encode: (value) => String(value) });
      export const price = procedure("com.price", { input: z.object({ at: z.array(Price) }) });
      export const shout = topic("com.shout", { event: z.object({ text: z.string().overwrite((text) => text + "!") }) });
      export const later = procedure("com.later", { output: Later });
      export const now = procedure("com.now", { input: z.object({ at: z.number().default(() => Date.now()) }), output: z.number().default(() => Date.now()) });
      export const either = procedure("com.either", { output: z.union([Price, z.string().trim()]) });
    `),
    "schemas/own.codecs.ts": 'import * as z from "zod";\nexport const unused = z.string();',
  });
  const asked =
    "export its { decode, encode } from schemas/own.codecs.ts, a module that does not import zod, and use it in the contract as z.codec(…, …, yours)";
  expect(await project.problems()).toEqual([
    "schemas/own.ts: schemas/own.codecs.ts imports zod, which thin clients must not load; move the code that needs zod to another file",
    `schemas/own.ts:6 price.input.at[]: a thin client cannot print what this codec does; ${asked}`,
    "schemas/own.ts:7 shout.event.text: a thin client cannot print what .overwrite() does; export its function from schemas/own.codecs.ts, a module that does not import zod, and use it in the contract as .overwrite(yours)",
    expect.stringMatching(/^schemas\/own.ts:8 later.output: this codec is asynchronous; /),
    expect.stringMatching(
      /^schemas\/own.ts:9 now.output: a thin client cannot print the value of .default\(\), which is computed; /,
    ),
    expect.stringMatching(/^schemas\/own.ts:10 either.output: a thin client cannot print what this codec does; /),
    expect.stringMatching(
      /^schemas\/own.ts:10 either.output: a thin client cannot tell the alternatives of this union apart/,
    ),
  ]);
});

test("the configuration names contracts that have thin clients; stale ones are told, and those that are wanted no more removed", async (t) => {
  const one = contract('export const a = procedure("com.a", { output: z.string() });');
  const project = createProject(t, {
    "schemas/one.ts": one,
    "schemas/two.ts": contract('export const b = procedure("com.b", {});'),
    "wampact.config.json": '{ "thin": { "contracts": "schemas/one.ts" } }',
  });
  const changed = async (options = {}) => {
    const { changes } = await project.generate(options);
    return changes
      .filter(({ before, after }) => before !== after)
      .map(({ path, after }) => (after ? path : `-${path}`));
  };
  const thin = "schemas/generated/one.thin.gen.ts";
  expect(await changed()).toContain(thin);
  expect(await changed()).toEqual([]);
  project.write("schemas/one.ts", one.replace("com.a", "com.other"));
  expect(await changed({ check: true })).toContain(thin);
  await project.generate();
  project.write(thin, `${project.read(thin)}// edited`);
  expect(await changed({ check: true })).toEqual([thin]);
  expect(await changed({ thin: true })).toContain("schemas/generated/two.thin.gen.ts");
  project.write("wampact.config.json", "{}");
  expect((await changed()).sort()).toEqual([
    "-schemas/generated/one.thin.gen.ts",
    "-schemas/generated/two.thin.gen.ts",
    "schemas/generated/codegen-manifest.json",
  ]);
  project.write("wampact.config.json", '{ "thin": { "contract": "schemas/one.ts" } }');
  expect(await project.problems()).toEqual([expect.stringContaining("thin.contract: unknown option")]);
  project.write("wampact.config.json", '{ "thin": { "contracts": ["schemas/one.ts", "schemas/three.ts"] } }');
  expect(await project.problems()).toEqual([
    "schemas/three.ts: there is no such file or directory; name contract files or directories in thin.contracts",
  ]);
});

test("events are checked, and histories read, where the configuration asks for it", async (t) => {
  const members = contract(`
    const Node = z.object({ name: z.string(), get inner() { return z.array(Node).max(2); } });
    export const ev = topic("com.ev", { event: z.object({
      id: z.int().min(1), name: z.string().max(3).regex(/^[a-z]+$/), tags: z.array(z.enum(["a", "b"])).optional(), bytes: z.instanceof(Uint8Array).optional(),
      tree: Node.optional(), either: z.union([z.string(), z.null()]).optional(), pair: z.tuple([z.int(), z.string()]).optional(), free: z.coerce.number().optional(),
      loose: z.string().regex(/^[a-f]\\-\\'$/i).regex(/^[^c]/).optional(), tenths: z.number().multipleOf(0.1).optional(), dashed: z.string().regex(/^[\\w\\-]\\-\\@$/).optional() }) });
    export const none = procedure("com.none", {});
  `);
  const project = createProject(t, {
    "schemas/checked.ts": members,
    "schemas/plain.ts": members.replaceAll('"com.', '"com.plain.'),
    "wampact.config.json": '{ "thin": { "contracts": ["schemas/checked.ts"], "checkEvents": true, "history": true } }',
  });
  await project.generate();
  const { full, thin, modules, peer } = await clientsOf(t, project, { name: "checked", handlers: { none: () => {} } });
  const told: string[] = [];
  const options = (name: string) => ({
    onInvalid: (issues: readonly { path: unknown[] }[]) =>
      told.push(`${name} ${issues.map(({ path }) => path.join(".")).sort()}`),
  });
  const heard: unknown[] = [];
  for (const [name, module] of Object.entries(modules)) {
    await module.createCheckedClient(peer, options(name)).ev.subscribe(({ data }: Loose) => heard.push(data.id));
  }
  await modules.thin
    .createCheckedClient(peer, { ...options("none"), validate: "none" })
    .ev.subscribe(({ data }: Loose) => heard.push(`unchecked ${data.id}`));
  const good = { id: 1, name: "ab" };
  for (const event of [
    {
      id: 2,
      name: "ab",
      tags: ["a"],
      bytes: new Uint8Array(1),
      tree: { name: "x", inner: [{ name: "y", inner: [] }] },
      pair: [1, "x"],
      either: null,
    },
    { ...good, id: "1", name: "AB" },
    { name: "abcd" },
    { ...good, tags: ["a", "c"] },
    { ...good, bytes: [1] },
    { ...good, tree: { name: "x", inner: [{ name: 3, inner: [] }] } },
    { ...good, either: 5 },
    { ...good, pair: [1.5, "x", 7] },
    { ...good, pair: "no" },
    { ...good, id: 2, loose: "B-'", tenths: 0.3, dashed: "x-@" },
    { ...good, loose: "c-'" },
    { ...good, dashed: "x@" },
    { ...good, tenths: 0.35 },
    { ...good, id: 0, free: "3" },
  ]) {
    told.length = 0;
    await peer.publish("com.ev", [], event, { acknowledge: true, excludeMe: false });
    await full.none();
    const [byFull, byThin] = told.sort();
    expect(byThin?.replace("thin", "full"), JSON.stringify(event)).toBe(byFull);
  }
  expect(heard.filter((id) => typeof id === "number")).toEqual([2, 2, 2, 2]);
  expect(heard).toHaveLength(18);

  for (const client of [full, thin]) {
    for await (const event of client.ev.history()) expect.unreachable(String(event)); // the realm keeps none
    expect(() => client.ev.history({ limit: -1 })).toThrow("history.limit: expected a non-negative integer");
  }
  await project.generate({ thin: true });
  project.write("wampact.config.json", "{}");
  await project.generate({ thin: true });
  const { createPlainClient } = await load(project, "plain.thin");
  expect(() => createPlainClient(peer).ev.history()).toThrow(
    /com.plain.ev history: this thin client was generated without it; set thin.history/,
  );
});

test("watching prints thin clients again, also after a change of the contract's own codecs", async (t) => {
  const project = createProject(t, {
    "schemas/shop.ts": contract(`
      import { price } from "./shop.codecs.js";
      export const cost = procedure("com.cost", { output: z.codec(z.string(), z.number(), price) });
    `),
    "schemas/shop.codecs.ts":
      "export const price = { decode: (text: string) => Number(text) / 100, encode: (value: number) => String(value * 100) };",
  });
  const runs = new Inbox<unknown>();
  const watch = await watchContracts({
    cwd: project.dir,
    thin: true,
    debounceMs: 10,
    onGenerated: runs.push,
    onError: runs.push,
  });
  t.onTestFinished(() => watch.close());
  await runs.next();
  const thin = () => project.read("schemas/generated/shop.thin.gen.ts");
  expect(thin()).toContain('["arg0", own(codecs.price)]');
  project.write(
    "schemas/shop.codecs.ts",
    "export const cost = { decode: (text: string) => text, encode: (value: string) => value };",
  );
  expect(String(await nextError(runs))).toContain("price"); // which the contract still imports
  project.write("schemas/shop.ts", contract('export const price = procedure("com.price", { output: z.string() });'));
  while (!thin().includes('"com.price"')) await runs.next();
  expect(thin()).not.toContain("codecs");
});

async function nextError(runs: Inbox<unknown>): Promise<unknown> {
  for (;;) {
    const run = await runs.next();
    if (run instanceof Error) return run;
  }
}
