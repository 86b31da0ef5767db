import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Cleanup, temporary } from "../../support/folder.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
};

/** A project outside the repository that has installed wampact and these packages, with a contract in it. */
function createProjectWith(t: Cleanup, packages: readonly string[]): string {
  const dir = temporary(t);
  const wampact = join(dir, "node_modules/wampact");
  mkdirSync(join(dir, "schemas"));
  for (const part of ["package.json", "dist/src", "dist/codegen"]) {
    cpSync(join(ROOT, part), join(wampact, part), { recursive: true });
  }
  for (const name of [...Object.keys(dependencies), ...packages]) {
    mkdirSync(dirname(join(dir, "node_modules", name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(dir, "node_modules", name), "junction");
  }
  const contract = 'import { procedure } from "wampact";\nexport const ping = procedure("com.ping", {});\n';
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  writeFileSync(join(dir, "schemas/ping.ts"), contract);
  return dir;
}

function wampact(dir: string, ...args: readonly string[]) {
  const command = join(dir, "node_modules/wampact/dist/src/cli/main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { cwd: dir, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("without ts-morph and tsx a command that reads contracts says in one line what to install", (t) => {
  const dir = createProjectWith(t, ["zod"]);
  const stderr = "wampact needs ts-morph and tsx to read contracts: npm install --save-dev ts-morph tsx\n";
  for (const args of [["codegen"], ["codegen", "--check"], ["codegen", "--watch"], ["docs"], ["lock"], ["diff"]]) {
    expect(wampact(dir, ...args), args.join(" ")).toEqual({ status: 1, stdout: "", stderr });
  }
});

test("the line names only the package that is missing", (t) => {
  expect(wampact(createProjectWith(t, ["zod", "tsx"]), "codegen").stderr).toBe(
    "wampact needs ts-morph to read contracts: npm install --save-dev ts-morph\n",
  );
  expect(wampact(createProjectWith(t, ["zod", "ts-morph"]), "codegen").stderr).toBe(
    "wampact needs tsx to read contracts: npm install --save-dev tsx\n",
  );
});

test("the command tells its help and version without ts-morph and tsx, and generates with both", (t) => {
  const dir = createProjectWith(t, ["zod"]);
  expect(wampact(dir, "--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("codegen") });
  expect(wampact(dir, "--version")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  expect(wampact(createProjectWith(t, ["zod", "ts-morph", "tsx"]), "codegen")).toMatchObject({ status: 0, stderr: "" });
});

test("without zod the command says which zod to install", (t) => {
  expect(wampact(createProjectWith(t, ["ts-morph", "tsx"]), "codegen")).toEqual({
    status: 1,
    stdout: "",
    stderr: "schemas/ping.ts: wampact needs zod 4.1 or newer, but none is installed: npm install zod@4\n",
  });
});

test("without the packages that only some logins need, those say in one line what to install, and the others work", (t) => {
  const dir = createProjectWith(t, ["zod"]);
  const stderr = 'this authentication method needs the package "hash-wasm": npm install hash-wasm\n';
  expect(wampact(dir, "secret", "scram", "--random")).toEqual({ status: 1, stdout: "", stderr });
  expect(wampact(dir, "secret", "scram", "--random", "--kdf", "pbkdf2")).toMatchObject({ status: 0, stderr: "" });
});
