/** The `wampact` command in processes of its own, which end at the latest with their test. */
import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { endChild } from "./child.js";
import type { Finish } from "./peers.js";

const CLI = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

/** Variables that the environment of the tests may contain, and that the router would use. */
const UNSET = { NOTIFY_SOCKET: undefined, XDG_RUNTIME_DIR: undefined };

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** Runs a command to its end. */
export async function wampact(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...process.env, ...UNSET, ...env } });
  child.stdin.end();
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  return { stdout, stderr, status };
}

/** A router that runs. */
export interface CliRouter {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The working directory. */
  readonly dir: string;
  /** The URL on which it listens. */
  readonly url: string;
  /** Everything it has printed. */
  output(): string;
  /** Resolves when it has printed a text `times` times, on either stream. */
  until(words: string, times?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** The exit code. */
  readonly ended: Promise<number | null>;
}

/**
 * Starts `wampact router`. Resolves when it has printed its first screen, or logged in JSON that it listens; rejects with what it has printed where
 * it ends before. `maxFiles` is how many files it may have open.
 */
export async function startCliRouter(
  t: Finish,
  cwd: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  maxFiles?: number,
): Promise<CliRouter> {
  const command = [process.execPath, CLI, "router", "--log-format", "text", ...args];
  const limited = maxFiles === undefined ? [] : ["sh", "-c", `ulimit -n ${maxFiles}; exec "$@"`, "sh"];
  const [program = "", ...rest] = [...limited, ...command];
  const child = spawn(program, rest, {
    cwd,
    env: { ...process.env, ...UNSET, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let wake: (() => void)[] = [];
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const told = () => {
    for (const each of wake) each();
    wake = [];
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
      told();
    });
  }
  let isOver = false;
  void ended.then(() => {
    isOver = true;
    told();
  });
  t.onTestFinished(() => endChild(child, () => child.kill("SIGKILL")));
  const until = async (words: string, times = 1) => {
    while (output.split(words).length <= times) {
      if (isOver) throw new Error(`the router has ended before it printed "${words}":\n${output}`);
      await new Promise<void>((resolve) => wake.push(resolve));
    }
  };
  if (args.includes("json")) await until('"msg":"listening on');
  else {
    await until("stop    Ctrl+C");
    await until("\n\n", 3);
  }
  const [url = ""] = /(?:wss?|rss?|unix):[^\s"]+/.exec(output) ?? [];
  return {
    child,
    pid: child.pid ?? 0,
    dir: cwd,
    url,
    output: () => output,
    until,
    signal: (name) => void child.kill(name),
    ended,
  };
}
