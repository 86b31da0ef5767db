import type { TestContext } from "vitest";

/** Skips a test on Windows, and says why, such as "it has no Unix sockets". */
export function skipOnWindows(t: Pick<TestContext, "skip">, why: string): void {
  t.skip(process.platform === "win32", `not on Windows: ${why}`);
}

/** Returns the path of a Unix socket in a directory, or on Windows of a named pipe. */
export function socketPath(name: string): string {
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : name;
}

/** Lets our code take this system for Windows until the test ends. Node itself does not: paths keep their separator. */
export function asOnWindows(t: Pick<TestContext, "onTestFinished">): void {
  const { platform } = process;
  const set = (value: NodeJS.Platform) => Object.defineProperty(process, "platform", { value });
  t.onTestFinished(() => void set(platform));
  set("win32");
}

/** The same for a child process: its environment. */
export const AS_ON_WINDOWS: NodeJS.ProcessEnv = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent('Object.defineProperty(process, "platform", { value: "win32" })')}`,
};
