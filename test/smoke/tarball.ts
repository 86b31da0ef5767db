/**
 * The package as a stranger gets it: packs the tarball, installs it into empty projects outside the repository, writes a contract there,
 * runs codegen, type-checks and makes a call. Once in an ESM project, once in one as `npm init -y` leaves it, and once with zod
 * alone, where codegen says what it needs and all that is installed is counted.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const STRICT = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable", "dom"],
  module: "nodenext",
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  types: [],
  rootDir: ".",
};

/** The maximum number of packages and megabytes that `npm install wampact zod` may add to zod. */
const MOST_PACKAGES = 6;
const MOST_MEGABYTES = 6;

/** The packages that codegen needs in addition to wampact. */
const CODEGEN = ["ts-morph", "tsx"] as const;

const CONTRACT = `import { procedure } from "wampact";
import * as z from "zod";

/** Greets somebody. */
export const greet = procedure("com.smoke.greet", {
  input: z.object({ name: z.string().describe("Whom to greet.") }),
  output: z.object({ text: z.string(), shouted: z.string() }),
});
`;

const PROGRAM = `import { connect } from "wampact";
import { createRouter } from "wampact/router";
import { createGreeterClient, serveGreeter } from "./schemas/generated/greeter.gen.js";

async function main(): Promise<void> {
  const router = createRouter({ realms: [{ name: "com.smoke" }] });
  const { url } = await router.listen();
  const service = await connect({ url, realm: "com.smoke" });
  await serveGreeter(service, { greet: ({ name }) => ({ text: \`Hello, \${name}!\`, shouted: name.toUpperCase() }) });
  const consumer = await connect({ url, realm: "com.smoke" });
  const { text, shouted } = await createGreeterClient(consumer).greet({ name: "Ada" });
  console.log(\`\${text} (to \${shouted})\`);
  await Promise.all([service.close(), consumer.close()]);
  await router.close();
}
void main();
`;

const temp = mkdtempSync(join(tmpdir(), "wampact-smoke-"));
try {
  const tarball = pack();
  checkLightInstall(tarball);
  const esm = createProject("esm", tarball, { type: "module" });
  checkProject(esm);
  checkPlatforms(esm);
  const commonjs = createProject("commonjs", tarball, {});
  checkProject(commonjs);
  writeTsconfig(commonjs, { verbatimModuleSyntax: true }); // which the compiler refuses in a CommonJS package
  const advice = run(commonjs, "npx", ["wampact", "codegen"], { both: true });
  if (!advice.includes('"type": "module"'))
    fail(`codegen in a CommonJS project says what to set; it printed:\n${advice}`);
  console.log(
    "the tarball works: with zod alone, ESM project, CommonJS project, browser bundle, declarations without Node's types",
  );
} finally {
  rmSync(temp, { recursive: true, force: true });
}

function pack(): string {
  const [packed] = JSON.parse(run(root, "npm", ["pack", "--json", "--pack-destination", temp])) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (!packed) return fail("npm pack names the tarball");
  const paths = packed.files.map(({ path }) => path);
  for (const wanted of [
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "dist/src/index.js",
    "dist/src/index.d.ts",
    "dist/src/cli/main.js",
    "docs/README.md",
    "docs/reference/README.md",
    "wampact.config.schema.json",
  ]) {
    if (!paths.includes(wanted)) fail(`the tarball holds ${wanted}`);
  }
  const stray = paths.filter((path) => /(^|\/)(test|schemas|examples)\/|\.test\.|tsbuildinfo/.test(path));
  if (stray.length > 0) fail(`the tarball holds the package only; also found ${stray.join(", ")}`);
  return join(temp, packed.filename);
}

/** An application that only calls or routes installs little and runs no install script. One line tells it what codegen needs. */
function checkLightInstall(tarball: string): void {
  const project = join(temp, "light");
  writeManifest(project, { type: "module" });
  install(project, [tarball, locked("zod")]);
  countInstalled(project);
  run(project, "npx", ["wampact", "--help"]);
  run(project, "npx", ["wampact", "--version"]);
  run(project, "npx", ["wampact", "router", "explain"]);
  write(project, "schemas/greeter.ts", CONTRACT);
  const { status, stderr } = spawnSync("npx", ["wampact", "codegen"], { cwd: project, encoding: "utf8" });
  if (status !== 1 || !/^[^\n]*npm install --save-dev ts-morph tsx\n$/.test(stderr)) {
    fail(`codegen without its packages says in one line what to install and exits 1; it exited ${status}:\n${stderr}`);
  }
}

function countInstalled(project: string): void {
  const { "node_modules/zod": _, ...packages } = readLock(join(project, "node_modules/.package-lock.json"));
  const paths = Object.keys(packages);
  const megabytes = paths.reduce((sum, path) => sum + bytesIn(join(project, path)), 0) / 1_000_000;
  const found = `${paths.length} packages and ${megabytes.toFixed(1)} MB beside zod`;
  console.log(`npm install wampact zod: ${found}`);
  if (paths.length > MOST_PACKAGES || megabytes > MOST_MEGABYTES) {
    fail(`an install brings at most ${MOST_PACKAGES} packages and ${MOST_MEGABYTES} MB; found ${found}: ${paths}`);
  }
  const scripts = paths.filter((path) => packages[path]?.hasInstallScript);
  if (scripts.length > 0) fail(`no package has an install script, which npm warns about; found ${scripts.join(", ")}`);
}

function bytesIn(path: string): number {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + (name === "node_modules" ? 0 : bytesIn(join(path, name))), 0);
}

function createProject(name: string, tarball: string, manifest: object): string {
  const project = join(temp, name);
  writeManifest(project, manifest);
  install(project, [tarball, ...["zod", ...CODEGEN, "typescript", "esbuild"].map(locked)]);
  writeTsconfig(project, { verbatimModuleSyntax: "type" in manifest });
  write(project, "schemas/greeter.ts", CONTRACT);
  write(project, "main.ts", PROGRAM);
  return project;
}

function checkProject(project: string): void {
  const printed = run(project, "npx", ["wampact", "codegen"], { both: true });
  console.log(printed.trim());
  run(project, "npx", ["tsc", "--noEmit"]);
  run(project, "npx", ["tsc", "--outDir", "out"]);
  const said = run(project, "node", ["out/main.js"]);
  if (said !== "Hello, Ada! (to ADA)\n") fail(`the program prints its greeting; it printed ${JSON.stringify(said)}`);
}

/** Checks that entries for browsers do not depend on Node, neither in code nor in types. */
function checkPlatforms(project: string): void {
  for (const entry of ["wampact", "wampact/peer", "wampact/msgpack", "wampact/cbor", "wampact/encryption"]) {
    write(project, "browser.js", `export * from "${entry}";\n`);
    const bundled = [
      "browser.js",
      "--bundle",
      "--format=esm",
      "--platform=browser",
      "--outfile=browser.out.js",
      "--metafile=meta.json",
    ];
    run(project, "npx", ["esbuild", ...bundled]);
    const inputs = Object.keys(
      (JSON.parse(readFileSync(join(project, "meta.json"), "utf8")) as { inputs: object }).inputs,
    );
    const wrong = inputs.filter((path) => /node_modules\/ws\/|node-websocket|websocket-node|^node:/.test(path));
    if (wrong.length > 0) fail(`${entry} bundles for browsers without Node's parts; found ${wrong.join(", ")}`);
  }
  const compilerOptions = { ...STRICT, lib: ["es2022", "esnext.disposable", "dom"], skipLibCheck: false, noEmit: true };
  write(project, "tsconfig.browser.json", JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
  write(project, "consumer.ts", 'export * from "wampact";\nexport { connect as untyped } from "wampact/peer";\n');
  run(project, "npx", ["tsc", "--project", "tsconfig.browser.json"]);
}

function writeManifest(project: string, manifest: object): void {
  write(project, "package.json", JSON.stringify({ name: "smoke", version: "1.0.0", private: true, ...manifest }));
}

function install(project: string, packages: readonly string[]): void {
  run(project, "npm", ["install", "--no-audit", "--no-fund", ...packages]);
}

/** A package in the version that this repository has. */
function locked(name: string): string {
  const packages = readLock(join(root, "package-lock.json"));
  return `${name}@${packages[`node_modules/${name}`]?.version}`;
}

/** The packages of a lock file, by their paths. */
function readLock(path: string): Readonly<Record<string, LockedPackage>> {
  return (JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockedPackage> }).packages;
}

interface LockedPackage {
  readonly version: string;
  readonly hasInstallScript?: true;
}

function writeTsconfig(project: string, options: object): void {
  const compilerOptions = { ...STRICT, ...options };
  write(project, "tsconfig.json", JSON.stringify({ compilerOptions, include: ["schemas", "main.ts"] }));
}

function write(project: string, path: string, text: string): void {
  mkdirSync(join(project, path, ".."), { recursive: true });
  writeFileSync(join(project, path), text);
}

function run(cwd: string, command: string, args: readonly string[], { both = false } = {}): string {
  try {
    if (both) return execFileSync("sh", ["-c", '"$0" "$@" 2>&1', command, ...args], { cwd, encoding: "utf8" });
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return fail(`${command} ${args.join(" ")} succeeds; it said:\n${stdout}${stderr}`);
  }
}

function fail(expected: string): never {
  throw new Error(`expected that ${expected}`);
}
