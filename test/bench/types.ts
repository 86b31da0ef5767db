/**
 * `npm run bench:types`: what typing a contract costs the compiler, generated, inferred and built, and how long codegen takes.
 * Instantiations and types are counts and the same everywhere; seconds are those of this machine's CPU, check times those of its clock: read their ratios.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./cpu.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const temp = join(root, "test", ".tmp-bench-types");
const COMPILERS = ["typescript-5.9", "typescript-6.0", "typescript"] as const;
const ROUNDS = 3;

/** The programs that use a contract, by the files that the compiler gets. */
const PROGRAMS = {
  /** The contract and its schemas without the contract. */
  declared: ["schemas/large.ts"],
  bare: ["bare.ts"],
  /** A consumer of the module alone, and of a client that is generated, generated and built to declarations, or inferred. */
  contract: ["contract.ts"],
  generated: ["generated.ts"],
  built: ["built.ts"],
  inferred: ["inferred.ts"],
  /** A project that has the contract in it: a consumer of the generated client, and the check file. */
  project: ["generated.ts", "schemas/generated/large.check.gen.ts"],
} as const;

/** The compiler's figures for a program. */
interface Figures {
  readonly instantiations: number;
  readonly types: number;
  readonly checkSeconds: number;
  /** CPU of the whole run: it stays the same where other work shares the machine. */
  readonly cpuSeconds: number;
}

try {
  codegenTimes();
  for (const compiler of COMPILERS) clients(compiler);
} finally {
  rmSync(temp, { recursive: true, force: true });
}

function codegenTimes(): void {
  console.log("codegen, the command from start to end, median of 3");
  for (const [procedures, goal, limit] of [
    [200, "G11 ≤ 1.5 s", 1.5],
    [500, "≤ 2 s", 2],
  ] as const) {
    writeProject(procedures);
    const seconds = median(
      Array.from({ length: ROUNDS }, () => {
        rmSync(join(temp, "schemas/generated"), { recursive: true, force: true });
        const started = performance.now();
        codegen();
        return (performance.now() - started) / 1_000;
      }),
    );
    row(`${procedures} procedures`, `${seconds.toFixed(2)} s`, goal, seconds <= limit);
  }
}

/** 300 procedures for what a consumer adds, 500 for how the client compares to one that is inferred. */
function clients(compiler: (typeof COMPILERS)[number]): void {
  const version = execFileSync("node", [tscOf(compiler), "--version"], { encoding: "utf8" }).trim();
  console.log(`\nTypeScript ${version.replace("Version ", "")}`);
  writeProject(300);
  codegen();
  buildDeclarations();
  const [contract, generated, built, inferred] = (["contract", "generated", "built", "inferred"] as const).map(
    (program) => measure(compiler, program),
  ) as [Figures, Figures, Figures, Figures];
  const added = generated.instantiations - contract.instantiations;
  row("300 procedures: instantiations that the client adds to the contract's", added, "≤ 5,000", added <= 5_000);
  const all = built.instantiations;
  row("300 procedures: instantiations, all of them, with built declarations", all, "≤ 5,000", all <= 5_000);
  const check = ratio(built.checkSeconds, inferred.checkSeconds);
  row("300 procedures: check time, built to inferred", check, "≤ 0.1", check <= 0.1);
  writeProject(500);
  codegen();
  buildDeclarations();
  const small = measure(compiler, "built");
  const large = measure(compiler, "inferred");
  const time = ratio(small.cpuSeconds, large.cpuSeconds);
  const goal = compiler === "typescript" ? 1 / 6 : 1 / 3;
  row("500 procedures: CPU of tsc, built to inferred", time, `G12 ≤ ${goal.toFixed(2)}`, time <= goal);
  const types = ratio(small.types, large.types);
  row("500 procedures: types, built to inferred", types, "G12 ≤ 0.1", types <= 0.1);
  oneProject(compiler);
}

/** 1,000 procedures whose contract, check file and consumer are compiled together. */
function oneProject(compiler: (typeof COMPILERS)[number]): void {
  writeProject(1_000);
  codegen();
  const bare = measure(compiler, "bare").instantiations;
  const declared = measure(compiler, "declared").instantiations;
  row("1,000 procedures: instantiations, declared to bare schemas", ratio(declared, bare), "≤ 2", declared <= 2 * bare);
  const [whole, inferred] = measureInTurn(compiler, ["project", "inferred"]) as [Figures, Figures];
  const time = ratio(whole.cpuSeconds, inferred.cpuSeconds);
  row("1,000 procedures: CPU of tsc, contract, check file and consumer to inferred", time, "< 1", time < 1);
  row("  seconds of both", `${whole.cpuSeconds.toFixed(1)}, ${inferred.cpuSeconds.toFixed(1)}`, "", true);
}

function row(what: string, figure: string | number, goal: string, met: boolean): void {
  const text = typeof figure === "string" ? figure : figure.toLocaleString("en");
  console.log(`  ${what.padEnd(78)} ${text.padStart(9)}  ${goal && `${goal} ${met ? "met" : "missed"}`}`);
}

function ratio(part: number, whole: number): number {
  return Number((part / whole).toFixed(3));
}

/** A project of its own with a contract and a consumer for each program. */
function writeProject(procedures: number): void {
  rmSync(temp, { recursive: true, force: true });
  mkdirSync(join(temp, "schemas"), { recursive: true });
  const write = (file: string, text: string) => writeFileSync(join(temp, file), text);
  const consume = (imports: string, client: string) => consumer(procedures, imports, client);
  write("schemas/large.ts", contract(procedures));
  write("bare.ts", contract(procedures).replaceAll(/procedure\("[^"]*", /g, "("));
  write(
    "contract.ts",
    'import * as contract from "./schemas/large.js";\nexport const uri: string = contract.procedure0.uri;\n',
  );
  write(
    "inferred.ts",
    consume(
      'import { createClient } from "wampact";\nimport * as contract from "./schemas/large.js";',
      "createClient(peer, contract)",
    ),
  );
  const generated = (path: string) =>
    consume(`import { createLargeClient } from "${path}/generated/large.gen.js";`, "createLargeClient(peer)");
  write("generated.ts", generated("./schemas"));
  write("built.ts", generated("./built"));
  write("package.json", '{ "name": "bench-types", "type": "module" }');
  mkdirSync(join(temp, "node_modules"));
  symlinkSync(root, join(temp, "node_modules/wampact"));
  symlinkSync(join(root, "node_modules/zod"), join(temp, "node_modules/zod"));
}

function codegen(): void {
  execFileSync("node", [join(root, "dist/src/cli/main.js"), "codegen"], { cwd: temp });
}

/** Builds the declarations of the client, as a published package contains them. */
function buildDeclarations(): void {
  const options = { rootDir: "schemas", outDir: "built", declaration: true, emitDeclarationOnly: true };
  tsc("typescript", ["schemas/generated/large.gen.ts"], options);
}

function measure(compiler: string, program: keyof typeof PROGRAMS): Figures {
  return measureInTurn(compiler, [program])[0] as Figures;
}

/** Counts of one run each; medians of the times of several, in which the programs take turns. */
function measureInTurn(compiler: string, programs: readonly (keyof typeof PROGRAMS)[]): readonly Figures[] {
  const outputs: string[][] = programs.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, program] of programs.entries()) {
      outputs[index]?.push(tsc(compiler, PROGRAMS[program], { noEmit: true }));
    }
  }
  return outputs.map(figuresOf);
}

function figuresOf(outputs: readonly string[]): Figures {
  const figures = (label: string) =>
    outputs.map((output) =>
      Number((new RegExp(`^${label}:\\s+([\\d.,]+)`, "m").exec(output)?.[1] ?? "NaN").replaceAll(",", "")),
    );
  return {
    instantiations: median(figures("Instantiations")),
    types: median(figures("Types")),
    checkSeconds: median(figures("Check time")),
    cpuSeconds: median(outputs.map(cpuSecondsOf)),
  };
}

/** The last line that `times` prints: user and system time of the shell's children. */
function cpuSecondsOf(output: string): number {
  const [, ...parts] = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(output) ?? [];
  const [userMinutes = Number.NaN, user = 0, systemMinutes = 0, system = 0] = parts.map(Number);
  return 60 * (userMinutes + systemMinutes) + user + system;
}

function tsc(compiler: string, files: readonly string[], options: object): string {
  const common = { target: "es2022", module: "nodenext", strict: true, skipLibCheck: true, types: [] };
  const config = { compilerOptions: { ...common, ...options }, include: [], files };
  writeFileSync(join(temp, "tsconfig.json"), JSON.stringify(config));
  const { stdout, status } = spawnSync(
    "sh",
    [
      "-c",
      '"$@" && times', // of the shell, and of what it has waited for
      "sh",
      "node",
      tscOf(compiler),
      "--project",
      temp,
      "--extendedDiagnostics",
      ...(compiler === "typescript" ? ["--singleThreaded"] : []), // its checkers would count what they share once each
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${compiler} refuses ${files.join(", ")}:\n${stdout.slice(0, 2_000)}`);
  return stdout;
}

function tscOf(compiler: string): string {
  return join(root, "node_modules", compiler, "bin/tsc");
}

function contract(procedures: number): string {
  const members = Array.from(
    { length: procedures },
    (_, index) => `
/** Does thing ${index}. */
export const procedure${index} = procedure("com.large.p${index}", {
  input: z.object({ id: z.string(), count: z.number().default(${index}), tags: z.array(z.string()).optional(), kind: z.enum(["a", "b", "c${index}"]) }),
  output: z.object({ ok: z.boolean(), items: z.array(z.object({ name: z.string(), at: z.number().nullable() })) }),
});`,
  );
  return `import { procedure } from "wampact";\nimport * as z from "zod";\n${members.join("\n")}\n`;
}

function consumer(procedures: number, imports: string, client: string): string {
  const calls = Array.from(
    { length: procedures },
    (_, index) => `  total += (await client.procedure${index}({ id: "x", kind: "a" })).items.length;`,
  );
  return `import type { Peer } from "wampact";\n${imports}\n\nexport async function use(peer: Peer): Promise<number> {\n  const client = ${client};\n  let total = 0;\n${calls.join("\n")}\n  return total;\n}\n`;
}
