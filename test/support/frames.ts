import { expect, type TestContext } from "vitest";
import { createRouter, type ListenOptions, type Router } from "wampact/router";
import { WebSocket } from "ws";
import type { Message } from "../../src/wire/messages.js";
import type { Serializer } from "../../src/wire/serializer.js";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";
import { CLIENT_DETAILS, REALM } from "./raw.js";

export const SERIALIZERS: readonly Serializer[] = [json(), msgpack(), cbor()];

/** A listening router that ends with its test. */
export async function listen(
  t: Pick<TestContext, "onTestFinished">,
  options: ListenOptions = {},
): Promise<{ readonly router: Router; readonly url: string; readonly port: number }> {
  const router = createRouter({
    realms: [{ name: REALM }],
    maxHandshakesPerSecond: Number.POSITIVE_INFINITY,
    onError: (error) => expect.unreachable(String(error)),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url, port } = await router.listen(options);
  return { router, url, port };
}

/** A WebSocket that sends what a test wrote, byte by byte, and reads what comes one message at a time. */
export class FrameClient {
  readonly ws: WebSocket;
  readonly #serializer: Serializer;
  readonly #inbox: Message[] = [];
  #wake: () => void = () => {};
  /** Code and reason of the close, once it has come. */
  closed: { readonly code: number; readonly reason: string } | undefined;

  constructor(ws: WebSocket, serializer: Serializer) {
    this.ws = ws;
    this.#serializer = serializer;
    ws.on("message", (data: Buffer) => {
      this.#inbox.push(serializer.decode(data));
      this.#wake();
    });
    ws.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    ws.on("error", () => this.#wake()); // "close" follows
  }

  static open(t: Pick<TestContext, "onTestFinished">, url: string, serializer: Serializer): Promise<FrameClient> {
    const ws = new WebSocket(url, [`wamp.2.${serializer.id}`]);
    t.onTestFinished(() => ws.terminate());
    return new Promise((resolve, reject) => {
      ws.once("error", reject);
      ws.once("open", () => resolve(new FrameClient(ws, serializer)));
    });
  }

  /** Opens and says HELLO. */
  static async join(t: Pick<TestContext, "onTestFinished">, url: string, serializer: Serializer): Promise<FrameClient> {
    const client = await FrameClient.open(t, url, serializer);
    client.sendList([1, REALM, CLIENT_DETAILS]);
    await client.receive("WELCOME");
    return client;
  }

  /** Sends a list as a message of the serializer, whatever is in it. */
  sendList(list: readonly unknown[]): void {
    this.sendBytes(listBytes(this.#serializer, list));
  }

  sendBytes(bytes: Uint8Array, binary: boolean = this.#serializer.binary): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(bytes, { binary });
  }

  /** The next message, which must be of this type. */
  async receive<T extends Message["type"]>(type: T): Promise<Extract<Message, { type: T }>> {
    while (this.#inbox.length === 0) {
      if (this.closed) throw new Error(`expected ${type}, but the socket is closed: ${JSON.stringify(this.closed)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const message = this.#inbox.shift() as Message;
    expect(message.type).toBe(type);
    return message as Extract<Message, { type: T }>;
  }

  /** Waits for the close and gives its code and reason. */
  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    while (!this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.closed;
  }
}

/** A list as the bytes of a serializer: its elements ride in the arguments of a message, whose own head is cut off. */
export function listBytes(serializer: Serializer, list: readonly unknown[]): Uint8Array {
  const { bytes } = serializer.encodePayload({ args: [list], kwargs: {} });
  if (serializer.id === "json") return bytes.subarray(1, -1);
  return bytes.subarray(1); // behind the head of a list of one
}
