import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { firstWords, freePort, install, outputOf, start, write } from "../support/empty-folder.js";
import { temporary } from "../support/folder.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The programs that README names, with the port of this run. */
function programs(port: number): Readonly<Record<string, string>> {
  const snippets = [...README.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```$/gms)];
  const [, config = ""] = /^```json\n(.*?"realms".*?)^```$/ms.exec(README) ?? [];
  const files = [...snippets.map(([, file = "", code = ""]) => [file, code]), ["wampact.config.json", config]];
  return Object.fromEntries(files.map(([file = "", code = ""]) => [file, code.replaceAll("8080", String(port))]));
}

/** The lines of a shell that README begins with. */
function firstCommands(): readonly (readonly string[])[] {
  const [, block = ""] = /^## Five minutes\n\n```sh\n(.*?)^```$/ms.exec(README) ?? [];
  return block
    .trim()
    .split(/\n| && /)
    .map((line) => line.replace(/ +#.*/, "").trim().split(" "));
}

/** Runs a command as it stands in README, but for what it would install. */
function run(dir: string, command: readonly string[]): string {
  const [tool = "", ...args] = command;
  if (tool === "npm" && args[0] === "install") {
    install(
      dir,
      args.slice(1).filter((arg) => !arg.startsWith("--")),
    );
    return "";
  }
  const { status, stdout, stderr } = spawnSync(tool, args, {
    cwd: dir,
    encoding: "utf8",
    env: { ...process.env, npm_config_offline: "true" },
  });
  expect(status, `${command.join(" ")}\n${stdout}${stderr}`).toBe(0);
  return stdout + stderr;
}

test("README's five minutes, step by step, in an empty folder as npm init leaves it", async (t) => {
  const dir = temporary(t);
  const commands = firstCommands();
  expect(commands.map(([tool, verb]) => `${tool} ${verb}`)).toEqual([
    "npm init",
    "npm pkg",
    "npm install",
    "npm install",
    "npx tsc",
  ]);
  for (const command of commands) run(dir, command);
  const port = await freePort();
  const files = programs(port);
  expect(Object.keys(files)).toEqual([
    "schemas/calculator.ts",
    "service.ts",
    "client.ts",
    "inferred.ts",
    "wampact.config.json",
  ]);
  write(dir, files);
  expect(run(dir, ["npx", "wampact", "codegen"])).toBe(
    "schemas/generated/calculator.gen.ts        written (1 procedure, 1 topic, 1 error)\nschemas/generated/calculator.check.gen.ts  written\n",
  );
  const [, overTls = ""] = /^```ts\n(import \{ readFileSync .*?)^```$/ms.exec(README) ?? [];
  expect(overTls).toContain("tls: {");
  write(dir, { "over-tls.ts": overTls });
  run(dir, ["npx", "tsc", "--noEmit"]);
  run(dir, ["npx", "wampact", "lock"]);
  run(dir, ["npx", "wampact", "diff"]);
  run(dir, ["npx", "wampact", "docs"]);
  expect(readdirSync(join(dir, "schemas/generated"))).toContain("API.md");

  const { $schema } = JSON.parse(files["wampact.config.json"] ?? "") as { readonly $schema: string };
  expect(existsSync(join(dir, $schema))).toBe(true);
  start(t, dir, "node_modules/wampact/dist/src/cli/main.js", "router"); // without a terminal it logs, and says nothing else
  const service = start(t, dir, "service.ts");
  expect(await firstWords(service)).toBe("serving\n");
  const untilDone = async (file: string): Promise<string> => {
    const said = await outputOf(start(t, dir, file));
    return said.endsWith("exit 1") ? untilDone(file) : said; // calls wait for nobody: the service is not there yet, or not gone
  };
  expect(await untilDone("client.ts")).toBe("2\n1\npacked\na17 packed\nexit 0");
  service.kill();
  expect(await untilDone("inferred.ts")).toBe("2\nexit 0");
}, 120_000);

test("without the package type that README sets, codegen says what TypeScript needs", (t) => {
  const dir = temporary(t);
  for (const command of firstCommands().filter(([, verb]) => verb !== "pkg")) run(dir, command);
  write(dir, { "schemas/calculator.ts": programs(8080)["schemas/calculator.ts"] ?? "" });
  expect(run(dir, ["npx", "wampact", "codegen"])).toContain(
    'note: tsconfig.json sets verbatimModuleSyntax, and the package is CommonJS, so TypeScript refuses the import statements of contracts and generated files: add "type": "module" to package.json, or set "verbatimModuleSyntax": false.',
  );
  const required = 'const { connect } = require("wampact"); console.log(typeof connect);';
  expect(execFileSync(process.execPath, ["--eval", required], { cwd: dir, encoding: "utf8" })).toBe("function\n");
});

test("README's steps in a folder as Vite leaves it: beside the contracts, within its tsconfig, with its imports", (t) => {
  const dir = temporary(t);
  const files = programs(8080);
  write(dir, {
    "package.json": JSON.stringify({ name: "vite-project", private: true, version: "0.0.0", type: "module" }),
    "tsconfig.json": `{
  "compilerOptions": {
    "target": "es2023", "module": "esnext", "lib": ["ES2023", "DOM"], "types": [], "skipLibCheck": true,
    /* Bundler mode */
    "moduleResolution": "bundler", "allowImportingTsExtensions": true, "verbatimModuleSyntax": true,
    "moduleDetection": "force", "noEmit": true,
    /* Linting */
    "noUnusedLocals": true, "noUnusedParameters": true, "erasableSyntaxOnly": true, "noFallthroughCasesInSwitch": true
  },
  "include": ["src"]
}`,
    "src/schemas/calculator.ts": files["schemas/calculator.ts"] ?? "",
    "src/main.ts": (files["client.ts"] ?? "").replaceAll('.js"', '.ts"'),
  });
  install(dir, ["wampact", "zod", "typescript", "ts-morph", "tsx"]);
  const { status, stderr } = spawnSync("npx", ["wampact", "codegen"], { cwd: dir, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    1,
    'schemas: there is no such file or directory; name src/schemas, or set "wampact": { "schemas": "src/schemas" } in package.json\n',
  ]);
  run(dir, ["npm", "pkg", "set", "wampact.schemas=src/schemas"]);
  expect(run(dir, ["npx", "wampact", "codegen"])).toMatch(/^src\/schemas\/generated\/calculator\.gen\.ts/);
  expect(existsSync(join(dir, "schemas"))).toBe(false);
  expect(readFileSync(join(dir, "src/schemas/generated/calculator.gen.ts"), "utf8")).toContain('"../calculator.ts"');
  run(dir, ["npx", "tsc"]);
});
