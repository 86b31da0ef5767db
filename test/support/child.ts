/** Child processes of tests, which end at the latest with their test. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Starts a script of this folder. Resolves with the first line it prints. */
export async function startChild(script: string, args: readonly string[]): Promise<[ChildProcess, string]> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (data) => resolve(String(data).trim()));
    child.once("exit", (code, signal) => reject(new Error(`${script} ended with ${code ?? signal}`)));
  });
  return [child, line];
}

/** Resolves when it has ended, which it does by `stop`. */
export async function endChild(child: ChildProcess, stop: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  stop();
  await exited;
}
