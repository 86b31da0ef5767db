/** The client as a bundle, on a platform that has little more than ES2022: React Native, or a page without a secure context. */
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, type TestContext, test } from "vitest";
import { createRouter } from "wampact/router";
import { WebSocket } from "ws";
import { failureOf } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const ROOT = new URL("../..", import.meta.url).pathname;
const CODE =
  'export { connect, WampError } from "wampact/peer"; export { createClient, serve, procedure } from "wampact";';

/** What such platforms have of an `AbortSignal`: no reason, no `any`, no `timeout`, no `throwIfAborted`. */
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
class PlainController {
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

/** The client's exports, in a global of its own without Node's additions. */
async function loadClient(): Promise<typeof import("wampact/peer") & typeof import("wampact")> {
  const { outputFiles } = await build({
    stdin: { contents: CODE, resolveDir: ROOT, loader: "ts" },
    absWorkingDir: ROOT,
    bundle: true,
    format: "iife",
    globalName: "client",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  const scope = createContext({
    WebSocket,
    TextEncoder,
    TextDecoder,
    AbortController: PlainController,
    setTimeout,
    clearTimeout,
    queueMicrotask,
    console,
  });
  for (const name of NEWER) runInContext(`delete ${name}`, scope);
  runInContext(outputFiles[0]?.text ?? "", scope);
  return runInContext("client", scope);
}

async function startServer(t: TestContext): Promise<string> {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close());
  return (await router.listen()).url;
}

test("a client connects, serves, calls, streams and cancels with nothing newer than ES2022", async (t) => {
  const { connect, procedure, serve, createClient } = await loadClient();
  const peer = await connect({ url: await startServer(t), realm: REALM });
  t.onTestFinished(() => peer.close());
  const contract = { ticks: procedure("com.example.ticks", {}), echo: procedure("com.example.echo", {}) };
  let interrupted = false;
  await serve(peer, contract, {
    echo: () => {},
    ticks: ({ signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          interrupted = true;
          resolve();
        });
      }),
  });
  const client = createClient(peer, contract);
  expect(await client.echo()).toBeUndefined();
  const call = client.ticks();
  const outcome = call.safe();
  call.cancel("kill");
  expect((await outcome).ok).toBe(true); // "kill" waits for the handler, which ends in its own way
  expect(interrupted).toBe(true);
});

test("connect is given up by a signal without a reason", async () => {
  const { connect } = await loadClient();
  const controller = new PlainController();
  const connecting = connect({
    url: "ws://127.0.0.1:1/ws",
    realm: REALM,
    signal: controller.signal as unknown as AbortSignal,
    onError: () => controller.abort(),
  });
  expect(await failureOf(connecting)).toMatchObject({ uri: "wamp.error.canceled" });
});
