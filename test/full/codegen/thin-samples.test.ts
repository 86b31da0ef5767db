import { expect, test } from "vitest";
import { result, WampError } from "wampact";
import * as z from "zod";
import { compile } from "../../codegen/compile.js";
import { Inbox } from "../../support/peers.js";
import { contract, createProject } from "../../support/project.js";
import { clientsOf, type Loose } from "./thin-clients.js";

const PRELUDE = `
  const IsoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
  const Big = z.codec(z.string().regex(/^-?\\d+$/), z.bigint(), { decode: (text) => BigInt(text), encode: (value) => value.toString() });
  const Json = z.codec(z.string(), z.object({ a: z.int() }), { decode: (text) => JSON.parse(text), encode: (value) => JSON.stringify(value) });
  const Exact = z.codec(z.string(), z.number(), { decode: (text) => Number(text), encode: (value) => String(value) });
  const Leading = z.codec(z.string(), z.number(), { decode: (text) => Number.parseFloat(text), encode: (value) => String(value) });
`;
const AT = "2020-01-01T00:00:00.000Z";

/** Schemas with values on the wire, valid ones first: `[schema, valid, invalid]`. */
const SAMPLES: readonly (readonly [schema: string, valid: readonly unknown[], invalid?: readonly unknown[]])[] = [
  ["z.record(z.enum(['a', 'b']), z.int().default(1))", [{ b: 2 }, {}, { a: 3, b: 4 }], [{ a: 1, c: 2 }]],
  ["z.record(z.literal([1, 2]), IsoDate)", [{ 1: AT, 2: AT }], [{ 1: AT }]],
  ["z.partialRecord(z.enum(['a', 'b']), IsoDate)", [{}, { a: AT }], [{ c: AT }]],
  ["z.record(z.string().min(2), IsoDate)", [{}, { aa: AT, bb: AT }], [{ a: AT }]],
  ["z.record(z.string().trim(), IsoDate)", [{ " a ": AT }, JSON.parse(`{ "__proto__": true, "b": "${AT}" }`)]],
  ["z.string().default('a').catch('b')", [undefined, "c"]],
  ["z.string().catch('b').optional()", [undefined, "c"]],
  [
    "z.object({ n: z.int().catch(({ issues }) => issues.length), s: z.string().catch('x').optional() })",
    [{}, { n: 7 }],
  ],
  ["z.tuple([z.string(), z.string().catch('x')])", [["a"], ["a", "b"]], [[]]],
  ["z.string().default('d').optional()", [undefined, "e"], [1]],
  ["z.array(z.string().trim()).optional()", [undefined, [" a "]], ["a"]],
  ["IsoDate.nullable().default(null)", [undefined, null, AT]],
  ["Json", ['{"a":1}', ' { "a": 2 } '], [5]],
  ["Exact", ["1.5", "0x10", "", " 7 "], ["12px"]],
  ["Leading", ["1.5", "12px", " 7 "], ["px"]],
  ["z.string().trim().pipe(z.string().toLowerCase())", [" AB ", "c"]],
  ["z.object({ a: z.string().trim() }).pipe(z.object({ a: z.string().toUpperCase() }))", [{ a: " b " }]],
  [
    "z.intersection(z.object({ at: IsoDate, a: z.int() }), z.object({ at: IsoDate, b: z.int().default(1) }))",
    [{ at: AT, a: 1 }],
    [{ at: AT }],
  ],
  [
    "z.intersection(z.object({ l: z.array(z.object({ a: IsoDate })) }), z.object({ l: z.array(z.object({ b: Big })) }))",
    [{ l: [{ a: AT, b: "1" }] }],
  ],
  ["z.intersection(z.object({ a: IsoDate }), z.record(z.string(), IsoDate))", [{ a: AT, b: AT }]],
  [
    "z.discriminatedUnion('t', [z.object({ t: z.literal([1, null]), v: IsoDate }), z.object({ t: z.literal(true), v: Big })])",
    [
      { t: 1, v: AT },
      { t: null, v: AT },
      { t: true, v: "5" },
    ],
  ],
  ["z.union([IsoDate, z.boolean()]).nullable()", [AT, true, null]],
  ["z.object({ hasOwnProperty: IsoDate, constructor: z.string() })", [{ hasOwnProperty: AT, constructor: "c" }]],
  ["z.object({ a: z.never().optional(), b: z.int() })", [{ b: 1 }], [{ a: 1, b: 1 }]],
];

test("thin clients, full clients and zod make the same of results, errors and events", async (t) => {
  const members = SAMPLES.map(
    ([schema], index) => `
      export const wrong${index} = error("com.wrong${index}", ${schema});
      export const out${index} = procedure("com.out${index}", { output: ${schema}, errors: { wrong${index} } });
      export const event${index} = topic("com.event${index}", { event: z.object({ k: ${schema} }) });
      export const bare${index} = topic("com.bare${index}", { event: ${schema} });`,
  );
  const project = createProject(t, {
    "wampact.config.json": '{ "thin": { "checkEvents": true } }',
    "schemas/samples.ts": contract(`${PRELUDE}${members.join("\n")}`),
  });
  await project.generate();
  expect(compile(project)).toBe("");
  const { modules, service, peer } = await clientsOf(t, project, {
    name: "samples",
    handlers: {},
    options: { pick: [] },
  });
  const definitions: Loose = await import(/* @vite-ignore */ `${project.dir}/schemas/samples.ts`);
  const heard = { full: new Inbox<unknown>(), thin: new Inbox<unknown>() };
  const clients = Object.entries(modules).map(([name, { createSamplesClient }]) => {
    const inbox = heard[name as "full" | "thin"];
    return { client: createSamplesClient(peer, { onInvalid: () => inbox.push("invalid") }), inbox };
  });
  for (const [index, [schema, valid, invalid = []]] of SAMPLES.entries()) {
    const { output } = definitions[`out${index}`].definition;
    let answer: () => unknown = () => undefined;
    await service.register(`com.out${index}`, () => answer());
    const subscribed = clients.flatMap(({ client, inbox }) =>
      ["event", "bare"].map((topic) => client[`${topic}${index}`].subscribe(({ data }: Loose) => inbox.push(data))),
    );
    await Promise.all(subscribed);
    for (const value of [...valid, ...invalid]) {
      const label = `${schema}: ${JSON.stringify(value)}`;
      const isValid = valid.includes(value);
      const parsed = z.safeParse(output, value);
      expect(parsed.success, label).toBe(isValid);
      const args = value === undefined ? [] : [value];
      if (isValid) {
        answer = () => result(args);
        for (const { client } of clients) expect(await client[`out${index}`](), label).toEqual(parsed.data);
        answer = () => {
          throw new WampError(`com.wrong${index}`, wireOf(definitions[`bare${index}`].definition.event, value));
        };
        for (const { client } of clients) {
          const { error } = await client[`out${index}`]().safe();
          expect([error.code, error.data], label).toEqual([`wrong${index}`, parsed.data]);
        }
      }
      const { args: given = [], kwargs } = wireOf(definitions[`bare${index}`].definition.event, value);
      await service.publish(`com.event${index}`, [], { k: value }, { acknowledge: true });
      await service.publish(`com.bare${index}`, given, kwargs, { acknowledge: true });
      for (const { inbox } of clients) {
        expect(await inbox.next(), label).toEqual(isValid ? { k: parsed.data } : "invalid");
        expect(await inbox.next(), label).toEqual(isValid ? parsed.data : "invalid");
      }
    }
  }
});

/** Inputs that TypeScript or a full client would refuse: `[schema, value]`. */
const MISFITS: readonly (readonly [schema: string, value: unknown])[] = [
  ["Big", "12"],
  ["Big", {}],
  ["Exact", {}],
  ["Exact", Number.NaN],
  ["IsoDate", new Date(Number.NaN)],
  [
    "z.codec(z.int(), z.date(), { decode: (ms) => new Date(ms), encode: (date) => date.getTime() })",
    new Date(Number.NaN),
  ],
  ["z.codec(z.url(), z.instanceof(URL), { decode: (text) => new URL(text), encode: (url) => url.href })", { href: 1 }],
  [
    "z.codec(z.array(z.string()), z.set(z.string()), { decode: (items) => new Set(items), encode: (set) => [...set] })",
    ["a"],
  ],
  [
    "z.codec(z.array(z.tuple([z.string(), z.int()])), z.map(z.string(), z.int()), { decode: (pairs) => new Map(pairs), encode: (map) => [...map] })",
    [],
  ],
  ["z.record(z.enum(['a']), Big)", { a: 1 }],
];

test("a thin client sends the same inputs and parameters as a full client, and refuses the same", async (t) => {
  const members = MISFITS.map(
    ([schema], index) =>
      `export const in${index} = procedure("com.in${index}", { input: z.object({ k: ${schema} }) });`,
  );
  const project = createProject(t, {
    "wampact.config.json": '{ "thin": {} }',
    "schemas/inputs.ts": contract(`${PRELUDE}${members.join("\n")}
      export const none = procedure("com.none", { input: z.tuple([]), output: z.string() });
      export const both = procedure("com.both", {
        input: z.intersection(z.object({ at: IsoDate, a: z.int() }), z.object({ at: IsoDate, b: z.int().default(1) })), output: z.string() });
      export const named = procedure("com.{shop}.{number}", { params: { number: Big }, output: z.string() });
      export const sold = topic("com.sold.{shop}.{day}", { params: { day: Big }, event: z.string() });
    `),
  });
  await project.generate();
  expect(compile(project)).toBe("");
  const handlers = {
    ...Object.fromEntries(MISFITS.map((_, index) => [`in${index}`, () => {}])),
    none: (...given: unknown[]) => `${given.length} arguments`,
    both: ({ at, a, b }: Loose) => JSON.stringify([at, a, b]),
    named: ({ params }: Loose) => `${params.shop} ${typeof params.number}`,
  };
  const { full, thin, peer, service } = await clientsOf(t, project, { name: "inputs", handlers });
  const outcomes = async (call: (client: Loose) => Loose): Promise<readonly unknown[]> => {
    const settled = await Promise.all([full, thin].map((client) => call(client).safe()));
    return settled.map(({ ok, value, error }) =>
      ok ? value : `${error.code} ${error.message.replace(/, got .*/, "")}`,
    );
  };
  for (const [index, [schema, value]] of MISFITS.entries()) {
    const [byFull, byThin] = await outcomes((client) => client[`in${index}`]({ k: value }));
    expect(byThin, schema).toBe(byFull);
    expect(byThin, schema).toMatch(/^invalidInput /);
  }
  expect(await outcomes((client) => client.none())).toEqual(Array(2).fill("1 arguments")); // the context
  const at = new Date(AT);
  expect(await outcomes((client) => client.both({ at, a: 1 }))).toEqual(Array(2).fill(JSON.stringify([AT, 1, 1])));
  const params = { shop: "c", number: 5n };
  expect(await outcomes((client) => client.named(params))).toEqual(Array(2).fill("c bigint"));
  expect(await outcomes((client) => client.named({ ...params, number: "5" }))).toEqual(
    Array(2).fill("invalidInput com.{shop}.{number} failed with invalidInput: params.number: expected bigint"),
  );
  const heard: unknown[][] = [[], []];
  for (const [index, client] of [full, thin].entries()) {
    await client.sold.subscribe({ day: 7n }, ({ params, data }: Loose) => heard[index]?.push([params, data]));
    await client.sold.subscribe({ shop: "d" }, ({ params, data }: Loose) => heard[index]?.push([params, data]));
  }
  await service.publish("com.sold.c.7", ["first"], {}, { acknowledge: true });
  await service.publish("com.sold.d.x", ["of no day"], {}, { acknowledge: true });
  await service.publish("com.sold.d.8", ["last"], {}, { acknowledge: true });
  await peer.call("com.none");
  expect(heard).toEqual(
    Array(2).fill([
      [{ shop: "c", day: 7n }, "first"],
      [{ shop: "d", day: 8n }, "last"],
    ]),
  );
});

/** Functions that do not do what those of `wampact/thin` do. */
const UNKNOWN = [
  "z.codec(z.string(), z.number(), { decode: (text) => Math.round(Number(text)), encode: (value) => String(value) })",
  "z.codec(z.number(), z.date(), { decode: (s) => new Date(s * 1000), encode: (date) => date.getTime() / 1000 })",
  "z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString().replace('.000', '') })",
  "z.codec(z.base64url(), z.instanceof(Uint8Array), { decode: (text) => Uint8Array.from(Buffer.from(text, 'base64url')), encode: (bytes) => Buffer.from(bytes).toString('base64').replaceAll('+', '-') })",
  "z.string().overwrite((text) => text.trim().replace(/\\s+/g, ' '))",
  "z.string().overwrite((text) => text.trim().slice(0, 100))",
  "z.string().overwrite((text) => text.trim().replace(/[<>]/g, ''))",
];

test("a thin client does not take other codecs and changes for those that it knows", async (t) => {
  const members = UNKNOWN.map(
    (schema, index) => `export const e${index} = topic("com.e${index}", { event: ${schema} });`,
  );
  const project = createProject(t, {
    "wampact.config.json": '{ "thin": {} }',
    "schemas/other.ts": contract(`${members.join("\n")}
      const When = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
      export const texts = topic("com.texts", { event: z.discriminatedUnion("t", [z.object({ t: z.literal(1), v: When }), z.object({ t: z.literal("1"), v: z.string().trim() })]) });
      export const loose = topic("com.loose", { event: z.looseRecord(z.string().regex(/^x/), When) });
    `),
  });
  expect(await project.problems()).toEqual([
    ...UNKNOWN.map((schema, index) =>
      expect.stringMatching(
        `^schemas/other.ts:${index + 3} e${index}.event: a thin client cannot print what ${schema.startsWith("z.codec") ? "this codec" : ".overwrite\\(\\)"} does`,
      ),
    ),
    expect.stringMatching(
      / texts.event: a thin client cannot tell the alternatives of this union apart.* literals whose texts differ/,
    ),
    expect.stringMatching(/ loose.event: a thin client cannot tell which keys of a z.looseRecord\(\) match/),
  ]);
});

/** The arguments for a value of a schema that is an object, a tuple or something else. */
function wireOf(schema: Loose, value: Loose): { args?: unknown[]; kwargs?: Record<string, unknown> } {
  const { type } = schema._zod.def;
  if (type === "object") return { kwargs: value };
  return { args: type === "tuple" ? value : value === undefined ? [] : [value] };
}
