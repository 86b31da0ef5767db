/** The load generator: bare sockets and frames made beforehand, so that it is never what is measured. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Serializer } from "../../src/wire/serializer.js";
import {
  clientFrame,
  delimited,
  FrameReader,
  messagesIn,
  rawFrame,
  rawSocketPayload,
  webSocketPayload,
} from "./frames.js";

/** How long a server may take to answer before it is given up. */
const PATIENCE_MS = 10_000;
/** Serializers by their number in the RawSocket handshake. */
const RAW_NUMBERS = { json: 1, msgpack: 2, cbor: 3 } as const;

/** One bare connection, past the handshake: a WebSocket, or a RawSocket where the URL is `rs:`. */
export class BareClient {
  /** The realm that all join. */
  static realm = "com.bench";
  readonly socket: Socket;
  readonly #reader: FrameReader;
  readonly #serializer: Serializer;
  readonly #isRaw: boolean;
  readonly #batched: boolean;

  private constructor(socket: Socket, serializer: Serializer, { isRaw = false, batched = false }) {
    this.socket = socket;
    this.#reader = new FrameReader(isRaw ? rawSocketPayload : webSocketPayload);
    this.#isRaw = isRaw;
    socket.on("error", () => {}); // a server that cuts it shows in what is counted
    this.#serializer = serializer;
    this.#batched = batched;
  }

  static async open(url: string, serializer: Serializer, batched = false): Promise<BareClient> {
    const subprotocol = `wamp.2.${serializer.id}${batched ? ".batched" : ""}`;
    const { protocol, hostname, port, pathname } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    if (protocol === "rs:") {
      socket.write(Uint8Array.of(0x7f, 0xf0 | RAW_NUMBERS[serializer.id], 0, 0));
      const [answer] = (await once(socket, "data", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Buffer];
      if (((answer[1] as number) & 0x0f) !== 0) return new BareClient(socket, serializer, { isRaw: true });
      socket.destroy();
      throw new Error(`${url} refuses a RawSocket with ${serializer.id}`);
    }
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
    );
    const [head] = await once(socket, "data", { signal: AbortSignal.timeout(PATIENCE_MS) }); // the servers send nothing before they are spoken to
    if (!String(head).includes("101") || !new RegExp(`${subprotocol}\r`, "i").test(String(head))) {
      socket.destroy();
      throw new Error(`${url} does not agree to ${subprotocol}: ${String(head).split("\r")[0]}`);
    }
    return new BareClient(socket, serializer, { batched });
  }

  static async join(url: string, serializer: Serializer, batched = false): Promise<BareClient> {
    const client = await BareClient.open(url, serializer, batched);
    const features = { progressive_call_results: true };
    const roles = { caller: {}, callee: { features }, publisher: {}, subscriber: {} };
    await client.ask([1, BareClient.realm, { roles }]);
    return client;
  }

  /** So many at a time that the listener's backlog takes them. */
  static async joinMany(url: string, serializer: Serializer, count: number): Promise<BareClient[]> {
    const clients: BareClient[] = [];
    while (clients.length < count) {
      const batch = Math.min(100, count - clients.length);
      clients.push(...(await Promise.all(Array.from({ length: batch }, () => BareClient.join(url, serializer)))));
    }
    return clients;
  }

  frame(list: readonly unknown[]): Buffer {
    return this.framed([listOf(this.#serializer, list)]);
  }

  /** Messages as they travel here: each in a frame of its own, or all in one. */
  framed(messages: readonly Uint8Array[]): Buffer {
    const { binary } = this.#serializer;
    if (this.#batched) return clientFrame(Buffer.concat(messages.map((each) => delimited(each, binary))), binary);
    const frames = messages.map((each) => (this.#isRaw ? rawFrame(each) : clientFrame(each, binary)));
    return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
  }

  /** Sends one message and waits for one answer, which it returns. */
  ask(list: readonly unknown[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no answer to a message of type ${list[0]}`)), PATIENCE_MS);
      this.onPayloads((payload) => {
        clearTimeout(late);
        this.socket.removeAllListeners("data");
        resolve(payload);
      });
      this.socket.write(this.frame(list));
    });
  }

  /** Sends many messages, some at a time, and waits for an answer to each. Throws where one is refused; the connection speaks JSON. */
  async askAll(count: number, message: (index: number) => readonly unknown[]): Promise<void> {
    for (let from = 0; from < count; from += 1_000) {
      const batch = Math.min(1_000, count - from);
      await new Promise<void>((resolve, reject) => {
        let answers = 0;
        this.onPayloads((answer) => {
          if (answer.indexOf("[8,") === 0) reject(new Error(`the router refuses: ${answer.toString("utf8", 0, 300)}`));
          if (++answers === batch) resolve();
        });
        this.socket.write(
          Buffer.concat(Array.from({ length: batch }, (_, index) => this.frame(message(from + index)))),
        );
      });
    }
    this.socket.removeAllListeners("data");
  }

  onFrames(listener: (count: number) => void): void {
    this.socket.removeAllListeners("data");
    if (!this.#batched) return void this.socket.on("data", (chunk: Buffer) => listener(this.#reader.read(chunk)));
    this.socket.on("data", (chunk: Buffer) => {
      let count = 0;
      this.#reader.read(chunk, (payload) => messagesIn(payload, this.#serializer.binary, () => count++));
      listener(count);
    });
  }

  onPayloads(listener: (payload: Buffer) => void): void {
    this.socket.removeAllListeners("data");
    const onPayload = this.#batched
      ? (payload: Buffer) => messagesIn(payload, this.#serializer.binary, listener)
      : listener;
    this.socket.on("data", (chunk: Buffer) => this.#reader.read(chunk, onPayload));
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The WebSocket frame of a message given as a list. */
export function frameOf(serializer: Serializer, list: readonly unknown[]): Buffer {
  return clientFrame(listOf(serializer, list), serializer.binary);
}

/** The bytes of a message given as a list, whatever it holds. */
export function listOf(serializer: Serializer, list: readonly unknown[]): Uint8Array {
  const { bytes } = serializer.encodePayload({ args: [list], kwargs: {} });
  return serializer.id === "json" ? bytes.subarray(1, -1) : bytes.subarray(1); // without the list around it
}
