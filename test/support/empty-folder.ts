/** An empty folder, as users have it, with what npm would install, and programs that run in it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";

type Test = Pick<TestContext, "onTestFinished">;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>;
};

/** Does the work of `npm install` without a registry: links wampact as the tarball has it, and the other packages as they are installed here. */
export function install(dir: string, names: readonly string[]): void {
  const modules = join(dir, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  for (const name of names.flatMap((each) => (each === "wampact" ? Object.keys(dependencies) : [each]))) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name), "junction");
  }
  for (const command of ["tsc", "tsx"].filter((each) => names.includes(each === "tsc" ? "typescript" : each))) {
    symlinkSync(realpathSync(join(ROOT, "node_modules/.bin", command)), join(modules, ".bin", command));
  }
  if (!names.includes("wampact")) return;
  for (const part of ["package.json", "wampact.config.schema.json", "dist/src", "dist/codegen"]) {
    cpSync(join(ROOT, part), join(modules, "wampact", part), { recursive: true });
  }
  writeFileSync(
    join(modules, ".bin/wampact"),
    `#!/bin/sh\nexec node "${join(modules, "wampact/dist/src/cli/main.js")}" "$@"\n`,
    { mode: 0o755 },
  );
}

export function write(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
}

export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Starts a program in a terminal of its own, which the end of the test closes. */
export function start(t: Test, dir: string, file: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", file, ...args], {
    cwd: dir,
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.onTestFinished(() => void child.kill());
  return child;
}

export async function firstWords({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error("the output of the program is not read");
  const [words] = await once(stdout, "data");
  return String(words);
}

export function outputOf(child: ChildProcess): Promise<string> {
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return new Promise((resolve) => child.once("exit", (code) => resolve(`${output}exit ${code}`)));
}
