import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Generated, lockContracts, watchContracts } from "wampact/codegen";
import { contract, createProject, type TestProject } from "../../support/project.js";

const CLI = fileURLToPath(new URL("../../../dist/src/cli/main.js", import.meta.url));

/** A contract of one procedure. */
function procedure(name: string): string {
  return contract(`export const ${name} = procedure("com.${name}", { input: z.string() });`);
}

function generatedFiles(project: TestProject): readonly string[] {
  return readdirSync(join(project.dir, "schemas/generated"), { recursive: true, encoding: "utf8" }).sort();
}

function outcomes({ changes }: Generated): readonly string[] {
  return changes.map(({ path, before, after }) => {
    const outcome = after === undefined ? "removed" : before === after ? "unchanged" : "written";
    return `${path.replace("schemas/generated/", "")} ${outcome}`;
  });
}

test("two runs from nothing give the same bytes", async (t) => {
  const files = { "schemas/b.ts": procedure("b"), "schemas/sub/a.ts": procedure("a") };
  const [one, two] = [createProject(t, files), createProject(t, files)];
  await Promise.all([one.generate(), two.generate()]);
  expect(generatedFiles(one)).toEqual(generatedFiles(two));
  for (const file of ["b.gen.ts", "b.check.gen.ts", "sub/a.gen.ts", "codegen-manifest.json"]) {
    expect(one.read(`schemas/generated/${file}`)).toBe(two.read(`schemas/generated/${file}`));
    expect(one.read(`schemas/generated/${file}`)).not.toContain(one.dir);
  }
  expect(one.read("schemas/generated/sub/a.gen.ts")).toContain('import * as contract from "../../sub/a.js";');
});

test("a run over some contracts leaves the files of the others, and forgets those of one that is gone", async (t) => {
  const project = createProject(t, { "schemas/a.ts": procedure("a"), "schemas/sub/b.ts": procedure("b") });
  await project.generate();
  expect(outcomes(await project.generate({ files: ["schemas/a.ts"] }))).toEqual([
    "a.gen.ts unchanged",
    "a.check.gen.ts unchanged",
    "codegen-manifest.json unchanged",
  ]);
  rmSync(join(project.dir, "schemas/sub/b.ts"));
  expect(outcomes(await project.generate({ files: ["schemas/a.ts"] }))).toEqual([
    "a.gen.ts unchanged",
    "a.check.gen.ts unchanged",
    "codegen-manifest.json written",
    "sub/b.gen.ts removed",
    "sub/b.check.gen.ts removed",
  ]);
  expect(generatedFiles(project)).toEqual(["a.check.gen.ts", "a.gen.ts", "codegen-manifest.json"]);
});

const ADVICE = 'name contract files or directories, or set "wampact": { "schemas": "…" } in package.json';

test.for([
  [["codegen"], 1],
  [["docs"], 1],
  [["lock"], 1],
  [["diff"], 2],
] as const)("wampact %j fails where it finds no contract, says where it looked, and writes nothing", ([
  args,
  code,
], t) => {
  const lock = '{ "version": 2, "contracts": [] }\n';
  const project = createProject(t, {
    "schemas/helper.ts": "export const helper = 1;\n",
    "schemas/contracts.lock.json": lock,
    "more/a.ts": "export const a = 1;\n",
    "more/b.ts": "export const b = 1;\n",
  });
  mkdirSync(join(project.dir, "empty"));
  for (const [paths, words] of [
    [[], "schemas: no contracts found: the only module there exports no procedure, topic or error"],
    [["empty"], "empty: no contracts found: there are no TypeScript modules"],
    [
      ["more", "empty"],
      "more, empty: no contracts found: none of the 2 modules there exports a procedure, topic or error",
    ],
  ] as const) {
    const against = args[0] === "diff" ? ["--against", "schemas/contracts.lock.json"] : [];
    const command = [CLI, ...args, ...paths, ...against];
    const { status, stderr } = spawnSync(process.execPath, command, { cwd: project.dir, encoding: "utf8" });
    expect([status, stderr]).toEqual([code, `${words}; ${ADVICE}\n`]);
  }
  expect(project.read("schemas/contracts.lock.json")).toBe(lock);
  expect(readdirSync(project.dir).sort()).toEqual(["empty", "more", "schemas"]);
  expect(readdirSync(join(project.dir, "schemas")).sort()).toEqual(["contracts.lock.json", "helper.ts"]);
});

test("a contract that has become a helper loses its files", async (t) => {
  const project = createProject(t, { "schemas/a.ts": procedure("a") });
  await project.generate();
  project.write("schemas/a.ts", "export const helper = 1;\n");
  const { contracts } = await project.generate();
  expect(contracts).toEqual([]);
  expect(generatedFiles(project)).toEqual(["codegen-manifest.json"]);
});

test("a file that somebody else wrote is never overwritten or removed", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": procedure("a"),
    "schemas/generated/a.gen.ts": "// a person's own\n",
  });
  expect(await project.problems()).toEqual([
    expect.stringMatching(/^schemas\/generated\/a\.gen\.ts: codegen did not write this file/),
  ]);
  expect(project.read("schemas/generated/a.gen.ts")).toBe("// a person's own\n");
  expect(generatedFiles(project)).toEqual(["a.gen.ts"]);
});

test("a path that the file system refuses is told with what is in the way, and nothing is left", async (t) => {
  const project = createProject(t, { "schemas/a.ts": procedure("a"), "schemas/generated": "a file\n" });
  const inTheWay = /a file is where a directory is needed, or the reverse; move it, or choose another path \(E\w+\)$/;
  expect(await project.problems()).toEqual([expect.stringMatching(inTheWay)]);
  expect(project.read("schemas/generated")).toBe("a file\n");
  await expect(lockContracts({ cwd: project.dir, file: "schemas/a.ts/lock.json" })).rejects.toThrow(inTheWay);
  mkdirSync(join(project.dir, "out/a.gen.ts"), { recursive: true });
  await expect(project.generate({ out: "out" })).rejects.toThrow(/^out\/a\.gen\.ts: a file is where/);
  expect(readdirSync(join(project.dir, "out"))).toEqual(["a.gen.ts"]);
  const [command, ...given] = [
    process.execPath,
    fileURLToPath(new URL("../../../dist/src/cli/main.js", import.meta.url)),
    "codegen",
  ];
  const { status, stderr } = spawnSync(command, given, { cwd: project.dir, encoding: "utf8" });
  expect([status, stderr.trim().split("\n")]).toEqual([1, [expect.stringMatching(inTheWay)]]);
});

test("a manifest that names files elsewhere is refused, and nothing is removed", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": procedure("a"),
    "schemas/b.gen.ts": "// Generated by wampact codegen\n",
  });
  for (const path of ["../b.gen.ts", "/tmp/b.gen.ts", "sub/../../b.gen.ts", "mine.ts"]) {
    const files = { "schemas/gone.ts": [path] };
    project.write("schemas/generated/codegen-manifest.json", JSON.stringify({ files }));
    expect(await project.problems()).toEqual([
      expect.stringMatching(/^schemas\/generated\/codegen-manifest\.json: cannot be read/),
    ]);
  }
  expect(existsSync(join(project.dir, "schemas/b.gen.ts"))).toBe(true);
});

test("contracts may lie and be generated anywhere; two that would meet are refused", async (t) => {
  const project = createProject(t, { "api/orders.ts": procedure("a"), "other/orders.ts": procedure("a") });
  const { contracts } = await project.generate({ files: ["api"], out: "src/gen" });
  expect(contracts.map(({ generated }) => generated)).toEqual(["src/gen/orders.gen.ts"]);
  expect(project.read("src/gen/orders.gen.ts")).toContain('import * as contract from "../../api/orders.js";');
  await expect(project.generate({ files: ["api", "other"], out: "src/gen" })).rejects.toThrow(
    /other\/orders\.ts: api\/orders\.ts would generate the same file/,
  );
  await expect(project.generate({ files: ["nowhere"] })).rejects.toThrow(
    /^nowhere: there is no such file or directory/,
  );
});

test("a contract in a CommonJS package loads, and settings that refuse it are told with what to set", async (t) => {
  const project = createProject(t, {
    "package.json": "{}",
    "schemas/a.ts": contract(
      'import { Text } from "./text.js";\nexport const a = procedure("com.a", { input: Text });',
    ),
    "schemas/text.ts": 'import * as z from "zod";\nexport const Text = z.object({ text: z.string() });\n',
  });
  const adviceWith = async (compilerOptions: object): Promise<string> => {
    project.write("tsconfig.json", JSON.stringify({ compilerOptions }));
    const { advice, contracts } = await project.generate();
    expect(contracts).toHaveLength(1);
    return advice.join("\n");
  };
  expect(await adviceWith({ module: "nodenext" })).toBe("");
  expect(await adviceWith({ module: "nodenext", verbatimModuleSyntax: true })).toMatch(
    /add "type": "module" to package\.json/,
  );
  expect(await adviceWith({ module: "node16" })).toMatch(/"module": "nodenext"/);
  expect(await adviceWith({ module: "commonjs", moduleResolution: "node10" })).toMatch(
    /"moduleResolution" to "bundler"/,
  );
  project.write("package.json", '{ "type": "module" }');
  expect(await adviceWith({ module: "nodenext", verbatimModuleSyntax: true })).toBe("");
});

test("watching generates again after a change of a contract or of what it imports, and survives a syntax error", async (t) => {
  const project = createProject(t, {
    "schemas/a.ts": contract(
      'import { Text } from "../shared/text.js";\nexport const a = procedure("com.a", { input: Text });',
    ),
    "shared/text.ts": 'import * as z from "zod";\nexport const Text = z.string();\n',
  });
  const told: unknown[] = [];
  let wake = (): void => undefined;
  const tell = (what: unknown): void => {
    told.push(what);
    wake();
  };
  /** The next thing told that a test accepts; a slow file system may tell of one change twice. */
  const next = async <T>(accept: (what: unknown) => T | undefined): Promise<T> => {
    for (;;) {
      while (told.length > 0) {
        const found = accept(told.shift());
        if (found !== undefined) return found;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const written = (what: unknown) => {
    const { changes } = what as Generated;
    return changes?.some(({ before, after }) => before !== after)
      ? project.read("schemas/generated/a.gen.ts")
      : undefined;
  };

  const watch = await watchContracts({ cwd: project.dir, debounceMs: 10, onGenerated: tell, onError: tell });
  t.onTestFinished(() => watch.close());
  expect(await next(written)).toContain("a(input: string,");
  project.write("shared/text.ts", 'import * as z from "zod";\nexport const Text = z.int();\n');
  expect(await next(written)).toContain("a(input: number,");
  project.write("schemas/a.ts", "export const a = ;");
  expect(await next((what) => (what instanceof Error ? what.message : undefined))).toMatch(
    /^schemas\/a\.ts:1: syntax error/,
  );
  project.write("schemas/a.ts", contract('export const a = procedure("com.a", { input: z.boolean() });'));
  expect(await next(written)).toContain("a(input: boolean,");
  project.write("schemas/sub/b.ts", procedure("b"));
  await next((what) => (what as Generated).contracts?.find(({ source }) => source === "schemas/sub/b.ts"));
});
