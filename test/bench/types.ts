/**
 * `npm run bench:types`: what typing a contract of 300 procedures costs the compiler, generated and inferred, and how long
 * codegen takes. Instantiations are counts and the same everywhere; seconds are this machine's.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PROCEDURES = 300;
const root = new URL("../..", import.meta.url).pathname;
const temp = join(root, "test", ".tmp-bench-types");
const COMPILERS = ["typescript-5.9", "typescript-6.0", "typescript"];

rmSync(temp, { recursive: true, force: true });
mkdirSync(join(temp, "schemas"), { recursive: true });
try {
  writeFileSync(join(temp, "schemas/large.ts"), contract());
  writeFileSync(
    join(temp, "contract-only.ts"),
    'import * as contract from "./schemas/large.js";\nexport const uri: string = contract.procedure0.uri;\n',
  );
  writeFileSync(
    join(temp, "inferred.ts"),
    consumer(
      'import { createClient } from "wampact";\nimport * as contract from "./schemas/large.js";',
      "createClient(peer, contract)",
    ),
  );
  writeFileSync(
    join(temp, "generated.ts"),
    consumer('import { createLargeClient } from "./schemas/generated/large.gen.js";', "createLargeClient(peer)"),
  );
  const started = performance.now();
  execFileSync("node", [join(root, "dist/src/cli/main.js"), "codegen"], { cwd: temp });
  console.log(`codegen of ${PROCEDURES} procedures: ${((performance.now() - started) / 1_000).toFixed(2)} s\n`);
  console.log(
    `${"compiler".padEnd(16)} ${"program".padEnd(14)} ${"instantiations".padStart(14)} ${"types".padStart(9)} ${"check".padStart(8)}`,
  );
  for (const compiler of COMPILERS)
    for (const program of ["contract-only", "generated", "inferred"]) report(compiler, program);
} finally {
  rmSync(temp, { recursive: true, force: true });
}

function report(compiler: string, program: string): void {
  writeFileSync(
    join(temp, "tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: { rootDir: "../..", types: ["node"] },
      include: [],
      files: [`${program}.ts`],
    }),
  );
  const tsc = join(root, "node_modules", compiler, "bin/tsc");
  const { stdout, status } = spawnSync(
    "node",
    [tsc, "--project", join(temp, "tsconfig.json"), "--extendedDiagnostics"],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${compiler} refuses ${program}:\n${stdout.slice(0, 2_000)}`);
  const figure = (label: string) => new RegExp(`^${label}:\\s+([\\d.,]+)`, "m").exec(stdout)?.[1] ?? "?";
  const columns = [
    figure("Instantiations").padStart(14),
    figure("Types").padStart(9),
    `${figure("Check time")} s`.padStart(8),
  ];
  console.log(`${compiler.padEnd(16)} ${program.padEnd(14)} ${columns.join(" ")}`);
}

function contract(): string {
  const procedures = Array.from(
    { length: PROCEDURES },
    (_, index) => `
/** Does thing ${index}. */
export const procedure${index} = procedure("com.large.p${index}", {
  input: z.object({ id: z.string(), count: z.number().default(${index}), tags: z.array(z.string()).optional(), kind: z.enum(["a", "b", "c${index}"]) }),
  output: z.object({ ok: z.boolean(), items: z.array(z.object({ name: z.string(), at: z.number().nullable() })) }),
});`,
  );
  return `import { procedure } from "wampact";\nimport * as z from "zod";\n${procedures.join("\n")}\n`;
}

function consumer(imports: string, client: string): string {
  const calls = Array.from(
    { length: PROCEDURES },
    (_, index) => `  total += (await client.procedure${index}({ id: "x", kind: "a" })).items.length;`,
  );
  return `import type { Peer } from "wampact";\n${imports}\n\nexport async function use(peer: Peer): Promise<number> {\n  const client = ${client};\n  let total = 0;\n${calls.join("\n")}\n  return total;\n}\n`;
}
