/**
 * A Chromium that a test talks to in the words of its developer tools. Other drivers keep their pages visible whatever happens; here a page is
 * hidden when another tab is in front, and can be frozen then.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { WebSocket } from "ws";
import { endChild } from "./child.js";
import { createFolder, removeFolder } from "./folder.js";
import type { Finish } from "./peers.js";

export interface Tab {
  /** Runs an expression in the page. Resolves with its value, once that is there. */
  evaluate(expression: string): Promise<unknown>;
  /** Brings another tab, or this one, to the front. */
  show(visible: boolean): Promise<void>;
  freeze(frozen: boolean): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly result?: Result;
  readonly error?: { readonly message: string };
}
/** The answers to the commands that tests use. */
interface Result {
  readonly targetId: string;
  readonly sessionId: string;
  readonly result?: { readonly value: unknown };
  readonly exceptionDetails?: unknown;
}

/** Opens a page in a browser that ends with its test. */
export async function openTab(t: Finish, program: string, url: string): Promise<Tab> {
  const send = await startBrowser(t, program);
  const { targetId } = await send("Target.createTarget", { url });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const other = await send("Target.createTarget", { url: "about:blank" });
  await send("Target.activateTarget", { targetId });
  return {
    async evaluate(expression) {
      const params = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await send("Runtime.evaluate", params, sessionId);
      if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
      return result?.value;
    },
    async show(visible) {
      await send("Target.activateTarget", visible ? { targetId } : { targetId: other.targetId });
    },
    async freeze(frozen) {
      await send("Page.setWebLifecycleState", { state: frozen ? "frozen" : "active" }, sessionId);
    },
  };
}

type Send = (method: string, params: object, sessionId?: string) => Promise<Result>;

async function startBrowser(t: Finish, program: string): Promise<Send> {
  const folder = createFolder();
  const child = spawn(
    program,
    ["--headless=new", "--no-sandbox", "--disable-quic", "--remote-debugging-port=0", `--user-data-dir=${folder}`],
    { stdio: ["ignore", "ignore", "pipe"], detached: true }, // a group of its own: its helpers end with it
  );
  t.onTestFinished(async () => {
    await endChild(child, () => process.kill(-(child.pid as number), "SIGKILL"));
    removeFolder(folder);
  });
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (data) => {
      said += data;
      const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (found) resolve(found);
    });
    child.once("exit", () => reject(new Error(`the browser has ended: ${said}`)));
  });
  const socket = new WebSocket(url);
  await once(socket, "open");
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on("message", (data) => {
    const answer: Answer = JSON.parse(String(data));
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  let id = 0;
  return (method, params, sessionId) =>
    new Promise((resolve, reject) => {
      waiting.set(++id, ({ result, error }) => {
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result as Result); // as the method has it
      });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    });
}
