import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "vitest";
import { CodegenError, type Generated, type GenerateOptions, generate } from "wampact/codegen";

const ROOT = new URL("..", import.meta.url).pathname;

/** A project in a directory of its own below `test`, where `wampact` resolves, that ends with its test. */
export interface TestProject {
  readonly dir: string;
  write(path: string, text: string): void;
  read(path: string): string;
  generate(options?: Omit<GenerateOptions, "cwd">): Promise<Generated>;
  /** The messages of the problems that keep codegen from working. */
  problems(): Promise<readonly string[]>;
}

/** Members of a contract as a test writes them, with what every contract imports. */
export function contract(members: string): string {
  return `import { error, procedure, topic } from "wampact";\nimport * as z from "zod";\n${members}\n`;
}

export function createProject(
  t: Pick<TestContext, "onTestFinished">,
  files: Readonly<Record<string, string>>,
): TestProject {
  const dir = mkdtempSync(join(ROOT, ".tmp-"));
  t.onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const run = (options: Omit<GenerateOptions, "cwd"> = {}) => generate({ cwd: dir, ...options });
  return {
    dir,
    write,
    read: (path) => readFileSync(join(dir, path), "utf8"),
    generate: run,
    async problems() {
      try {
        await run();
        return [];
      } catch (error) {
        if (!(error instanceof CodegenError)) throw error;
        return error.message.split("\n");
      }
    },
  };
}
