import { expect, test } from "vitest";
import { CodegenError } from "wampact/codegen";
import { contract, createProject } from "../support/project.js";

/** Schemas that no contract may contain: `[schema, its part, the path to it, the suggested fix]`. */
const REFUSED = [
  ["z.date()", "input", "", /z\.iso\.datetime\(\), z\.date\(\)/],
  ["z.object({ list: z.array(z.date()) })", "output", ".list[]", /z\.iso\.datetime/],
  [
    "z.object({ a: z.object({ b: z.bigint() }).optional() })",
    "input",
    ".a.b",
    /z\.codec\(z\.string\(\)\.regex\(.*\), z\.bigint\(\)/,
  ],
  ["z.literal([1n])", "input", "", /z\.codec/],
  ["z.coerce.date()", "input", "", /z\.codec/],
  ["z.record(z.string(), z.map(z.string(), z.string()))", "input", ".*", /z\.record\(\)/],
  ["z.tuple([z.string(), z.set(z.string())])", "input", "[1]", /z\.array\(\)/],
  ["z.tuple([z.string()], z.symbol())", "input", "[…]", /z\.symbol\(\)/],
  ["z.union([z.string(), z.nan()])", "input", "", /NaN/],
  ["z.literal(Infinity)", "input", "", /infinities/],
  ["z.any()", "input", "", /z\.unknown\(\)/],
  ["z.custom<string>()", "input", "", /\.refine\(\)/],
  ["z.instanceof(RegExp)", "input", "", /RegExp/],
  ["z.instanceof(URL)", "input", "", /z\.codec/],
  ["z.file()", "input", "", /z\.file\(\)/],
  ["z.function()", "input", "", /z\.function\(\)/],
  ["z.promise(z.string())", "input", "", /calls return promises already/],
  ["z.record(z.boolean().transform(String).pipe(z.string()), z.string())", "input", "", /keys of a z\.record/],
  ["z.string().transform(Number)", "input", "", /\.pipe\(\)/],
  ["z.string().transform(Number)", "output", "", /one way.*z\.codec/],
  ["z.string().transform(Number).pipe(z.number())", "progress", "", /one way.*z\.codec/],
  ["z.preprocess((x) => x, z.string())", "output", "", /one way.*z\.codec/],
  ["z.enum(Numbered)", "input", "", /TypeScript enum/],
  ["z.array(z.number().optional())", "input", "[]", /a list cannot contain undefined.*\.nullable\(\)/],
  ["z.object({ a: z.array(z.int().default(1)) })", "output", ".a[]", /a list cannot contain undefined/],
  [
    "z.array(z.lazy(() => z.union([z.string(), z.int().optional()])))",
    "progress",
    "[]",
    /a list cannot contain undefined/,
  ],
  ["z.array(z.codec(z.string().optional(), z.string(), way))", "input", "[]", /a list cannot contain undefined/],
  ["z.tuple([z.string()], z.int().nullish())", "input", "[…]", /a list cannot contain undefined/],
  ["z.object({ a: z.union([z.string(), z.undefined()]) })", "input", ".a", /\.optional\(\)/],
  ["z.object({ a: z.void() })", "output", ".a", /\.optional\(\)/],
  ['z.object({ a: z.object({ b: z.literal(["x", undefined]) }) })', "input", ".a.b", /\.optional\(\)/],
  ["z.tuple([z.string().optional(), z.int()])", "input", "[0]", /only the last item.*z\.object\(\)/],
  ["z.tuple([z.string().default('a'), z.int().optional()])", "input", "[0]", /only the last item/],
  ["z.tuple([z.string(), z.int().optional()], z.string())", "input", "[1]", /only the last item/],
  ["z.tuple([z.union([z.string(), z.undefined()])])", "input", "[0]", /only the last item/],
  ["Own", "input", "", /contains itself/],
  ["z.object({ a: z.array(Mutual) })", "output", ".a[]", /contains itself/],
  ["z.object({ ['__proto__']: z.string() })", "input", "", /"__proto__" is dropped/],
  ["unknownKind", "input", "", /"hologram" is not known/],
  ["z.object({ a: z.object({ toString: z.string().optional() }) })", "input", ".a", /"toString" must not be optional/],
  ["z.instanceof(Uint8Array).nullable().readonly()", "output", "", /cannot freeze bytes.*remove \.readonly\(\)/],
  ["z.codec(z.string(), z.file(), way)", "input", "", /z\.file\(\) has no type that generated code can name/],
  ["z.date().pipe(z.date())", "input", "", /z\.iso\.datetime/],
  [
    "z.object({ u: z.discriminatedUnion('t', [z.object({ t: z.literal('a') }), z.object({ t: z.string() })]) })",
    "input",
    ".u",
    /option 2 of the z\.discriminatedUnion\(\) has no fixed values for "t"; use z\.literal\(\)/,
  ],
  [
    "z.discriminatedUnion('t', [z.object({ t: z.literal('a') }), z.object({ t: z.enum(['a', 'b']) })])",
    "output",
    "",
    /two options of the z\.discriminatedUnion\(\) have the same "t", "a"/,
  ],
] as const;

test("a schema that cannot be in a contract is refused with its way and the mend", async (t) => {
  const members = REFUSED.map(([schema, part], index) => {
    return `export const m${index} = procedure("com.m${index}", { ${part}: ${schema} });`;
  });
  const project = createProject(t, {
    "schemas/refused.ts":
      contract(`const Own: z.ZodType<string, string> = z.lazy(() => z.union([z.string(), Own])); const Mutual: z.ZodType<string, string> = z.lazy(() => z.union([z.string(), Other]).nullable()); const Other: z.ZodType<string, string> = z.lazy(() => z.intersection(Mutual, z.string())); const way = { decode: () => "" as never, encode: () => "" as never }; const numbers = { One: 1, 1: "One" }; const Numbered = numbers;
const unknownKind = Object.assign(z.string(), {}); unknownKind._zod.def = { ...unknownKind._zod.def, type: "hologram" };
${members.join("\n")}`),
  });
  const problems = await project.problems();
  REFUSED.forEach(([schema, part, way, mend], index) => {
    const place = `schemas/refused.ts:${index + 5} m${index}.${part}${way}: `;
    const problem = problems.find((each) => each.startsWith(place));
    expect(problem, `${schema} in ${part}; of: ${problems[index]}`).toMatch(mend);
  });
  expect(problems).toHaveLength(REFUSED.length);
});

/** Mistakes of contracts: `[name, members, the problem without the file]`. */
const MISTAKES = [
  [
    "a URI with an empty component",
    'export const a = procedure("com..a", {});',
    /:3 a: com\.\.a: a component is empty/,
  ],
  ["a parameter that occurs twice", 'export const a = procedure("com.{x}.{x}", {});', /:3 a: .*\{x\} occurs twice/],
  [
    "a schema for a parameter the URI lacks",
    'export const a = procedure("com.{x}", { params: { y: z.string() } } as never);',
    /:3 a\.params\.y: the URI com\.\{x\} has no parameter \{y\}/,
  ],
  [
    "a parameter that is no text",
    'export const a = procedure("com.{x}", { params: { x: z.object({ y: z.string() }) } as never });',
    /:3 a\.params\.x: the value of a URI parameter is a text; use a schema of strings, or z\.codec/,
  ],
  [
    "a parameter named like a member of every object",
    'export const a = procedure("com.{constructor}", {});',
    /:3 a: .* a parameter must not be named constructor/,
  ],
  [
    "two members that match the same URIs",
    'export const a = procedure("com.{x}", {});\nexport const b = procedure("com.{y}", {});',
    /:4 b: the procedure "a" has the same URI/,
  ],
  ["toJSON", 'export const toJSON = procedure("com.a", {});', /:3 toJSON: no member may have this name/],
  ["a default export", 'export default procedure("com.a", {});', /default: no member may have this name/],
  [
    "a reserved error code",
    'const e = error("com.e", z.void());\nexport const a = procedure("com.a", { errors: { canceled: e } });',
    /:4 a\.errors\.canceled: every call can already fail with the code "canceled"/,
  ],
  [
    "a brand",
    'const Id = z.string()\n  .brand<"Id">();\nexport const a = procedure("com.a", { input: Id });',
    /:4: \.brand\(\) exists only in types, .* use branded\("Name", schema\) of wampact/,
  ],
  [
    "a branded tuple with positional arguments",
    'export const a = procedure("com.a", { input: branded("Pair", z.tuple([z.int(), z.int()])) });',
    /:3 a\.input: a tuple of positional arguments .* brand its items/,
  ],
  [
    "a catchall of nothing",
    'export const a = procedure("com.a", { input: z.object({ a: z.int() }).catchall(z.never()) });',
    /:3: no value with fields matches the type of \.catchall\(z\.never\(\)\); use z\.strictObject\(\)/,
  ],
  [
    "an annotation that leaves the input open",
    'type T = { t?: T };\nconst Tree: z.ZodType<T> = z.lazy(() => z.object({ t: z.exactOptional(Tree) }));\nexport const a = procedure("com.a", { input: Tree });',
    /:4: z\.ZodType<T> has the input type unknown.* write z\.ZodType<T, T>/,
  ],
  [
    "a TypeScript enum of strings",
    'enum State { On = "on" }\nexport const a = procedure("com.a", { input: z.enum(State) });',
    /:4: generated code cannot name the type of a TypeScript enum/,
  ],
  [
    "progress that is checked asynchronously",
    'export const a = procedure("com.a", { progress: z.string().refine(async () => true) });',
    /:3 a: procedure\("com\.a"\)\.progress: the schema has an async function; .* need synchronous codecs and checks/,
  ],
  [
    "a catchall that does not cover a property",
    'export const a = procedure("com.a", { input: z.object({ n: z.int() }).catchall(z.string()) });',
    /:3 a\.input: the \.catchall\(\) of AInput does not cover its property "n"/,
  ],
] as const;

test("a mistake in a contract is refused with its place, and one run tells those of all contracts", async (t) => {
  const files = MISTAKES.map(([, members], index) => [`schemas/${index}/a.ts`, contract(members)] as const);
  const project = createProject(t, Object.fromEntries(files));
  const problems = await project.problems();
  MISTAKES.forEach(([what, , problem], index) => {
    const own = problems.filter((each) => each.startsWith(`schemas/${index}/a.ts`));
    expect(own.join("\n"), what).toMatch(problem);
  });
});

test("an error knows its file, line, member and path, and all errors of a run come together", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": contract('export const late = procedure("com.a", { input: z.object({ at: z.date() }) });'),
    "schemas/b.ts": contract('export const b = procedure("com b", {});'),
  });
  const error = await project.generate().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CodegenError);
  const { problems } = error as CodegenError;
  expect(problems.map(({ file, line, member, path }) => ({ file, line, member, path }))).toEqual([
    { file: "schemas/a.ts", line: 3, member: "late", path: "late.input.at" },
    { file: "schemas/b.ts", line: 3, member: "b", path: undefined },
  ]);
});

test.for([
  [
    "imports what is not there",
    'import { x } from "./nowhere.js"; void x;',
    /^schemas\/a\.ts: loading failed: .*schemas\/nowhere\.js/,
  ],
  ["uses a method zod lacks", "z.string().nope();", /^schemas\/a\.ts:3: loading failed: .*nope is not a function/],
  [
    "has a schema that never repeats",
    "const deep = (): z.ZodType => z.object({ get next() { return deep(); } });\nexport const a = procedure('com.a', { input: deep() });",
    /^schemas\/a\.ts:4 a\.input: a schema is nested more than 200 levels deep/,
  ],
  ["ends its process", "process.exit(3);", /^schemas\/a\.ts: ended its process with code 3/],
  ["waits for ever", "await new Promise(() => {});", /^schemas\/a\.ts: waits at top level/],
] as const)("a contract that %s is told in one line", async ([, code, message], t) => {
  const project = createProject(t, { "schemas/a.ts": contract(code) });
  const problems = await project.problems();
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(message);
});

test("a TypeScript enum is refused by whatever name it is given", async (t) => {
  const project = createProject(t, {
    "lib/colors.ts": 'export enum Color { Red = "r" }\nexport const Shade = { Dark: "d" } as const;\n',
    "lib/all.ts": 'export * from "./colors.js";\nexport { Color as Paint } from "./colors.js";\n',
    "schemas/enums.ts": contract(`import { Color, Shade } from "../lib/colors.js";
import { Color as Hue, Paint } from "../lib/all.js";
import * as colors from "../lib/colors.js";
enum Local { On = "on" }
const Alias = Local; import Other = Local;
const taken = [Shade, { a: "a" } as const, { ...Shade }];
export const fine = z.object({ a: z.enum(Shade), b: z.enum({ a: "a" }), c: z.literal([Shade.Dark, "x"]) });
export const a = z.enum(Color);
export const b = z.enum(Hue);
export const c = z.enum(Paint);
export const d = z.enum(colors.Color);
export const e = z.enum(Alias);
export const f = z.enum(Other);
export const g = z.literal(Local.On);
export const h = z.literal(["x", Alias.On as Local]);
export const p = procedure("com.p", { input: fine });`),
  });
  const lines = (await project.problems()).map(
    (problem) =>
      /^schemas\/enums\.ts:(\d+): generated code cannot name the type of a TypeScript enum/.exec(problem)?.[1],
  );
  expect(lines).toEqual(["10", "11", "12", "13", "14", "15", "16", "17"]);
});
