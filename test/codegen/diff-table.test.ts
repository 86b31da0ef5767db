import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ContractChange, diffContracts, lockContracts, type Severity } from "wampact/codegen";
import { contract, createProject } from "../support/project.js";

/**
 * A change of a schema, and what it is in an input, and in an output and a progress value. In an event it is the worse of both:
 * publishers and subscribers change independently.
 */
type Row = readonly [change: string, before: string, after: string, input: Severity, output: Severity];

const ROWS: readonly Row[] = [
  ["add an optional field", "z.object({})", "z.object({ a: z.string().optional() })", "safe", "safe"],
  ["add a field with a default", "z.object({})", "z.object({ a: z.string().default('') })", "safe", "safe"],
  ["add a required field", "z.object({})", "z.object({ a: z.string() })", "breaking", "safe"],
  [
    "add a field to a strict object",
    "z.strictObject({})",
    "z.strictObject({ a: z.string().optional() })",
    "safe",
    "breaking",
  ],
  ["remove a field", "z.object({ a: z.string() })", "z.object({})", "safe", "breaking"],
  ["remove an optional field", "z.object({ a: z.string().optional() })", "z.object({})", "safe", "breaking"],
  [
    "remove a field of a strict object",
    "z.strictObject({ a: z.string() })",
    "z.strictObject({})",
    "breaking",
    "breaking",
  ],
  ["optional → required", "z.object({ a: z.string().optional() })", "z.object({ a: z.string() })", "breaking", "safe"],
  ["required → optional", "z.object({ a: z.string() })", "z.object({ a: z.string().optional() })", "safe", "breaking"],
  ["add nullable", "z.object({ a: z.string() })", "z.object({ a: z.string().nullable() })", "safe", "breaking"],
  ["remove nullable", "z.object({ a: z.string().nullable() })", "z.object({ a: z.string() })", "breaking", "safe"],
  ["add an enum member", 'z.enum(["a"])', 'z.enum(["a", "b"])', "safe", "risky"],
  ["remove an enum member", 'z.enum(["a", "b"])', 'z.enum(["a"])', "breaking", "safe"],
  ["add a literal", "z.literal([1, 2])", "z.literal([1, 2, 3])", "safe", "risky"],
  ["a union → anything", "z.json()", "z.unknown()", "safe", "breaking"],
  ["anything → a union", "z.unknown()", "z.union([z.string(), z.int()])", "breaking", "safe"],
  ["an enum → anything", "z.enum(['a', 'b']).nullable()", "z.unknown()", "safe", "breaking"],
  ["an enum → a union with its type", "z.enum(['a'])", "z.union([z.string(), z.int()])", "safe", "breaking"],
  ["an enum → a text it does not fit", "z.enum(['a'])", "z.string().min(3)", "breaking", "breaking"],
  ["a text → an enum that does not fit", "z.string().min(3)", "z.enum(['a'])", "breaking", "breaking"],
  ["a text → an enum that fits", "z.string().min(1)", "z.enum(['a'])", "breaking", "safe"],
  ["fractions → integers", "z.literal([1.5, 2])", "z.int()", "breaking", "breaking"],
  [
    "integers → numbers in a union",
    "z.union([z.int(), z.string()])",
    "z.union([z.number(), z.string()])",
    "safe",
    "breaking",
  ],
  [
    "add a union variant",
    "z.union([z.string(), z.number()])",
    "z.union([z.string(), z.number(), z.boolean()])",
    "safe",
    "risky",
  ],
  ["remove a union variant", "z.union([z.string(), z.number()])", "z.string()", "breaking", "safe"],
  [
    "add a variant to a discriminated union",
    'z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), n: z.int() })])',
    'z.discriminatedUnion("kind", [z.object({ kind: z.literal("b") }), z.object({ kind: z.literal("a"), n: z.int() })])',
    "safe",
    "risky",
  ],
  [
    "change a variant of a discriminated union",
    'z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), n: z.int() }), z.object({ kind: z.literal("b") })])',
    'z.discriminatedUnion("kind", [z.object({ kind: z.literal("b") }), z.object({ kind: z.literal("a"), n: z.int().max(9) })])',
    "breaking",
    "safe",
  ],
  ["tighten a minimum", "z.number().min(1)", "z.number().min(2)", "breaking", "safe"],
  ["tighten to an exclusive minimum", "z.number().min(1)", "z.number().gt(1)", "breaking", "safe"],
  ["tighten a maximum", "z.number().max(9)", "z.number().max(8)", "breaking", "safe"],
  ["tighten a length", "z.string()", "z.string().max(8)", "breaking", "safe"],
  ["tighten the length of a list", "z.array(z.string())", "z.array(z.string()).min(1)", "breaking", "safe"],
  ["tighten by a pattern", "z.string()", "z.string().regex(/^a/)", "breaking", "safe"],
  ["tighten by a second pattern", "z.string().regex(/^a/)", "z.string().regex(/^a/).regex(/b$/)", "breaking", "safe"],
  ["tighten by a format", "z.string()", "z.email()", "breaking", "safe"],
  ["tighten to integers", "z.number()", "z.int()", "breaking", "safe"],
  ["tighten a step", "z.number().multipleOf(2)", "z.number().multipleOf(4)", "breaking", "safe"],
  ["tighten a string to an enum", "z.string()", 'z.enum(["a"])', "breaking", "safe"],
  ["tighten to strict", "z.object({})", "z.strictObject({})", "breaking", "safe"],
  ["tighten from unknown", "z.unknown()", "z.string()", "breaking", "safe"],
  ["loosen a minimum", "z.number().min(1)", "z.number()", "safe", "breaking"],
  ["loosen a maximum", "z.number().max(9)", "z.number().max(10)", "safe", "breaking"],
  ["loosen a pattern", "z.string().regex(/^a/)", "z.string()", "safe", "breaking"],
  ["loosen a format", "z.email()", "z.string()", "safe", "breaking"],
  ["loosen to numbers", "z.int()", "z.number()", "safe", "breaking"],
  ["loosen an enum to a string", 'z.enum(["a"])', "z.string()", "safe", "breaking"],
  ["loosen from strict", "z.strictObject({})", "z.object({})", "safe", "breaking"],
  ["loosen from strict to loose", "z.strictObject({})", "z.looseObject({})", "safe", "breaking"],
  ["loosen to unknown", "z.string()", "z.unknown()", "safe", "breaking"],
  ["change a default", "z.object({ a: z.int().default(1) })", "z.object({ a: z.int().default(2) })", "risky", "risky"],
  ["change a type", "z.string()", "z.number()", "breaking", "breaking"],
  ["change a type to literals of another", "z.int()", 'z.enum(["a"])', "breaking", "breaking"],
  ["change every option", "z.union([z.string(), z.int()])", "z.union([z.boolean(), z.null()])", "breaking", "breaking"],
  ["change the flags of a pattern", "z.string().regex(/^a/)", "z.string().regex(/^a/i)", "breaking", "breaking"],
  ["change a pattern", "z.string().regex(/^a/)", "z.string().regex(/^b/)", "breaking", "breaking"],
  ["change a format", "z.email()", "z.uuid()", "breaking", "breaking"],
  [
    "change what is deep inside",
    "z.record(z.string(), z.array(z.tuple([z.int()])))",
    "z.record(z.string(), z.array(z.tuple([z.string()])))",
    "breaking",
    "breaking",
  ],
  [
    "add an optional item to a tuple",
    "z.tuple([z.int()])",
    "z.tuple([z.int(), z.int().optional()])",
    "safe",
    "breaking",
  ],
  [
    "add a required item to a tuple with a rest",
    "z.tuple([z.int()], z.int())",
    "z.tuple([z.int(), z.int()], z.int())",
    "breaking",
    "safe",
  ],
  ["remove an item of a tuple", "z.tuple([z.int(), z.int()])", "z.tuple([z.int()])", "breaking", "breaking"],
  [
    "change keys of a record",
    "z.record(z.string(), z.int())",
    "z.record(z.string().max(3), z.int())",
    "breaking",
    "safe",
  ],
  [
    "add a key to a partial record",
    'z.partialRecord(z.enum(["a"]), z.int())',
    'z.partialRecord(z.enum(["a", "b"]), z.int())',
    "safe",
    "breaking",
  ],
  [
    "add a key to a record",
    'z.record(z.enum(["a"]), z.int())',
    'z.record(z.enum(["a", "b"]), z.int())',
    "breaking",
    "breaking",
  ],
  [
    "remove a key of a partial record",
    'z.partialRecord(z.enum(["a", "b"]), z.int())',
    'z.partialRecord(z.enum(["a"]), z.int())',
    "breaking",
    "breaking",
  ],
  [
    "let keys of a record be left out",
    'z.record(z.enum(["a"]), z.int())',
    'z.partialRecord(z.enum(["a"]), z.int())',
    "safe",
    "breaking",
  ],
  [
    "list the keys of a record",
    "z.record(z.string(), z.int())",
    'z.partialRecord(z.enum(["a"]), z.int())',
    "breaking",
    "safe",
  ],
  ["tighten a boolean to a literal", "z.boolean()", "z.literal(true)", "breaking", "safe"],
  [
    "add a word of a stringbool",
    "z.stringbool({ truthy: ['y'], falsy: ['n'] })",
    "z.stringbool({ truthy: ['y', 'j'], falsy: ['n'] })",
    "safe",
    "risky",
  ],
  [
    "remove a word of a stringbool",
    "z.stringbool({ truthy: ['y', 'j'], falsy: ['n'] })",
    "z.stringbool({ truthy: ['y'], falsy: ['n'] })",
    "breaking",
    "safe",
  ],
  [
    "turn a word of a stringbool",
    "z.stringbool({ truthy: ['y'], falsy: ['n'] })",
    "z.stringbool({ truthy: ['n'], falsy: ['y'] })",
    "breaking",
    "breaking",
  ],
  [
    "tell the case of a stringbool's words",
    "z.stringbool()",
    "z.stringbool({ case: 'sensitive' })",
    "breaking",
    "safe",
  ],
  ["make words of a string", "z.string()", "z.stringbool()", "breaking", "safe"],
  ["take any string in place of words", "z.stringbool()", "z.string()", "safe", "breaking"],
  ["coerce", "z.object({ a: z.number() })", "z.object({ a: z.coerce.number() })", "safe", "safe"],
  ["no longer coerce", "z.coerce.number()", "z.number()", "breaking", "safe"],
  ["no longer coerce what may be null", "z.coerce.number().nullable()", "z.number().nullable()", "breaking", "safe"],
  ["catch", "z.number()", "z.number().catch(1)", "safe", "safe"],
  [
    "no longer catch",
    "z.object({ a: z.enum(['x']).catch('x') })",
    "z.object({ a: z.enum(['x']) })",
    "breaking",
    "safe",
  ],
  ["catch by another value", "z.number().catch(1)", "z.number().catch(2)", "risky", "risky"],
];

/** Schemas that are written in another way and mean the same, or differ in words only. */
const SAME: readonly (readonly [what: string, before: string, after: string])[] = [
  [
    "words",
    "z.object({ a: z.string() })",
    'z.object({ a: z.string().describe("x").meta({ examples: ["y"] }) }).meta({ title: "T" })',
  ],
  ["the order of fields", "z.object({ a: z.string(), b: z.int() })", "z.object({ b: z.int(), a: z.string() })"],
  ["the order of options", "z.union([z.string(), z.int()])", "z.union([z.int(), z.string()])"],
  ["an enum as literals", 'z.enum(["a", "b"])', 'z.literal(["b", "a"])'],
  [
    "a codec behind the same text",
    "z.iso.datetime()",
    "z.codec(z.iso.datetime(), z.date(), { decode: (t) => new Date(t), encode: (d) => d.toISOString() })",
  ],
  ["what is read-only", "z.array(z.string())", "z.array(z.string()).readonly()"],
  ["a bound of integers", "z.int().gt(4)", "z.int().min(5)"],
  ["another bound of integers", "z.int().lt(4.5)", "z.int().max(4)"],
  ["positive integers", "z.int().positive()", "z.int().gte(1)"],
  ["integers as multiples of 1", "z.int()", "z.number().multipleOf(1)"],
  ["a boolean as literals", "z.boolean()", "z.literal([true, false])"],
  [
    "a boolean as an option",
    "z.union([z.boolean(), z.string()])",
    "z.union([z.literal(false), z.string(), z.literal(true)])",
  ],
  ["a literal beside its type", "z.union([z.literal('a'), z.string()])", "z.string()"],
  ["a record as an object", "z.record(z.string(), z.int())", "z.object({}).catchall(z.int())"],
  ["a list of one length", "z.array(z.int()).length(2)", "z.array(z.int()).min(2).max(2)"],
  ["the order of a stringbool's words", "z.stringbool({ truthy: ['y', 'j'] })", "z.stringbool({ truthy: ['j', 'y'] })"],
  [
    "a codec from a string to a boolean",
    "z.codec(z.string(), z.boolean(), { decode: (t) => t === 'x', encode: (b) => (b ? 'x' : '') })",
    "z.string()",
  ],
];

/** In an array, so that the way a value travels is the same before and after, whatever its schema. */
function members(pick: (row: readonly [string, string, string, ...unknown[]]) => string): string {
  const procedures = (rows: readonly (readonly [string, string, string, ...unknown[]])[], prefix: string) =>
    rows.map((row, index) => {
      const schema = `z.array(${pick(row)})`;
      return [
        `export const ${prefix}${index} = procedure("com.${prefix}${index}", {`,
        `  input: ${schema}, output: ${schema}, progress: ${schema}, chunks: ${schema},`,
        `  errors: { e: error("com.${prefix}${index}.e", ${schema}) },`,
        "});",
        `export const ${prefix}${index}Event = topic("com.${prefix}${index}", { event: ${schema} });`,
      ].join("\n");
    });
  return contract([...procedures(ROWS, "row"), ...procedures(SAME, "same")].join("\n"));
}

let changes: readonly ContractChange[] = [];
const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const end of cleanups) end();
});

beforeAll(async () => {
  const project = createProject(
    { onTestFinished: (end) => void cleanups.push(end) },
    { "schemas/a.ts": members((row) => row[1]) },
  );
  await lockContracts({ cwd: project.dir });
  project.write(
    "schemas/a.ts",
    members((row) => row[2]),
  );
  changes = await diffContracts({ cwd: project.dir });
});

function worst(found: readonly ContractChange[]): Severity | "none" {
  return (
    (["breaking", "risky", "safe"] as const).find((each) => found.some(({ severity }) => severity === each)) ?? "none"
  );
}

function below(path: string): readonly ContractChange[] {
  return changes.filter((change) => change.path === path || change.path.startsWith(`${path}[`));
}

describe.each(ROWS.map((row, index) => ({ row, index, change: row[0] })))("$change", ({ row, index }) => {
  const [, , , input, output] = row;
  test.each(["input", "chunks"])(`is ${input} in %s`, (part) => {
    expect(below(`row${index}.${part}`)).not.toEqual([]);
    expect(worst(below(`row${index}.${part}`))).toBe(input);
  });

  test.each(["output", "progress", "errors.e"])(`is ${output} in %s`, (part) => {
    expect(below(`row${index}.${part}`)).not.toEqual([]);
    expect(worst(below(`row${index}.${part}`))).toBe(output);
  });

  test("is the worse of both in an event", () => {
    const order = ["safe", "risky", "breaking"] as const;
    const worse = order[Math.max(order.indexOf(input), order.indexOf(output))];
    expect(worst(below(`row${index}Event.event`))).toBe(worse);
  });

  test("says the same side to update first, wherever it stands", () => {
    const order = below(`row${index}Event.event`).map(({ first }) => first);
    expect(order).not.toEqual([]);
    const named = (names: Readonly<Record<string, string>>) => order.map((each) => names[each] ?? each);
    const firsts = (part: string) => below(`row${index}.${part}`).map(({ first }) => first);
    expect(firsts("input")).toEqual(named({ publishers: "callers", subscribers: "callees" }));
    expect(firsts("output")).toEqual(named({ publishers: "callees", subscribers: "callers" }));
  });
});

test("a side that copes with what the other had before goes first, and none where both would fail", () => {
  const firstOf = (change: string) => {
    const index = ROWS.findIndex(([each]) => each === change);
    return [...new Set(below(`row${index}Event.event`).map(({ first }) => first))];
  };
  expect(firstOf("add a required field")).toEqual(["publishers"]);
  expect(firstOf("optional → required")).toEqual(["publishers"]);
  expect(firstOf("remove an enum member")).toEqual(["publishers"]);
  expect(firstOf("tighten a maximum")).toEqual(["publishers"]);
  expect(firstOf("add an enum member")).toEqual(["subscribers"]);
  expect(firstOf("loosen a maximum")).toEqual(["subscribers"]);
  expect(firstOf("change a type")).toEqual(["both"]);
  expect(firstOf("add an optional field")).toEqual(["either"]);
});

test.each(SAME.map(([what], index) => [what, index] as const))("%s: no change", (_what, index) => {
  expect(
    changes.filter(({ path }) => path.startsWith(`same${index}.`) || path.startsWith(`same${index}Event.`)),
  ).toEqual([]);
});
