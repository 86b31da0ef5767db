/** Messages of processes that the bench has started. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** The next message of a process. Rejects where the process ends before, so that nothing waits for it. */
export async function told<T>(child: ChildProcess): Promise<T> {
  if (child.exitCode !== null) throw new Error(`a process of the bench has ended with code ${child.exitCode}`);
  const given = new AbortController();
  try {
    const ended = once(child, "exit", { signal: given.signal }).then(([code, signal]): never => {
      throw new Error(`a process of the bench ended with ${signal ?? `code ${code}`}: ${child.spawnargs.join(" ")}`);
    });
    const message = once(child, "message", { signal: given.signal }).then(([each]) => each as T);
    return await Promise.race([message, ended]);
  } finally {
    given.abort();
  }
}
