/** Temporary folders of tests. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The end of a test, or of a file of tests. */
export interface Cleanup {
  onTestFinished(end: () => void): void;
}

/**
 * Creates a folder that is removed after the test. The path has no links and no short names, which the temporary directory has on macOS and Windows,
 * so that programs print the same path.
 */
export function temporary(t: Cleanup, parent: string = tmpdir()): string {
  const path = createFolder(parent);
  t.onTestFinished(() => removeFolder(path));
  return path;
}

/** Creates a folder that the caller removes. */
export function createFolder(parent: string = tmpdir()): string {
  return mkdtempSync(join(realpathSync.native(parent), parent === tmpdir() ? "wampact-" : ".tmp-"));
}

/** Removes a folder. Windows refuses while a process that has just ended still holds a file in it. */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 10 });
}
