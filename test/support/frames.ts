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

/** How a client travels, beside its serializer. */
export interface FrameOptions {
  /** Whether several messages travel in one frame. Default false. */
  readonly batched?: boolean;
  /** The details of HELLO. Default: `CLIENT_DETAILS`. */
  readonly details?: object;
  readonly perMessageDeflate?: boolean;
}

/** A WebSocket that sends what a test wrote, byte by byte, and reads what comes one message at a time. */
export class FrameClient {
  readonly ws: WebSocket;
  /** The frames that have arrived: the bytes of each, and the number of its messages. */
  readonly frames: { readonly bytes: number; readonly messages: number }[] = [];
  readonly #serializer: Serializer;
  readonly #batched: boolean;
  readonly #inbox: Message[] = [];
  #wake: () => void = () => {};
  /** Code and reason of the close, once it has come. */
  closed: { readonly code: number; readonly reason: string } | undefined;

  constructor(ws: WebSocket, serializer: Serializer, batched = false) {
    this.ws = ws;
    this.#serializer = serializer;
    this.#batched = batched;
    ws.on("message", (data: Buffer) => {
      const messages = batched ? messagesOf(data, serializer.binary) : [data];
      this.frames.push({ bytes: data.length, messages: messages.length });
      for (const message of messages) this.#inbox.push(serializer.decode(message));
      this.#wake();
    });
    ws.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    ws.on("error", () => this.#wake()); // "close" follows
  }

  static open(
    t: Pick<TestContext, "onTestFinished">,
    url: string,
    serializer: Serializer,
    { batched = false, perMessageDeflate = true }: FrameOptions = {},
  ): Promise<FrameClient> {
    const ws = new WebSocket(url, [`wamp.2.${serializer.id}${batched ? ".batched" : ""}`], { perMessageDeflate });
    t.onTestFinished(() => ws.terminate());
    return new Promise((resolve, reject) => {
      ws.once("error", reject);
      ws.once("open", () => resolve(new FrameClient(ws, serializer, batched)));
    });
  }

  /** Opens and says HELLO. */
  static async join(
    t: Pick<TestContext, "onTestFinished">,
    url: string,
    serializer: Serializer,
    options: FrameOptions = {},
  ): Promise<FrameClient> {
    const client = await FrameClient.open(t, url, serializer, options);
    client.sendList([1, REALM, options.details ?? CLIENT_DETAILS]);
    await client.receive("WELCOME");
    return client;
  }

  /** Sends a list as a message of the serializer, whatever is in it. */
  sendList(list: readonly unknown[]): void {
    if (this.#batched) this.sendBatch([list]);
    else this.sendBytes(listBytes(this.#serializer, list));
  }

  /** Sends lists in one frame. */
  sendBatch(lists: readonly (readonly unknown[])[]): void {
    this.sendBytes(batchOf(this.#serializer, lists));
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

/** Lists as a batch: JSON has an octet behind each message, the others its length before. */
export function batchOf(serializer: Serializer, lists: readonly (readonly unknown[])[], ending = 0x1e): Buffer {
  return Buffer.concat(
    lists.flatMap((list) => {
      const message = listBytes(serializer, list);
      if (!serializer.binary) return [message, Buffer.of(ending)];
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.length);
      return [length, message];
    }),
  );
}

/** The messages of a batch. Throws for one that is malformed. */
function messagesOf(batch: Buffer, binary: boolean): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < batch.length; ) {
    const start = binary ? at + 4 : at;
    const end = binary ? start + batch.readUInt32BE(at) : batch.indexOf(0x1e, at);
    expect(end, "where a message of a batch ends").toBeGreaterThan(start);
    expect(end, "where a message of a batch ends").toBeLessThanOrEqual(batch.length);
    messages.push(batch.subarray(start, end));
    at = binary ? end : end + 1;
  }
  expect(messages).not.toHaveLength(0);
  return messages;
}
