/** Line endings, links and open files, which differ between Windows, macOS and Linux. */
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type TestContext, test } from "vitest";
import { generate } from "wampact/codegen";
import { temporary } from "../support/folder.js";
import { asOnWindows } from "../support/platform.js";
import { contract, createProject } from "../support/project.js";

const SCHEMAS = fileURLToPath(new URL("../../schemas", import.meta.url));
const PING = contract('export const ping = procedure("com.ping", {});');

function withCrlf(text: string): string {
  return text.replaceAll(/\r?\n/g, "\r\n");
}

test("contracts with the line endings of Windows give the same files, and so do generated files that Git has converted", async (t) => {
  const sources = readdirSync(SCHEMAS).filter((name) => name.endsWith(".ts"));
  const project = createProject(
    t,
    Object.fromEntries(sources.map((name) => [`schemas/${name}`, readFileSync(join(SCHEMAS, name), "utf8")])),
  );
  const { changes } = await project.generate();
  expect(changes.length).toBeGreaterThan(sources.length);
  for (const { path } of changes) project.write(path, withCrlf(project.read(path)));
  for (const name of sources) project.write(`schemas/${name}`, withCrlf(project.read(`schemas/${name}`)));
  const again = await project.generate({ check: true });
  expect(again.changes.filter(({ before, after }) => before !== after).map(({ path }) => path)).toEqual([]);
});

test("an error of a contract has its place in a project that is reached through a link, as the temporary directory of macOS is", async (t) => {
  const project = createProject(t, { "schemas/a.ts": `${PING}\nthrow new Error("not today");\n` });
  const link = join(temporary(t), "link");
  symlinkSync(project.dir, link, "junction");
  await expect(generate({ cwd: link })).rejects.toThrow("schemas/a.ts:5: loading failed: not today");
});

/** Lets Windows refuse so many times to move a file over another. */
function refuseToMove(t: TestContext, times: number): void {
  asOnWindows(t);
  const { rename } = promises;
  const set = (value: typeof rename) => {
    promises.rename = value;
    syncBuiltinESMExports();
  };
  t.onTestFinished(() => set(rename));
  let refusals = 0;
  set(async (...paths) => {
    if (refusals++ < times) throw Object.assign(new Error("operation not permitted"), { code: "EPERM" });
    return rename(...paths);
  });
}

test("a generated file that another program has open for a moment on Windows is replaced", async (t) => {
  const project = createProject(t, { "schemas/a.ts": PING });
  refuseToMove(t, 3);
  await project.generate();
  expect(project.read("schemas/generated/a.gen.ts")).toContain("com.ping");
});

test("a generated file that another program keeps open on Windows is an error, and nothing is left beside it", async (t) => {
  const project = createProject(t, { "schemas/a.ts": PING });
  refuseToMove(t, Number.POSITIVE_INFINITY);
  const file = join(project.dir, "schemas/generated/a.gen.ts");
  await expect(project.generate()).rejects.toThrow(`${file} cannot be replaced: another program has it open`);
  expect(readdirSync(join(project.dir, "schemas/generated"))).toEqual([]);
});
