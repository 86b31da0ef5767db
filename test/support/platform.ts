import type { TestContext } from "vitest";

/** Skips a test on Windows, and says why, such as "it has no Unix sockets". */
export function skipOnWindows(t: Pick<TestContext, "skip">, why: string): void {
  t.skip(process.platform === "win32", `not on Windows: ${why}`);
}
