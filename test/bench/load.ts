/** The load generator: bare sockets and frames made beforehand, so that it is never what is measured. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Serializer } from "../../src/wire/serializer.js";
import { listBytes } from "../support/frames.js";
import { clientFrame, FrameReader } from "./frames.js";

/** One bare connection, past the WebSocket handshake. */
export class BareClient {
  readonly socket: Socket;
  readonly #reader = new FrameReader();
  readonly #serializer: Serializer;

  private constructor(socket: Socket, serializer: Serializer) {
    this.socket = socket;
    this.#serializer = serializer;
  }

  static async open(url: string, serializer: Serializer): Promise<BareClient> {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: wamp.2.${serializer.id}\r\n\r\n`,
    );
    await once(socket, "data"); // the servers send nothing before they are spoken to
    return new BareClient(socket, serializer);
  }

  static async join(url: string, serializer: Serializer): Promise<BareClient> {
    const client = await BareClient.open(url, serializer);
    const features = { progressive_call_results: true };
    const roles = { caller: {}, callee: { features }, publisher: {}, subscriber: {} };
    await client.ask([1, "com.bench", { roles }]);
    return client;
  }

  frame(list: readonly unknown[]): Buffer {
    return clientFrame(listBytes(this.#serializer, list), this.#serializer.binary);
  }

  /** Sends one message and waits for one answer. */
  async ask(list: readonly unknown[]): Promise<void> {
    const answer = once(this.socket, "data");
    this.socket.write(this.frame(list));
    this.#reader.read((await answer)[0] as Buffer);
  }

  onFrames(listener: (count: number) => void): void {
    this.socket.removeAllListeners("data");
    this.socket.on("data", (chunk: Buffer) => listener(this.#reader.read(chunk)));
  }

  onPayloads(listener: (payload: Buffer) => void): void {
    this.socket.removeAllListeners("data");
    this.socket.on("data", (chunk: Buffer) => this.#reader.read(chunk, listener));
  }

  close(): void {
    this.socket.destroy();
  }
}
