import { expect, test } from "vitest";
import { compile } from "../../codegen/compile.js";
import { KINDS, kindsContract } from "../../codegen/kinds.js";
import { contract, createProject } from "../../support/project.js";

/** The one property of an interface. */
function property(text: string, name: string): string | undefined {
  return new RegExp(`^export interface ${name} \\{\\n(?:  /\\*\\*.*\\n)?  (.*);\\n\\}$`, "m").exec(text)?.[1];
}

test("a kind of schema prints as its receiver and its sender see it, and the compiler proves it", async (t) => {
  const project = createProject(t, { "schemas/kinds.ts": contract(kindsContract()) });
  await project.generate();
  const text = project.read("schemas/generated/kinds.gen.ts");
  const printed = KINDS.map(([schema], index) => {
    const received = property(text, `K${index}Input`);
    const sent = property(text, `K${index}InputInit`);
    return sent === undefined ? [schema, received] : [schema, received, sent];
  });
  expect(printed).toEqual(KINDS);
  expect(compile(project)).toBe("");
});

test("objects: plain, strict, loose, with a catchall, empty, frozen", async (t) => {
  const project = createProject(t, {
    "schemas/objects.ts": contract(`
      export const plain = procedure("com.plain", { input: z.object({ "a-b": z.string(), __proto: z.int() }) });
      export const strict = procedure("com.strict", { input: z.strictObject({ a: z.string() }) });
      export const loose = procedure("com.loose", { input: z.looseObject({ a: z.string() }) });
      export const rest = procedure("com.rest", { input: z.object({ a: z.literal("x") }).catchall(z.string()) });
      export const empty = procedure("com.empty", { input: z.object({}) });
      export const frozen = procedure("com.frozen", { input: z.object({ a: z.string() }).readonly() });
    `),
  });
  await project.generate();
  const text = project.read("schemas/generated/objects.gen.ts");
  const body = (name: string) => new RegExp(`interface ${name}Input \\{\n([^}]*)\\}`).exec(text)?.[1]?.trim();
  expect(body("Plain")).toBe('"a-b": string;\n  __proto: number;');
  expect(body("Strict")).toBe("a: string;");
  expect(body("Loose")).toBe("a: string;\n  [key: string]: unknown;");
  expect(body("Rest")).toBe('a: "x";\n  [key: string]: string;');
  expect(body("Empty")).toBe("[key: string]: never;");
  expect(body("Frozen")).toBe("readonly a: string;");
  expect(compile(project)).toBe("");
});

test("the check file does not compile where a printed type differs from its schema, any included", async (t) => {
  const faults = [
    ["a: number;", "a: any;"],
    ["a: number;", "a?: number;"],
    ["c?: string | undefined;", "c?: string;"],
    ["c?: string | undefined;", "readonly c?: string | undefined;"],
  ] as const;
  const membersOf = (index: number) =>
    contract(`export const add = procedure("com.add${index}", {
    input: z.object({ a: z.number(), b: z.object({ c: z.string().optional() }) }), output: z.number() });`);
  const project = createProject(
    t,
    Object.fromEntries(faults.map((_, index) => [`schemas/a${index}.ts`, membersOf(index)])),
  );
  await project.generate();
  faults.forEach(([right, wrong], index) => {
    const path = `schemas/generated/a${index}.gen.ts`;
    const good = project.read(path);
    expect(good).toContain(right);
    project.write(path, good.replace(right, wrong));
  });
  const told = compile(project);
  for (const index of faults.keys()) expect(told).toContain(`schemas/generated/a${index}.check.gen.ts`);
});

test("what is made of other schemas, or of zod/mini, prints as its type", async (t) => {
  const project = createProject(t, {
    "schemas/odd.ts": contract(`
      import * as mini from "zod/mini";
      type Tree = { left?: Tree; right?: Tree; value: number };
      const Node: z.ZodType<Tree, Tree> = z.lazy(() => z.object({ left: z.exactOptional(Node), right: z.exactOptional(Node), value: z.number() }));
      const Outer = z.object({ get inner() { return Inner.optional(); } });
      const Inner = z.object({ get outers() { return z.array(Outer); } });
      const Entry = z.codec(z.object({ s: z.int() }), z.map(z.string(), z.object({ at: z.date() })), { decode: () => new Map(), encode: () => ({ s: 1 }) });
      export const tree = procedure("com.tree", { input: Node });
      export const mutual = procedure("com.mutual", { input: Outer, output: Inner });
      export const json = procedure("com.json", { input: z.json(), output: Entry });
      export const small = procedure("com.small", { input: mini.object({ a: mini.optional(mini.string()), b: mini._default(mini.int(), 3) }) });
      export const xor = procedure("com.xor", { input: z.xor([z.string(), z.object({ a: z.int() })]), output: z.looseRecord(z.string().regex(/a/), z.int()) });
      export const cut = procedure("com.cut", { input: z.object({ a: z.string(), b: z.int() }).pick({ a: true }).safeExtend({ c: z.int() }).partial() });
      export const keys = procedure("com.keys", { input: z.object({ a: z.string(), b: z.int() }).keyof(), output: z.record(z.literal(["a", 1]), z.string()) });
      export const told = procedure("com.told", {
        input: z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), n: z.int().nullable().default(null) }), z.object({ kind: z.enum(["b", "c"]) })]),
        output: z.intersection(z.object({ a: z.string() }), z.union([z.object({ b: z.int() }), z.object({ c: z.int() })])),
      });
      export const texts = procedure("com.texts", { input: z.httpUrl().or(z.hash("sha256")).or(z.stringFormat("hex4", /^[0-9a-f]{4}$/)), output: z.string().trim().overwrite((x) => x) });
    `),
  });
  await project.generate();
  expect(compile(project)).toBe("");
  const text = project.read("schemas/generated/odd.gen.ts");
  expect(text).toMatch(/interface \w+ \{\n {2}left\?: (\w+);\n {2}right\?: \1;\n {2}value: number;\n\}/);
  expect(text).not.toMatch(/\bany\b/);
});

test("the inferred client and handlers have the types that are generated, for every kind of schema", async (t) => {
  const kinds = [
    ...KINDS.map(([schema]) => schema),
    "z.looseObject({ a: z.int().default(1) })",
    "z.object({ a: z.int().default(1) }).catchall(z.union([z.int(), z.undefined()]))",
    "z.strictObject({ a: z.int().default(1).readonly() })",
    "z.object({})",
    "z.union([z.object({ a: z.int().default(1) }), z.object({ b: z.string().prefault('x') })])",
    "z.discriminatedUnion('kind', [z.object({ kind: z.literal('a'), n: z.int().default(1) }), z.object({ kind: z.literal('b') })])",
    "z.intersection(z.object({ a: z.int().default(1) }), z.object({ b: z.string() }))",
    "z.record(z.string(), z.object({ a: z.int().default(1) }))",
    "z.record(z.enum(['a', 'b']), z.int().default(1))",
    "z.tuple([z.object({ a: z.int().default(1) }), z.int().default(1)])",
    "z.tuple([z.string()], z.object({ a: z.int().default(1) }))",
    "z.array(z.object({ a: z.int().default(1) })).readonly()",
    "z.object({ a: z.int().default(1) }).nullable()",
    "z.lazy(() => z.object({ a: z.int().default(1) }))",
    "z.json()",
    "z.json().optional()",
    "z.union([z.json(), z.codec(z.string(), z.date(), way)])",
    "z.object({ a: z.int().default(1) }).transform(String).pipe(z.string())",
    "z.object({ a: z.string().transform(Number).pipe(z.number()).default(1) })",
    "z.preprocess((x) => x, z.object({ a: z.int().default(1) }))",
    "z.object({ a: z.int().default(1) }).default({ a: 1 })",
    "z.object({ a: z.int().default(1) }).optional().nonoptional()",
    "z.object({ a: z.int().default(1) }).catch({ a: 1 })",
    "z.codec(z.object({ a: z.int().default(1) }), z.object({ b: z.int() }), way)",
  ];
  const members = kinds.map((schema, index) => {
    return `export const k${index} = procedure("com.k${index}", { input: z.object({ k: ${schema} }) });`;
  });
  const proofs = kinds.map((_, index) => `"k${index}": Both<"k${index}">;`);
  const project = createProject(t, {
    "schemas/kinds.ts": contract(`const way = { decode: () => undefined as never, encode: () => undefined as never };
      export const Tree = z.object({ n: z.int().default(1), get below() { return z.array(Tree); } });
      export const tree = procedure("com.tree", { input: Tree, output: Tree });
      export const tuple = procedure("com.tuple", { input: z.tuple([z.object({ a: z.int().default(1) }), z.int()]) });
      ${members.join("\n")}`),
    "schemas/proof.test.ts": `import type { InferredClient, InferredHandlers } from "wampact";
      import type * as contract from "./kinds.js";
      import type { KindsClient, KindsHandlers } from "./generated/kinds.gen.js";
      type Client = InferredClient<typeof contract>;
      type Handlers = InferredHandlers<typeof contract>;
      type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : { inferred: A; generated: B };
      type Alike<A, B> = Same<A, B> extends true ? true : [A, B] extends [B, A] ? true : { inferred: A; generated: B };
      type First<List> = List extends readonly [infer Input, ...unknown[]] ? Input : never;
      type Both<K extends keyof KindsClient> = [
        Alike<First<Parameters<Client[K]>>, First<Parameters<KindsClient[K]>>>,
        Alike<First<Parameters<Handlers[K]>>, First<Parameters<KindsHandlers[K]>>>,
      ];
      type AllTrue<Proofs extends { readonly [label: string]: readonly [true, true] }> = Proofs;
      export type Proof = AllTrue<{ tree: Both<"tree">; tuple: Both<"tuple">; ${proofs.join("\n")} }>;
    `,
  });
  await project.generate();
  expect(compile(project)).toBe("");
});
