import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { contract, createProject, type TestProject } from "../support/project.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(ROOT, "dist/src/cli/main.js");

/** Type-checks a project strictly; the emitted check files are part of it. */
function typecheck(project: TestProject): void {
  const compilerOptions = { rootDir: "../..", noEmit: true, noUnusedLocals: false };
  project.write(
    "tsconfig.json",
    JSON.stringify({ extends: "../tsconfig.json", compilerOptions, include: ["schemas"] }),
  );
  try {
    execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "--project", project.dir], {
      encoding: "utf8",
    });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}

test("every kind of schema prints as a person would write it, and the proof file agrees", async (t) => {
  const project = createProject(t, {
    "schemas/kinds.ts": contract(`
      export interface Unrelated { x: 1 }
      export const Colour = z.enum(["red", "green"]);
      const Node: z.ZodType<{ name: string; children: unknown[] }, { name: string; children: unknown[] }> = z.object({ name: z.string(), children: z.array(z.unknown()) });
      const Tree = z.object({ value: z.number(), get branches() { return z.array(Tree); } });
      const Day = z.codec(z.iso.date(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString().slice(0, 10) });
      export const kinds = procedure("com.kinds", {
        input: z.object({
          text: z.string().min(1), int: z.int(), flag: z.boolean(), nothing: z.null(), any: z.unknown(),
          colour: Colour, one: z.literal(1), either: z.union([z.string(), z.number()]),
          list: z.array(z.string()), pair: z.tuple([z.string(), z.number()]), rest: z.tuple([z.string()]).rest(z.number()),
          record: z.record(z.string(), z.number()), maybe: z.string().optional(), nullable: z.string().nullable(),
          given: z.number().default(3), both: z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
          shape: z.discriminatedUnion("kind", [z.object({ kind: z.literal("circle"), r: z.number() }), z.object({ kind: z.literal("dot") })]),
          frozen: z.array(z.string()).readonly(), route: z.templateLiteral(["/users/", z.number()]), tree: Tree, day: Day,
        }),
        output: z.strictObject({ ok: z.boolean() }),
      });
      void Node;
    `),
  });
  await project.generate();
  const text = project.read("schemas/generated/kinds.gen.ts");
  for (const line of [
    "text: string;",
    "int: number;",
    "nothing: null;",
    "any: unknown;",
    "either: string | number;",
    "list: string[];",
    "pair: [string, number];",
    "rest: [string, ...number[]];",
    "record: { [key: string]: number };",
    "maybe?: string | undefined;",
    "nullable: string | null;",
    "frozen: readonly string[];",
    `route: \`/users/\${number}\`;`,
    "day: Date;",
  ]) {
    expect(text).toContain(line);
  }
  expect(text).toContain("branches: KindsInputTree[];");
  expect(text).not.toContain("zod");
  typecheck(project);
});

test("a method is preceded by its doc comment and takes parameters, input and options in that order", async (t) => {
  const project = createProject(t, {
    "schemas/chat-room.ts": contract(`
      export const closed = error("com.chat.error.closed", z.object({ since: z.string() }));
      /** Says something. Hostile: *\\/ and \`quotes\` and \${x}. */
      export const say = procedure("com.chat.{room}.say", { input: z.string(), output: z.int(), errors: { closed }, deprecated: "use shout" });
      export const move = procedure("com.chat.move", { input: z.tuple([z.number().meta({ name: "x" }), z.number()]), output: z.void() });
      export const ping = procedure("com.chat.ping", {});
      export const said = topic("com.chat.{room}.said", { event: z.object({ text: z.string() }) });
      export const opened = topic("com.chat.opened", { event: z.object({ room: z.string() }) });
    `),
  });
  await project.generate();
  const text = project.read("schemas/generated/chat-room.gen.ts");
  for (const line of [
    "export interface ChatRoomClient {",
    "readonly say: ErrorGuard<ClosedError> & ((",
    ") => Call<number, never, ClosedError>);",
    "move(x: number, arg1: number, options?: CallOptions): Call<void>;",
    "ping(options?: CallOptions): Call<void>;",
    "readonly opened: PlainTopicClient<",
    "readonly said: TopicClient<SaidParams,",
    "@deprecated use shout",
    "export function createChatRoomClient(peer: CallerPeer, options?: ClientOptions): ChatRoomClient {",
    "export const serveChatRoom: Serve<ChatRoomHandlers> = (peer, handlers, options) =>",
  ]) {
    expect(text).toContain(line);
  }
  typecheck(project);
});

test("what cannot be printed or called is told with file, line, member and the mend, all of it in one run", async (t) => {
  const project = createProject(t, {
    "schemas/bad.ts": contract(`export const when = procedure("com.bad.when", { input: z.object({ at: z.date() }) });
export const then = procedure("com.bad.then", {});
export const blank = procedure("com.bad. blank", {});
export const big = procedure("com.bad.big", { output: z.object({ n: z.bigint() }) });
export const timeout = error("com.bad.timeout", z.object({}));
export const named = procedure("com.bad.named", { errors: { timeout } });
export const same1 = procedure("com.bad.same", {});
export const same2 = procedure("com.bad.same", {});`),
  });
  const problems = (await project.problems()).join("\n");
  expect(problems).toMatch(/^schemas\/bad\.ts:3 when\.input\.at: .*z\.codec/m);
  expect(problems).toMatch(/^schemas\/bad\.ts:4 then: /m);
  expect(problems).toMatch(/^schemas\/bad\.ts:5 blank: .*blank/m);
  expect(problems).toMatch(/^schemas\/bad\.ts:6 big\.output\.n: /m);
  expect(problems).toMatch(/timeout/);
  expect(problems).toMatch(/com\.bad\.same/);
  expect(existsSync(join(project.dir, "schemas/generated"))).toBe(false);
});

test.for<[what: string, code: string, message: RegExp, options?: { timeoutMs: number }]>([
  ["throws", "throw new Error('no database');", /schemas\/broken\.ts:3.*no database/],
  ["does not parse", "export const x = ;", /schemas\/broken\.ts:3/],
  [
    "never ends",
    "await new Promise(() => setInterval(() => {}, 1000));",
    /schemas\/broken\.ts.*(time|1,?000|1 s|did not)/i,
    { timeoutMs: 1_000 },
  ],
])("a contract that %s is told with its file, and the last good output stays", async ([
  ,
  code,
  message,
  options,
], t) => {
  const project = createProject(t, { "schemas/broken.ts": contract("export const ok = procedure('com.ok', {});") });
  await project.generate();
  const before = project.read("schemas/generated/broken.gen.ts");
  project.write("schemas/broken.ts", contract(code));
  await expect(project.generate(options)).rejects.toThrow(message);
  expect(project.read("schemas/generated/broken.gen.ts")).toBe(before);
});

test("a second run changes no byte and touches no file", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": contract(
      "export const ok = procedure('com.ok', { input: z.object({ b: z.string(), a: z.int() }) });",
    ),
  });
  await project.generate();
  const dir = join(project.dir, "schemas/generated");
  for (const file of readdirSync(dir)) utimesSync(join(dir, file), 1, 1);
  const { changes } = await project.generate();
  expect(changes.every(({ before, after }) => before === after)).toBe(true);
  expect(readdirSync(dir).map((file) => statSync(join(dir, file)).mtimeMs)).toEqual(readdirSync(dir).map(() => 1_000));
});

test("files of a contract that is gone are removed, and a stranger's file is not", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": contract("export const a = procedure('com.a', {});"),
    "schemas/b.ts": contract("export const b = procedure('com.b', {});"),
    "schemas/helper.ts": "export const helper = 1;\n",
  });
  await project.generate();
  project.write("schemas/generated/mine.ts", "// a person's own\n");
  rmSync(join(project.dir, "schemas/b.ts"));
  await project.generate();
  expect(readdirSync(join(project.dir, "schemas/generated")).sort()).toEqual([
    "a.gen.ts",
    "codegen-manifest.json",
    "mine.ts",
  ]);
});

test("the command writes, then --check passes; after a change --check prints a diff, fails and writes nothing", (t) => {
  const project = createProject(t, { "schemas/a.ts": contract("export const a = procedure('com.a', {});") });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [CLI, "codegen", ...args], { cwd: project.dir, encoding: "utf8" });
  expect(run().stdout).toMatch(/schemas\/generated\/a\.gen\.ts +written \(1 procedure\)/);
  expect(run("--check").status).toBe(0);
  project.write("schemas/a.ts", contract("export const a = procedure('com.a', { output: z.int() });"));
  const before = project.read("schemas/generated/a.gen.ts");
  const stale = run("--check");
  expect(stale.status).toBe(1);
  expect(stale.stdout).toMatch(/^-.*Call<void>/m);
  expect(stale.stdout).toMatch(/^\+.*Call<number>/m);
  expect(project.read("schemas/generated/a.gen.ts")).toBe(before);
});

test("the repository's own generated files are up to date", () => {
  expect(spawnSync(process.execPath, [CLI, "codegen", "--check"], { cwd: ROOT, encoding: "utf8" }).status).toBe(0);
});
