/** Examples that serve a page, each in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Finish } from "./peers.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TSX = import.meta.resolve("tsx");

/** An example that runs. */
export interface RunningExample {
  /** The URL that it has printed. */
  readonly url: string;
  readonly child: ChildProcess;
  /** The lines that it has printed so far. */
  readonly lines: readonly string[];
}

/** Runs an example as its npm script does, until its test ends. Resolves when it has printed a URL. */
export async function startExample(t: Finish, name: string, flags: readonly string[]): Promise<RunningExample> {
  const child = spawn(process.execPath, ["--import", TSX, `examples/${name}/main.ts`, ...flags], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_ENV: "production" }, // as Vite builds pages for
  });
  t.onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      const [url] = /http:\S+/.exec(line) ?? [];
      if (url) resolve({ url, child, lines });
    });
    child.once("exit", () => reject(new Error(`the example ended without a URL, and printed ${lines.join("\n")}`)));
  });
}
