import { expect, test } from "vitest";
import { compile } from "../codegen/compile.js";
import { kindsContract } from "../codegen/kinds.js";
import { contract, createProject } from "../support/project.js";

test.for([
  "typescript-5.9",
  "typescript-6.0",
  "typescript",
] as const)("every kind of schema is generated to files that compile with %s, isolated declarations included", async (compiler, t) => {
  const project = createProject(t, {
    "schemas/kinds.ts": contract(kindsContract()),
    "schemas/members.ts": contract(`
      const Tree = z.object({ name: z.string().default("x"), get below() { return z.array(Tree); } });
      const busy = error("com.error.busy", Tree);
      export const place = procedure("com.{shop}.place", {
        input: Tree, output: z.json(), progress: z.object({ left: z.int().default(0) }), errors: { busy, "odd name": busy } });
      export const scale = procedure("com.scale", { input: z.tuple([z.number().meta({ name: "value" }), z.number()]) });
      export const placed = topic("com.{shop}.placed.{...rest}", { event: Tree });
      export const opened = topic("com.opened", { event: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("a"), n: z.int() }), z.looseObject({ kind: z.literal("b") })]) });
      export const gone = error("com.error.gone", z.void());
      export const unused = error("com.error.unused", z.object({ tries: z.int().default(1) }));
    `),
  });
  await project.generate();
  expect(compile(project, compiler)).toBe("");
});
