import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, request } from "node:http";
import { basename, dirname, join, resolve } from "node:path";
import { json } from "node:stream/consumers";
import type { ConfigPlace } from "../../config/load.js";
import { closerOf } from "../../operations/admin/closer.js";
import { targetOf } from "../../transport/http/target.js";
import { listenOn } from "../../transport/listen-on.js";
import { unixPathFault } from "../../transport/unix-path.js";

/**
 * The actions of a control socket by path, such as `/reload`. A function receives the query of the path. The socket answers with
 * the result as JSON.
 */
export type ControlActions = Readonly<Record<string, (query: URLSearchParams) => Promise<unknown>>>;

/** A control socket. */
export interface Control {
  readonly path: string;
  close(): Promise<void>;
}

/** The timeout of a router's answer, in milliseconds. */
const LIMIT_MS = 60_000;
/** The time limits of a request until it has arrived, in milliseconds. */
const REQUEST_LIMITS = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/** Returns the possible paths of a configuration's control socket, in order of preference; none if it is disabled. */
export function controlPaths({ path, dir }: ConfigPlace, control: string | false | undefined): readonly string[] {
  if (control === false) return [];
  if (control !== undefined) return [resolve(dir, control)];
  const key = createHash("sha256").update(path).digest("hex").slice(0, 16);
  if (process.platform === "win32") return [`\\\\.\\pipe\\wampact-${key}`];
  const beside = join(dirname(path), `.${basename(path)}.sock`);
  const { XDG_RUNTIME_DIR } = process.env;
  const others = XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, `wampact-${key}.sock`)] : [];
  return [beside, ...others].filter((each) => !unixPathFault(each));
}

/** The parts of a control socket. */
interface ControlParts {
  readonly actions: ControlActions;
  /** Receives the errors of actions, and of the socket. */
  readonly report: (error: unknown) => void;
}

/** Opens the first path that is possible. Rejects with a readable message if none is. */
export async function openControl(paths: readonly string[], parts: ControlParts): Promise<Control> {
  if (paths.length === 0)
    throw new Error('the path of a socket beside the configuration is too long; set one as "control"');
  const faults: string[] = [];
  for (const path of paths) {
    try {
      return await open(path, parts);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(faults.join("; "));
}

/** Sends an action to the router of a control socket. Rejects with `ENOENT` or `ECONNREFUSED` if no router is running. */
export async function askControl(path: string, action: string): Promise<unknown> {
  const asked = request({ socketPath: path, path: action, method: "POST", timeout: LIMIT_MS });
  const answer = new Promise((resolve, reject) => {
    asked.once("timeout", () => asked.destroy(new Error(`the router did not answer within ${LIMIT_MS / 1_000} s`)));
    asked.once("error", reject);
    asked.once("response", (response) => resolve(json(response)));
  });
  asked.end();
  return answer;
}

async function open(path: string, { actions, report }: ControlParts): Promise<Control> {
  const fault = unixPathFault(path);
  if (fault) throw new Error(`${path}: ${fault}; set another path as "control"`);
  const server = createServer(REQUEST_LIMITS, (asked, response) => {
    asked.resume();
    response.on("error", () => response.destroy()); // the client has disconnected
    const run = actionOf(asked, actions);
    if (!run) return void response.writeHead(404).end();
    run()
      .then((outcome) => response.setHeader("content-type", "application/json").end(JSON.stringify(outcome)))
      .catch((error: unknown) => {
        report(error);
        response.destroy();
      });
  });
  const close = closerOf(server);
  await listenOn(server, { path, mode: 0o600 }, report);
  return { path, close };
}

/** Returns the action that a request asks for; `undefined` if there is none. */
function actionOf({ method, url }: IncomingMessage, actions: ControlActions): (() => Promise<unknown>) | undefined {
  const target = method === "POST" ? targetOf(url) : undefined;
  const run = target && Object.hasOwn(actions, target.path) ? actions[target.path] : undefined;
  return target && run && (() => run(target.query));
}
