import { expect, test } from "vitest";
import { contract, createProject } from "../support/project.js";
import { compile } from "./compile.js";
import { KINDS, kindsContract } from "./kinds.js";

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
  const members = contract(`export const add = procedure("com.add", {
    input: z.object({ a: z.number(), b: z.object({ c: z.string().optional() }) }), output: z.number() });`);
  const project = createProject(t, Object.fromEntries(faults.map((_, index) => [`schemas/a${index}.ts`, members])));
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
