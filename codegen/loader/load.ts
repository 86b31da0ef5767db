import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { timerMs } from "../../src/transport/timer.js";
import { CodegenError } from "../problems.js";
import type { ChildMessage } from "./child.js";
import type { Description } from "./description.js";
import { explainFailure, type Failure } from "./failures.js";

export interface LoadOptions {
  /** The user's project: the child's working directory, and the base of the paths in messages. */
  readonly cwd: string;
  /** Absolute paths of the modules to run. */
  readonly files: readonly string[];
  /** Longest time to load the modules, in milliseconds. It starts when the child runs the first one. */
  readonly timeoutMs: number;
  /** The modules that have a thin client. */
  readonly thin: readonly string[];
}

/** Longest time that the child may take to start on a busy machine, in milliseconds. */
const STARTING_MS = 60_000;

/** Runs contract modules in a child process and returns their declarations. Throws `CodegenError` if one fails. */
export async function load(options: LoadOptions): Promise<Description> {
  if (options.files.length === 0) return { schemas: [], payloads: {}, modules: [] };
  const outcome = await runChild(options);
  if (outcome.kind === "described") return outcome.description;
  throw new CodegenError([explainFailure(outcome, options.cwd)]);
}

function runChild({
  cwd,
  files,
  thin,
  timeoutMs,
}: LoadOptions): Promise<Failure | Extract<ChildMessage, { kind: "described" }>> {
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning", // require() of an ES module, in a CommonJS package
      fileURLToPath(new URL("child.js", import.meta.url)),
      import.meta.resolve("tsx"),
      JSON.stringify(thin),
      ...files,
    ],
    { cwd, stdio: ["ignore", 2, 2, "ipc"] }, // keeps the contract's output apart from codegen's output
  );
  return new Promise((resolve, reject) => {
    let file = files[0] ?? "";
    const limit = (ms: number) =>
      setTimeout(() => {
        resolve({ kind: "timeout", file, timeoutMs: ms });
        child.kill("SIGKILL");
      }, timerMs(ms));
    let isStarting = true;
    let timer = limit(Math.max(timeoutMs, STARTING_MS));
    child.on("message", (message: ChildMessage) => {
      if (isStarting) {
        isStarting = false;
        clearTimeout(timer);
        timer = limit(timeoutMs);
      }
      if (message.kind === "running") file = message.file;
      else resolve(message.kind === "failed" ? { ...message, file } : message);
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      resolve({ kind: "ended", file, code });
    });
  });
}
