import { createRequire } from "node:module";

/** Returns a message with the zod version that is needed, the one that a module finds, and the command to install it. */
export function zodNeeded(file: string): string {
  const found = zodVersion(file);
  return `wampact needs zod 4.1 or newer, ${found === undefined ? "but none is installed" : `but found ${found}`}: npm install zod@4`;
}

/** Returns whether the zod that a module finds is missing or too old. */
export function isZodOutdated(file: string): boolean {
  const [major = 0, minor = 0] = (zodVersion(file) ?? "").split(".").map(Number);
  return major < 4 || (major === 4 && minor < 1);
}

function zodVersion(file: string): string | undefined {
  try {
    const { version } = createRequire(file)("zod/package.json") as { readonly version: string };
    return version;
  } catch {
    return undefined; // not installed
  }
}
