import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CodegenError, type Generated, type GenerateOptions, generate } from "wampact/codegen";
import { type Cleanup, temporary } from "./folder.js";

const [ROOT, TESTS] = ["../..", ".."].map((up) => fileURLToPath(new URL(up, import.meta.url))) as [string, string];

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
  return `import { branded, error, procedure, topic } from "wampact";\nimport * as z from "zod";\n${members}\n`;
}

export function createProject(t: Cleanup, files: Readonly<Record<string, string | Uint8Array>>): TestProject {
  const dir = temporary(t, TESTS);
  const write = (path: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  if ("package.json" in files) install(dir);
  const run = (options: Omit<GenerateOptions, "cwd"> = {}) => generate({ cwd: dir, timeoutMs: 120_000, ...options }); // the machine may be busy
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

/** A project with a `package.json` is a package of its own, and finds nothing but what it has installed. */
function install(dir: string): void {
  mkdirSync(join(dir, "node_modules"));
  symlinkSync(ROOT, join(dir, "node_modules/wampact"), "junction");
  symlinkSync(join(ROOT, "node_modules/zod"), join(dir, "node_modules/zod"), "junction");
}
