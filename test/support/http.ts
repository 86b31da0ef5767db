/** HTTP clients of a router, for tests: everything here ends with its test. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { type HttpBridgeOptions, httpBridge } from "wampact/http";
import type { Peer } from "wampact/peer";
import { createRouter, type RealmConfig, type Router, type RouterConfig, type WebSocketOptions } from "wampact/router";
import { type Finish, Inbox, join } from "./peers.js";
import { REALM } from "./raw.js";

export interface Bridged {
  readonly router: Router;
  readonly port: number;
  /** The URL of the realm at the bridge, such as `http://127.0.0.1:8080/api/com.example`. */
  readonly base: string;
  /** A peer of the same realm with the role `trusted`. */
  readonly peer: Peer;
}

export interface BridgedOptions {
  readonly realm?: Partial<RealmConfig>;
  readonly router?: Partial<RouterConfig>;
  readonly bridge?: HttpBridgeOptions;
  readonly listen?: WebSocketOptions;
}

/** A router with a bridge. */
export async function startBridge(
  t: Finish,
  { realm, router: config, bridge, listen }: BridgedOptions = {},
): Promise<Bridged> {
  const router = createRouter({ realms: [{ name: REALM, ...realm }], ...config });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { port } = await router.listen({ http: [httpBridge(bridge)], ...listen });
  const peer = await join(t, router);
  return { router, port, base: `http://127.0.0.1:${port}/api/${REALM}`, peer };
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** Posts JSON. */
export async function post(
  url: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return ask(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body ?? {}),
  });
}

/** Asks, and reads JSON or text. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { keepalive: false, ...init });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return { status: response.status, body: isJson && text !== "" ? JSON.parse(text) : text, headers: response.headers };
}

/** An event of a stream. */
export interface Sse {
  readonly event: string;
  readonly id?: string;
  readonly data: unknown;
}

export interface SseClient {
  readonly response: IncomingMessage;
  /** Comments are of the event `comment`. */
  readonly events: Inbox<Sse>;
  readonly ended: Promise<unknown>;
  destroy(): void;
}

/** Reads a stream of events. */
export async function listen(
  t: Finish,
  url: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<SseClient> {
  const asked = request(url, { method, headers, agent: false });
  t.onTestFinished(() => void asked.destroy());
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const events = new Inbox<Sse>();
  let rest = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) events.push(sseOf(block));
  });
  response.on("error", () => {}); // the test ends it
  const ended = new Promise((resolve) => response.on("close", resolve));
  return { response, events, ended, destroy: () => asked.destroy() };
}

function sseOf(block: string): Sse {
  if (block.startsWith(":")) return { event: "comment", data: block.slice(1) };
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2))) as Record<
    string,
    string
  >;
  const { event = "message", id, data = "null" } = fields;
  return { event, ...(id !== undefined && { id }), data: JSON.parse(data) };
}

/** A socket on which a test writes what no client of HTTP would. */
export async function rawSocket(
  t: Finish,
  port: number,
): Promise<{
  socket: Socket;
  text: () => string;
  closed: Promise<unknown>;
  until: (pattern: RegExp) => Promise<string>;
}> {
  const socket = connect(port, "127.0.0.1");
  t.onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let text = "";
  let wake = () => {};
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    wake();
  });
  socket.on("error", () => {}); // told by the close
  const closed = new Promise<void>((resolve) =>
    socket.on("close", () => {
      resolve();
      wake();
    }),
  );
  const until = async (pattern: RegExp) => {
    while (!pattern.test(text) && !socket.destroyed)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return text;
  };
  return { socket, text: () => text, closed, until };
}
