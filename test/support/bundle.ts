/** Bundles for browsers, which run in a global of their own that has little more than ES2022. */
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { WebSocket } from "ws";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The `AbortSignal` of old platforms: no reason, no `any`, no `timeout`, no `throwIfAborted`. */
class PlainSignal {
  aborted = false;
  readonly #listeners = new Set<() => void>();
  addEventListener(_type: string, listener: () => void) {
    this.#listeners.add(listener);
  }
  removeEventListener(_type: string, listener: () => void) {
    this.#listeners.delete(listener);
  }
  abort() {
    this.aborted = true;
    for (const listener of [...this.#listeners]) listener();
  }
}
export class PlainController {
  readonly signal = new PlainSignal();
  abort() {
    if (!this.signal.aborted) this.signal.abort();
  }
}

/** Newer than the floor; a context of its own has them where Node has. */
const NEWER = [
  "Promise.withResolvers",
  "Promise.try",
  "Object.groupBy",
  "Map.groupBy",
  "Array.fromAsync",
  "Array.prototype.toSorted",
  "Array.prototype.toReversed",
  "Array.prototype.with",
  "Array.prototype.findLast",
  "Uint8Array.prototype.toBase64",
  "Uint8Array.fromBase64",
];

/** Bundles a module for browsers, under conditions such as `production`. */
export async function bundleOf(code: string, conditions: string[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT, loader: "ts" },
    absWorkingDir: ROOT,
    bundle: true,
    format: "iife",
    globalName: "client",
    platform: "browser",
    target: "es2022",
    conditions,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/** The exports of a bundle, in a global of its own without Node's additions, but with those that are given. */
export function runBundle<Exports>(bundle: string, given: object = {}): Exports {
  const scope = createContext({
    WebSocket,
    TextEncoder,
    AbortController: PlainController,
    setTimeout,
    clearTimeout,
    queueMicrotask,
    console,
    ...given,
  });
  for (const name of NEWER) runInContext(`delete ${name}`, scope);
  runInContext(bundle, scope);
  return runInContext("client", scope);
}
