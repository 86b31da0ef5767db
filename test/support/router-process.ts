/** A router in a process of its own, which a test stops in order or kills, and starts again on the same port. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finish } from "./peers.js";

export interface RouterProcess {
  readonly url: string;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Closes it in order. */
  close(drainMs: number): Promise<void>;
  /** Starts another one on its port. Resolves when it listens. */
  restart(): Promise<void>;
  /** Stops it with SIGSTOP, or lets it go on. */
  freeze(frozen: boolean): void;
}

/** Starts a router in a child process, which ends at the latest with its test. */
export async function startRouterProcess(t: Finish): Promise<RouterProcess> {
  let [child, url] = await start("0");
  t.onTestFinished(() => end(child, () => child.kill("SIGKILL")));
  return {
    url,
    kill: () => end(child, () => child.kill("SIGKILL")),
    close: (drainMs) => end(child, () => child.send(drainMs)),
    async restart() {
      [child, url] = await start(new URL(url).port);
    },
    freeze: (frozen) => void child.kill(frozen ? "SIGSTOP" : "SIGCONT"),
  };
}

async function start(port: string): Promise<[ChildProcess, string]> {
  const script = fileURLToPath(new URL("router-child.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, port], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (data) => resolve(String(data).trim()));
    child.once("exit", (code, signal) => reject(new Error(`the router ended with ${code ?? signal}`)));
  });
  return [child, line];
}

async function end(child: ChildProcess, stop: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  stop();
  await exited;
}
