import type { IncomingMessage } from "node:http";
import { pathOf } from "../../transport/websocket/handshake.js";
import type { AdminOptions } from "./types.js";

/** An answer to an HTTP request. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The timeout of an action, in milliseconds. */
const ACTION_MS = 60_000;

/** Answers an authorized request. Rejects with the errors of metrics and `notReady`. */
export async function answerRequest(request: IncomingMessage, options: AdminOptions): Promise<Answer> {
  const path = pathOf(request) ?? "";
  const { actions = {} } = options;
  const action = Object.hasOwn(actions, path) ? actions[path] : undefined;
  const read = action ? undefined : readerOf(path, options);
  if (!action && !read) return { status: 404, text: `Not found. The paths are ${pathsOf(options).join(", ")}.\n` };
  const methods = action ? ["POST"] : ["GET", "HEAD"];
  if (!methods.includes(request.method ?? ""))
    return { status: 405, text: `Use ${methods[0]} for ${path}.\n`, headers: { allow: methods.join(", ") } };
  return action ? act(action) : (read as () => Answer)(); // one of them is defined
}

function readerOf(path: string, options: AdminOptions): (() => Answer) | undefined {
  const { metrics, router } = options;
  if (path === "/healthz") return () => ({ status: 200, text: "ok\n" });
  if (path === "/readyz") return () => readiness(options);
  if (path !== "/metrics" || !metrics) return undefined;
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return () => ({ status: 200, text: metrics.text(router), headers });
}

function readiness({ router, notReady }: AdminOptions): Answer {
  const { draining, listening, cluster } = router.status();
  const why = draining
    ? "draining"
    : cluster?.state === "joining"
      ? "joining the cluster"
      : cluster?.closed
        ? "disconnected from the cluster"
        : listening === 0
          ? "not listening yet"
          : notReady?.();
  return why === undefined ? { status: 200, text: "ready\n" } : { status: 503, text: `${why}\n` };
}

function pathsOf({ metrics, actions = {} }: AdminOptions): readonly string[] {
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
