/**
 * A WebSocket server that says what a test writes, legal or not, and shows what it was told: WAMP as plain lists of the
 * JSON serializer. For what a router of ours would never say.
 */
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import type { ConnectOptions, Peer } from "wampact/peer";
import { type WebSocket, WebSocketServer } from "ws";
import { connectPeer, type Finish, Inbox } from "./peers.js";

/** A WAMP message as JSON has it. */
export type Wire = readonly unknown[];

const CODES = {
  HELLO: 1,
  WELCOME: 2,
  ABORT: 3,
  CHALLENGE: 4,
  AUTHENTICATE: 5,
  GOODBYE: 6,
  ERROR: 8,
  PUBLISH: 16,
  PUBLISHED: 17,
  SUBSCRIBE: 32,
  SUBSCRIBED: 33,
  UNSUBSCRIBE: 34,
  UNSUBSCRIBED: 35,
  EVENT: 36,
  CALL: 48,
  CANCEL: 49,
  RESULT: 50,
  REGISTER: 64,
  REGISTERED: 65,
  UNREGISTER: 66,
  UNREGISTERED: 67,
  INVOCATION: 68,
  INTERRUPT: 69,
  YIELD: 70,
  EVENT_RECEIVED: 337,
};
type Type = keyof typeof CODES;

const ROLES = { broker: { features: {} }, dealer: { features: { call_canceling: true } } };

/** One client's connection, from the router's side. */
export class FakeConnection {
  readonly #socket: WebSocket;
  readonly #inbox = new Inbox<Wire>();
  /** How the client closed it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Whether GOODBYE is answered without the test, which then does not receive it. */
  answersGoodbye = true;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#take(JSON.parse(String(data))));
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  /** Says a message: `send("RESULT", 1, {}, [42])`. */
  send(type: Type, ...fields: Wire): void {
    this.write(JSON.stringify([CODES[type], ...fields]));
  }

  /** Says a text or bytes as they are. */
  write(frame: string | Uint8Array): void {
    this.#socket.send(frame);
  }

  /** The fields of the next message, which must be of this type. */
  async receive(type: Type): Promise<Wire> {
    const [code, ...fields] = await this.#inbox.next();
    expect(Object.keys(CODES).find((name) => CODES[name as Type] === code)).toBe(type);
    return fields;
  }

  /** The messages that have arrived and were not received yet. Call it after a known answer. */
  unread(): readonly Wire[] {
    return this.#inbox.values;
  }

  /** Takes HELLO and answers WELCOME. */
  async welcome(session = 1, roles: object = ROLES): Promise<void> {
    await this.receive("HELLO");
    this.send("WELCOME", session, { roles });
  }

  /** Reads nothing more, until it resumes. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection without another word. */
  cut(): void {
    this.#socket.terminate();
  }

  #take(message: Wire): void {
    if (message[0] === CODES.GOODBYE && this.answersGoodbye) this.send("GOODBYE", {}, "wamp.close.goodbye_and_out");
    else this.#inbox.push(message);
  }
}

export interface FakeRouter {
  readonly url: string;
  /** The next connection, as a client opens it. */
  accept(): Promise<FakeConnection>;
  /** How many were opened in all. */
  readonly connections: number;
}

export async function startFakeRouter(t: Finish): Promise<FakeRouter> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "wamp.2.json" });
  const inbox = new Inbox<FakeConnection>();
  let connections = 0;
  server.on("connection", (socket) => {
    connections++;
    inbox.push(new FakeConnection(socket));
  });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  t.onTestFinished(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accept: () => inbox.next(),
    get connections() {
      return connections;
    },
  };
}

/** A peer whose session stands on a connection that the test holds the other end of. It never reconnects unless told to. */
export async function connectToFake(
  t: Finish,
  options: Partial<ConnectOptions> = {},
  roles: object = ROLES,
): Promise<{ readonly peer: Peer; readonly router: FakeConnection; readonly server: FakeRouter }> {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: false, ...options });
  const router = await server.accept();
  await router.welcome(1, roles);
  return { peer: await connecting, router, server };
}
