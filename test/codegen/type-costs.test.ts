import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contract, createProject } from "../support/project.js";

const ts = createRequire(import.meta.url)("typescript-5.9") as typeof import("typescript-5.9");
const PROCEDURES = 30;

function members(prefix: string, count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const input = `z.object({ id: z.string(), count: z.number().default(${index}), kind: z.enum(["a", "${prefix}${index}"]) })`;
    const output = "z.object({ items: z.array(z.object({ name: z.string(), at: z.number().nullable() })) })";
    return `export const ${prefix}${index} = procedure("com.${prefix}${index}", { input: ${input}, output: ${output} });`;
  }).join("\n");
}

function consumer(prefix: string, count: number): string {
  const calls = Array.from({ length: count }, (_, index) => `client.${prefix}${index}({ id: "x", kind: "a" });`);
  const Client = prefix === "warm" ? "Warm" : "Large";
  return `import type { ${Client}Client } from "./schemas/generated/${Client.toLowerCase()}.gen.js";\nexport function use(client: ${Client}Client): void {\n${calls.join("\n")}\n}\n`;
}

test("a generated file and its consumer do not infer the contract's types, and declaring one costs little beside its schemas", async (t) => {
  const project = createProject(t, {
    "schemas/warm.ts": contract(members("warm", 1)),
    "schemas/large.ts": contract(members("p", PROCEDURES)),
    "bare.ts": contract(members("p", PROCEDURES)).replaceAll(/procedure\("[^"]*", /g, "("),
    "warm-consumer.ts": consumer("warm", 1),
    "consumer.ts": consumer("p", PROCEDURES),
  });
  await project.generate();
  const files = ["warm-consumer.ts", "schemas/generated/warm.gen.ts", "schemas/warm.ts"];
  const generated = ["consumer.ts", "schemas/generated/large.gen.ts"];
  const program = ts.createProgram(
    [...files, ...generated, "bare.ts", "schemas/large.ts"].map((file) => join(project.dir, file)),
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      skipLibCheck: true,
      types: [],
      noEmit: true,
    },
  );
  /** Instantiations that the compiler makes for files, for each of the procedures. */
  const check = (...names: readonly string[]): number => {
    const before = program.getInstantiationCount();
    for (const name of names) {
      const source = program.getSourceFile(join(project.dir, name));
      expect(program.getSemanticDiagnostics(source), name).toEqual([]);
    }
    return (program.getInstantiationCount() - before) / PROCEDURES;
  };
  check(...files); // what every contract needs once
  expect(check(...generated)).toBeLessThan(30); // 13; with the contract's own types 170
  const schemas = check("bare.ts");
  expect(check("schemas/large.ts")).toBeLessThan(2 * schemas); // 1.75 times; it was 5.7 times
});
