import type { IncomingMessage } from "node:http";
import type { RouterStatus } from "../../router/router.js";
import { pathOf } from "../../transport/websocket/handshake.js";
import type { AdminSource } from "./types.js";

/** An answer to an HTTP request. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The timeout of an action, in milliseconds. */
const ACTION_MS = 60_000;

/** Answers an authorized request. Rejects with the errors of metrics and `notReady`. */
export async function answerRequest(request: IncomingMessage, source: AdminSource): Promise<Answer> {
  const path = pathOf(request) ?? "";
  const { actions } = source;
  const action = Object.hasOwn(actions, path) ? actions[path] : undefined;
  const read = action ? undefined : readerOf(path, source);
  if (!action && !read) return { status: 404, text: `Not found. The paths are ${pathsOf(source).join(", ")}.\n` };
  const methods = action ? ["POST"] : ["GET", "HEAD"];
  if (!methods.includes(request.method ?? ""))
    return { status: 405, text: `Use ${methods[0]} for ${path}.\n`, headers: { allow: methods.join(", ") } };
  return action ? act(action) : (read as Reader)(); // one of them is defined
}

type Reader = () => Answer | Promise<Answer>;

function readerOf(path: string, source: AdminSource): Reader | undefined {
  const { metrics } = source;
  if (path === "/healthz") return () => ({ status: 200, text: "ok\n" });
  if (path === "/readyz") return () => readiness(source);
  if (path !== "/metrics" || !metrics) return undefined;
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return async () => ({ status: 200, text: await metrics(), headers });
}

/** Why a router takes no clients now, in words; `undefined` where it does. */
export function unreadiness({ draining, listening, cluster }: RouterStatus): string | undefined {
  if (draining) return "draining";
  if (cluster?.state === "joining") return "joining the cluster";
  if (cluster?.closed) return "disconnected from the cluster";
  return listening === 0 ? "not listening yet" : undefined;
}

function readiness(source: AdminSource): Answer {
  const why = source.notReady();
  return why === undefined ? { status: 200, text: "ready\n" } : { status: 503, text: `${why}\n` };
}

function pathsOf({ metrics, actions }: AdminSource): readonly string[] {
  return ["/healthz", "/readyz", ...(metrics ? ["/metrics"] : []), ...Object.keys(actions)];
}

async function act(action: () => unknown): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => resolve(json(504, { error: `still running after ${ACTION_MS / 1_000} s` })), ACTION_MS);
  });
  try {
    return await Promise.race([run(action), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function run(action: () => unknown): Promise<Answer> {
  try {
    return json(200, (await action()) ?? null);
  } catch (error) {
    return json(500, { error: error instanceof Error ? error.message : String(error) });
  }
}

function json(status: number, value: unknown): Answer {
  return { status, text: `${JSON.stringify(value)}\n`, headers: { "content-type": "application/json" } };
}
