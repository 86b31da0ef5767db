/** The load generator: bare sockets and frames made beforehand, so that it is never what is measured. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import type { Serializer } from "../../src/wire/serializer.js";
import {
  clientFrame,
  delimited,
  FrameReader,
  listOf,
  messagesIn,
  rawFrame,
  rawSocketPayload,
  webSocketPayload,
} from "./frames.js";
import { ID_WITHIN, idIn, Template, type Travel } from "./template.js";

/** How long a server may take to answer before it is given up. */
const PATIENCE_MS = 10_000;
/** Fewer than a bounded queue to one client holds. */
const ASKED_AT_ONCE = 50;
/** Serializers by their number in the RawSocket handshake. */
const RAW_NUMBERS = { json: 1, msgpack: 2, cbor: 3 } as const;
/** The buffer into which all connections are read in turn. A listener must not keep its bytes beyond its call. */
const READ_BUFFER = Buffer.alloc(256 * 1024);

/** One bare connection, past the handshake: a WebSocket, or a RawSocket where the URL is `rs:`. */
export class BareClient {
  /** The realm that all join: a name that every router takes. */
  static realm = "bench";
  readonly socket: Socket;
  readonly #incoming: Incoming;
  readonly #reader: FrameReader;
  readonly #travel: Travel;

  private constructor({ socket, incoming }: Connected, travel: Travel) {
    this.socket = socket;
    this.#incoming = incoming;
    this.#reader = new FrameReader(travel.isRaw ? rawSocketPayload : webSocketPayload);
    this.#travel = travel;
  }

  static async open(url: string, serializer: Serializer, batched = false): Promise<BareClient> {
    const subprotocol = `wamp.2.${serializer.id}${batched ? ".batched" : ""}`;
    const { protocol, hostname, port, pathname } = new URL(url);
    const connected = await (protocol === "wss:" ? connectTls : connectTo)(hostname, Number(port));
    const { socket, incoming } = connected;
    if (protocol === "rs:") {
      socket.write(Uint8Array.of(0x7f, 0xf0 | RAW_NUMBERS[serializer.id], 0, 0));
      const answer = await incoming.next();
      if (((answer[1] as number) & 0x0f) !== 0) return new BareClient(connected, { serializer, isRaw: true, batched });
      socket.destroy();
      throw new Error(`${url} refuses a RawSocket with ${serializer.id}`);
    }
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
    );
    const head = await incoming.next(); // the servers send nothing before they are spoken to
    if (!String(head).includes("101") || !new RegExp(`${subprotocol}\r`, "i").test(String(head))) {
      socket.destroy();
      throw new Error(`${url} does not agree to ${subprotocol}: ${String(head).split("\r")[0]}`);
    }
    return new BareClient(connected, { serializer, isRaw: false, batched });
  }

  static async join(url: string, serializer: Serializer, batched = false): Promise<BareClient> {
    const client = await BareClient.open(url, serializer, batched);
    const features = { progressive_call_results: true };
    const roles = { caller: {}, callee: { features }, publisher: {}, subscriber: {} };
    await client.ask([1, BareClient.realm, { roles }]);
    return client;
  }

  /** Joins many clients, in groups that fit into the listener's backlog. */
  static async joinMany(url: string, serializer: Serializer, count: number): Promise<BareClient[]> {
    const clients: BareClient[] = [];
    while (clients.length < count) {
      const batch = Math.min(100, count - clients.length);
      clients.push(...(await Promise.all(Array.from({ length: batch }, () => BareClient.join(url, serializer)))));
    }
    return clients;
  }

  /** A message as it travels here. */
  frame(list: readonly unknown[]): Buffer {
    const { serializer, isRaw, batched } = this.#travel;
    const message = listOf(serializer, list);
    if (isRaw) return rawFrame(message);
    return clientFrame(batched ? delimited(message, serializer.binary) : message, serializer.binary);
  }

  /** A message that is sent often, given as a list without its request ID. */
  template(list: readonly unknown[]): Template {
    return new Template(this.#travel, list);
  }

  /** Sends one message and waits for one answer, which it returns. */
  ask(list: readonly unknown[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no answer to a message of type ${list[0]}`)), PATIENCE_MS);
      this.onPayloads((payload) => {
        clearTimeout(late);
        this.#incoming.listener = undefined;
        resolve(Buffer.from(payload));
      });
      this.socket.write(this.frame(list));
    });
  }

  /** Sends many messages, some at a time, and waits for an answer to each. Throws where one is refused; the connection speaks JSON. */
  async askAll(count: number, message: (index: number) => readonly unknown[]): Promise<void> {
    for (let from = 0; from < count; from += ASKED_AT_ONCE) {
      const batch = Math.min(ASKED_AT_ONCE, count - from);
      await new Promise<void>((resolve, reject) => {
        let answers = 0;
        const late = setTimeout(() => reject(new Error(`${batch - answers} messages are not answered`)), PATIENCE_MS);
        this.onPayloads((answer) => {
          if (answer.indexOf("[8,") === 0) reject(new Error(`the router refuses: ${answer.toString("utf8", 0, 300)}`));
          if (++answers < batch) return;
          clearTimeout(late);
          resolve();
        });
        this.socket.write(
          Buffer.concat(Array.from({ length: batch }, (_, index) => this.frame(message(from + index)))),
        );
      });
    }
    this.#incoming.listener = undefined;
  }

  onFrames(listener: (count: number) => void): void {
    const { serializer, batched } = this.#travel;
    this.#incoming.listener = (chunk) => {
      let count = 0;
      if (!batched) count = this.#reader.read(chunk);
      else this.#reader.read(chunk, (payload) => messagesIn(payload, serializer.binary, () => count++));
      listener(count);
    };
  }

  /** A payload is a view that ends with the call. */
  onPayloads(listener: (payload: Buffer) => void): void {
    const { serializer, batched } = this.#travel;
    const onPayload = batched ? (payload: Buffer) => messagesIn(payload, serializer.binary, listener) : listener;
    this.#incoming.listener = (chunk) => void this.#reader.read(chunk, onPayload);
  }

  /** Tells the request IDs of the messages that each read completes, as they are encoded. The rest of a message is not kept. */
  onRequests(listener: (ids: readonly Uint8Array[]) => void): void {
    const { serializer, batched } = this.#travel;
    let ids: Uint8Array[] = [];
    const onMessage = (message: Buffer) => void ids.push(idIn(message, serializer.id));
    const onPayload = batched ? (payload: Buffer) => messagesIn(payload, serializer.binary, onMessage) : onMessage;
    this.#incoming.listener = (chunk) => {
      this.#reader.read(chunk, onPayload, batched ? undefined : ID_WITHIN);
      if (ids.length > 0) listener(ids);
      ids = [];
    };
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Hands what a connection brings to whoever listens at the time. */
class Incoming {
  listener: ((chunk: Buffer) => void) | undefined;

  /** Returns the next bytes, which arrive in one piece, as a handshake does. */
  next(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("no answer to a handshake")), PATIENCE_MS);
      this.listener = (chunk) => {
        clearTimeout(late);
        this.listener = undefined;
        resolve(Buffer.from(chunk));
      };
    });
  }
}

interface Connected {
  readonly socket: Socket;
  readonly incoming: Incoming;
}

async function connectTo(host: string, port: number): Promise<Connected> {
  const incoming = new Incoming();
  const callback = (size: number, buffer: Uint8Array) => {
    incoming.listener?.(buffer.subarray(0, size) as Buffer);
    return true;
  };
  const socket = connect({ host, port, noDelay: true, onread: { buffer: READ_BUFFER, callback } });
  await once(socket, "connect");
  socket.on("error", () => {}); // a server that cuts it shows in what is counted
  return { socket, incoming };
}

/** Whoever measures has made the certificate. */
async function connectTls(host: string, port: number): Promise<Connected> {
  const incoming = new Incoming();
  const socket = connectSecurely({ host, port, rejectUnauthorized: false });
  socket.setNoDelay(true);
  await once(socket, "secureConnect");
  socket.on("data", (chunk: Buffer) => incoming.listener?.(chunk));
  socket.on("error", () => {}); // a server that cuts it shows in what is counted
  return { socket, incoming };
}

/** The WebSocket frame of a message given as a list. */
export function frameOf(serializer: Serializer, list: readonly unknown[]): Buffer {
  return clientFrame(listOf(serializer, list), serializer.binary);
}
