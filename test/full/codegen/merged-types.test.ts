import { expect, type TestContext, test } from "vitest";
import { type Compiler, compile } from "../../codegen/compile.js";
import { contract, createProject, type TestProject } from "../../support/project.js";

/** Schemas that have one type of zod and several names, or several types of one structure, and both beside each other. */
const SCHEMAS = {
  tuple: 'z.tuple([s("A"), s("B")])',
  rest: 'z.object({ p: z.tuple([s("C")], s("D")) })',
  union: 'z.union([s("E"), s("F"), z.null()])',
  intersection: 'z.object({ p: z.intersection(s("G"), s("H")) })',
  inside: 'z.union([around("I"), around("J")])',
  lists: 'z.tuple([z.array(s("K")), z.array(s("L"))])',
  records: "z.tuple([z.record(z.string(), z.int()), z.record(z.string(), z.int())])",
  maps: 'z.tuple([map(s("M")), map(s("N"))])',
  places: "z.object({ p: z.tuple([unnamed(), unnamed()]) })",
  twice: "z.object({ p: z.union([z.object({ a: z.string() }), z.object({ a: z.string() })]) })",
  both: 'z.object({ p: z.tuple([s("O"), s("P")]), q: z.union([z.object({ a: z.string() }), z.object({ a: z.string() })]).optional() })',
  recursive: "Tree",
  written:
    'z.tuple([z.object({ x: z.int(), y: z.string().optional() }).meta({ id: "Q" }), z.object({ y: z.string().optional(), x: z.int() }).meta({ id: "R" })])',
  given: 'z.tuple([filled("S"), filled("T")])',
} as const;

const MEMBERS = `const s = (id: string) => z.object({ a: z.string() }).meta({ id });
const around = (id: string) => z.object({ one: s(id + "One"), many: z.array(s(id + "Many")) }).meta({ id });
const filled = (id: string) => z.object({ a: z.int().default(1) }).meta({ id });
const unnamed = () => z.object({ a: z.string() });
const map = <T extends z.ZodType>(value: T) =>
  z.codec(z.array(value), z.map(z.string(), value), { decode: () => new Map(), encode: () => [] });
const Tree = z.object({ get kids() { return z.array(z.union([s("Left"), s("Right")])); }, get below() { return z.array(Tree); } });
${Object.entries(SCHEMAS)
  .map(
    ([name, schema]) =>
      `export const ${name} = procedure("com.${name}", { input: z.tuple([z.string(), ${schema}]), output: ${schema} });`,
  )
  .join("\n")}`;

test.for<Compiler>([
  "typescript-5.9",
  "typescript-6.0",
  "typescript",
])("schemas of one type and several names are proven by %s", async (compiler, t) => {
  const project = createProject(t, { "schemas/merged.ts": contract(MEMBERS) });
  await project.generate();
  expect(compile(project, compiler)).toBe("");
  expect(compile(project, compiler, { exactOptionalPropertyTypes: false })).toBe("");
});

test("types that no other has the structure of are proven in one form, once", async (t) => {
  const project = createProject(t, {
    "schemas/plain.ts": contract(
      "export const a = procedure('com.a', { input: z.object({ from: z.object({ x: z.int() }), to: z.object({ x: z.int() }), either: z.union([z.string(), z.object({ y: z.int() })]) }) });",
    ),
  });
  await project.generate();
  expect(project.read("schemas/generated/plain.check.gen.ts")).not.toMatch(/Either|Merged|declared/);
});

const PAIR = `const s = (id: string) => z.object({ a: z.string(), b: z.int().optional(), c: z.union([z.string(), z.int()]) }).meta({ id });
export const pair = procedure("com.URI", { input: z.object({ p: z.tuple([s("X"), s("Y")]) }), output: z.union([s("V"), s("W")]) });`;

/** Wrong forms of a printed type, and the number of places where each applies: `[right, wrong, places]`. */
const WRONG = [
  ["a: string;", "a: any;", 4],
  ["a: string;", "a?: string;", 4],
  ["a: string;", "readonly a: string;", 4],
  ["a: string;", "a: string | undefined;", 4],
  ["b?: number | undefined;", "b?: number;", 4],
  ["b?: number | undefined;", "b?: bigint | undefined;", 4],
  ["c: string | number;", "c: string;", 4],
  ["c: string | number;", "c: string | number | boolean;", 4],
  ["p: [X, Y];", "p: [X, X?];", 1],
  ["p: [X, Y];", "p: any;", 1],
  ["p: [X, Y];", "readonly p: [X, Y];", 1],
  ["p: [X, Y];", "p: [X, Y]; more?: string;", 1],
] as const;

/** A project with a contract for each fault, all of them the same but for the URI. */
async function pairs(t: TestContext, count: number): Promise<TestProject> {
  const files = Array.from({ length: count }, (_, index) => {
    return [`schemas/pair${index}.ts`, contract(PAIR.replace("URI", `pair${index}`))] as const;
  });
  const project = createProject(t, Object.fromEntries(files));
  await project.generate();
  return project;
}

test("a wrong print is found in types that are merged, in each place", async (t) => {
  const faults = WRONG.flatMap(([right, wrong, places]) =>
    Array.from({ length: places }, (_, place) => ({ right, wrong, place })),
  );
  const project = await pairs(t, faults.length);
  for (const [index, { right, wrong, place }] of faults.entries()) {
    const path = `schemas/generated/pair${index}.gen.ts`;
    const [first = "", ...others] = project.read(path).split(right);
    expect(others.length).toBeGreaterThan(place);
    project.write(path, first + others.map((text, at) => (at === place ? wrong : right) + text).join(""));
  }
  const told = compile(project);
  for (const [index, fault] of faults.entries()) {
    expect(told, JSON.stringify(fault)).toContain(`schemas/generated/pair${index}.check.gen.ts`);
  }
});

test("a model that is wrong everywhere is found in types that are merged", async (t) => {
  const project = await pairs(t, WRONG.length);
  for (const [index, [right, wrong]] of WRONG.entries()) {
    replaceEverywhere(project, `schemas/generated/pair${index}.gen.ts`, right, wrong);
    replaceEverywhere(project, `schemas/generated/pair${index}.check.gen.ts`, right, wrong);
  }
  const told = compile(project);
  for (const [index, fault] of WRONG.entries()) {
    const message = new RegExp(`schemas/generated/pair${index}\\.check\\.gen\\.ts.*"pair\\.input, received": false`);
    expect(told, JSON.stringify(fault)).toMatch(message);
  }
});

/** As a file would be printed from a wrong model: in declarations, in literals on one line, and with the names that merged types have. */
function replaceEverywhere(project: TestProject, path: string, right: string, wrong: string): void {
  const merged = (text: string) => text.replaceAll(/\b[XY]\b/g, "XMerged");
  const bare = (text: string) => text.slice(0, -1);
  const text = project.read(path).replaceAll(right, wrong).replaceAll(merged(right), merged(wrong));
  project.write(path, text.replaceAll(new RegExp(`(?<=[{;] )${escaped(bare(right))}(?=[;] | \\})`, "g"), bare(wrong)));
}

function escaped(text: string): string {
  return text.replaceAll(/[?|[\]]/g, "\\$&");
}
