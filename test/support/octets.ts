/** A client that speaks RawSocket octet by octet, legal or not. */
import { createConnection, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect } from "vitest";
import { createRouter, type RawSocketOptions, type Router, type RouterConfig, rawSocket } from "wampact/router";
import type { Message } from "../../src/wire/messages.js";
import type { Serializer } from "../../src/wire/serializer.js";
import { json } from "../../src/wire/serializers/json.js";
import { listBytes } from "./frames.js";
import type { Finish } from "./peers.js";
import { CLIENT_DETAILS, REALM } from "./raw.js";

/** Kinds of frames. */
export const MESSAGE = 0;
export const PING = 1;
export const PONG = 2;
/** Serializers by their number in the handshake. */
export const NUMBERS = { json: 1, msgpack: 2, cbor: 3 } as const;

export interface RawListening {
  readonly router: Router;
  readonly port: number;
  readonly url: string;
  /** Why connections were refused before they were open. */
  readonly refused: readonly string[];
}

/** A router that listens for RawSockets and ends with its test. */
export async function listenRaw(
  t: Finish,
  options: RawSocketOptions = {},
  config: Partial<RouterConfig> = {},
): Promise<RawListening> {
  const refused: string[] = [];
  const router = createRouter({
    realms: [{ name: REALM }],
    maxHandshakesPerSecond: Number.POSITIVE_INFINITY,
    observer: (event) => event.type === "refused" && refused.push(event.why),
    onError: (error) => expect.unreachable(String(error)),
    ...config,
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return { router, refused, ...(await router.listen(rawSocket(options))) };
}

/** A frame as its header says, whatever is in it. */
export function rawFrame(kind: number, payload: Uint8Array | string = "", length?: number): Buffer {
  const data = Buffer.from(payload as string);
  const header = Buffer.alloc(4);
  header.writeUIntBE(length ?? data.length, 1, 3);
  header[0] = kind;
  return Buffer.concat([header, data]);
}

export class OctetClient {
  readonly socket: Socket;
  readonly serializer: Serializer;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket, serializer: Serializer) {
    this.socket = socket;
    this.serializer = serializer;
    socket.setNoDelay();
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      this.#wake();
    });
    const ended = () => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("end", ended);
    socket.on("close", ended);
    socket.on("error", () => {}); // "close" follows
  }

  /** Connects to a port or a Unix socket, and keeps its own side open when the router ends. */
  static open(t: Finish, to: number | string, serializer: Serializer = json(), tls = false): OctetClient {
    const below = createConnection({
      ...(typeof to === "number" ? { port: to, host: "127.0.0.1" } : { path: to }),
      allowHalfOpen: true,
    });
    t.onTestFinished(() => void below.destroy());
    below.on("error", () => {});
    return new OctetClient(tls ? connectTls({ socket: below, rejectUnauthorized: false }) : below, serializer);
  }

  /** Opens, and has its handshake accepted. `length`: what it receives, as 2^(9 + length) bytes. */
  static async accepted(t: Finish, to: number | string, serializer: Serializer = json(), length = 15) {
    const client = OctetClient.open(t, to, serializer);
    client.open(length);
    expect(((await client.octets(4))[1] as number) & 0x0f).toBe(NUMBERS[serializer.id]);
    return client;
  }

  static async join(t: Finish, to: number | string, serializer: Serializer = json(), length = 15) {
    const client = await OctetClient.accepted(t, to, serializer, length);
    client.hello();
    await client.receive("WELCOME");
    return client;
  }

  open(length = 15): void {
    this.write([0x7f, (length << 4) | NUMBERS[this.serializer.id], 0, 0]);
  }

  hello(): void {
    this.send([1, REALM, CLIENT_DETAILS]);
  }

  write(octets: Uint8Array | readonly number[]): void {
    this.socket.write(Uint8Array.from(octets));
  }

  /** Sends a list as a message, whatever is in it. */
  send(list: readonly unknown[]): void {
    this.write(this.framed(list));
  }

  framed(list: readonly unknown[]): Buffer {
    return rawFrame(MESSAGE, listBytes(this.serializer, list));
  }

  /** The next octets. Throws where the router ends before them. */
  async octets(count: number): Promise<Buffer> {
    while (this.#bytes < count) {
      if (this.#ended) throw new Error(`expected ${count} octets; the router has ended after ${this.#bytes}`);
      await this.#next();
    }
    const received = Buffer.concat(this.#chunks);
    this.#chunks = [received.subarray(count)];
    this.#bytes -= count;
    return received.subarray(0, count);
  }

  /** The next frame: its first octet and its payload. */
  async frame(): Promise<{ readonly first: number; readonly payload: Buffer }> {
    const header = await this.octets(4);
    const first = header[0] as number;
    return { first, payload: await this.octets(first & 0x08 ? 2 ** 24 : header.readUIntBE(1, 3)) };
  }

  /** The next frame, which must be a message of this type. */
  async receive<T extends Message["type"]>(type: T): Promise<Extract<Message, { type: T }>> {
    const { first, payload } = await this.frame();
    expect(first).toBe(MESSAGE);
    const message = this.serializer.decode(payload);
    expect(message.type).toBe(type);
    return message as Extract<Message, { type: T }>;
  }

  /** The octets that arrive until the router ends the connection. */
  async rest(): Promise<Buffer> {
    while (!this.#ended) await this.#next();
    return Buffer.concat(this.#chunks);
  }

  /** Resolves when the router has let go of the connection, and does not only end its own side: what is sent then is reset. */
  async closed(): Promise<void> {
    await this.rest();
    const touch = setInterval(() => this.socket.writable && this.write([0]), 20);
    await new Promise<void>((resolve) => {
      if (this.socket.closed) resolve();
      else this.socket.once("close", () => resolve());
    });
    clearInterval(touch);
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
