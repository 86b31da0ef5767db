import { createHash } from "node:crypto";
import { createServer, request } from "node:http";
import { basename, dirname, join, resolve } from "node:path";
import { json } from "node:stream/consumers";
import type { ConfigPlace } from "../../config/load.js";
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

/** Opens the first path that is possible. Rejects with a readable message if none is. */
export async function openControl(paths: readonly string[], actions: ControlActions): Promise<Control> {
  if (paths.length === 0)
    throw new Error('the path of a socket beside the configuration is too long; set one as "control"');
  const faults: string[] = [];
  for (const path of paths) {
    try {
      return await open(path, actions);
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

async function open(path: string, actions: ControlActions): Promise<Control> {
  const fault = unixPathFault(path);
  if (fault) throw new Error(`${path}: ${fault}; set another path as "control"`);
  const server = createServer((asked, response) => {
    asked.resume();
    const target = targetOf(asked.url);
    const run = target && asked.method === "POST" && Object.hasOwn(actions, target.path) && actions[target.path];
    if (!run) return void response.writeHead(404).end();
    run(target.query)
      .then((outcome) => response.setHeader("content-type", "application/json").end(JSON.stringify(outcome)))
      .catch((error: Error) => response.destroy(error));
  });
  await listenOn(server, { path, mode: 0o600 }, (error) => console.error(error));
  return {
    path,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
