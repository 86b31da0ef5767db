import { inflateRawSync } from "node:zlib";
import { cbor } from "wampact/cbor";
import { msgpack } from "wampact/msgpack";
import { json, type Message } from "wampact/peer";
import type { Serializer } from "wampact/router";
import { type Arena, count } from "./arena.js";
import { encode, type SerializerId } from "./encode.js";
import { compressedFrame, frame, handshake, messageFrames, ServerFrames } from "./frames.js";
import { CLIENT_ROLES, type Knowledge, type MessageList } from "./knowledge.js";
import type { ListenerName } from "./places.js";
import type { Random } from "./random.js";
import { Wire } from "./wire.js";

const SERIALIZERS: Readonly<Record<SerializerId, Serializer>> = { json: json(), msgpack: msgpack(), cbor: cbor() };

/** How many IDs of a kind a session keeps in mind. */
const REMEMBERED = 20;

/** How a session connects. */
export interface SessionOptions {
  readonly listener: ListenerName;
  readonly serializer: SerializerId;
  readonly realm: string;
  readonly compressed?: boolean;
  /** When it gives its connection up, in milliseconds. Default 8,000. */
  readonly longestMs?: number;
}

let sessions = 0;

/** A session of an attacker: it joins, learns IDs from what the router sends, and writes bytes of its choice. */
export class AttackerSession {
  readonly wire: Wire;
  readonly known: Knowledge;
  readonly #options: SessionOptions;
  readonly #arena: Arena;
  readonly #frames: ServerFrames;
  /** Called with each message that comes. */
  onMessage: (message: Message) => void = () => {};
  /** The router's ABORT, once it has come. */
  abort: Extract<Message, { type: "ABORT" }> | undefined;
  /** Whether WELCOME has come. */
  joined = false;
  #pongs = 0;
  #pings = 0;

  constructor(arena: Arena, options: SessionOptions) {
    this.#arena = arena;
    this.#options = options;
    this.wire = Wire.open(arena, options.listener, options);
    this.#frames = new ServerFrames((opcode, data, compressed) => this.#take(opcode, data, compressed));
    this.wire.onReceived((chunk) => this.#frames.read(chunk));
    this.known = {
      realm: options.realm,
      name: `s${++sessions}`,
      requests: 0,
      registrations: [],
      subscriptions: [],
      publications: [],
      invocations: [],
      calls: [],
      sessions: arena.sessions,
    };
  }

  get serializer(): SerializerId {
    return this.#options.serializer;
  }

  /** Opens the WebSocket and says HELLO; what comes behind it may go out with the same write. */
  async join(random: Random, behind: Uint8Array = Buffer.alloc(0)): Promise<boolean> {
    const { serializer, compressed = false } = this.#options;
    this.wire.write(handshake(serializer, { compressed }));
    if (random.chance(0.5)) await this.wire.until(() => this.#frames.status !== undefined);
    this.wire.write(Buffer.concat([this.bytes(random, this.hello()), behind]));
    return this.wire.until(() => this.joined || this.abort !== undefined);
  }

  hello(): MessageList {
    return [1, this.known.realm, { roles: CLIENT_ROLES, agent: "fuzzer" }];
  }

  /** A message as frames. */
  bytes(random: Random, list: MessageList): Buffer {
    return this.frames(random, encode(this.#options.serializer, list));
  }

  /** Bytes that may be a message, as frames. */
  frames(random: Random, payload: Buffer): Buffer {
    const { serializer, compressed } = this.#options;
    return compressed && random.chance(0.5)
      ? compressedFrame(payload, serializer)
      : messageFrames(random, payload, serializer);
  }

  /** Writes messages, and resolves when the router has read them, or has ended the connection. */
  async send(bytes: Uint8Array): Promise<boolean> {
    const ping = ++this.#pings;
    this.wire.write(Buffer.concat([bytes, frame(Buffer.from(`fuzz ${ping}`), { opcode: 9 })]));
    return this.wire.until(() => this.#pongs >= ping || this.abort !== undefined);
  }

  #take(opcode: number, data: Buffer, compressed: boolean): void {
    if (opcode === 9) this.wire.write(frame(data, { opcode: 10 }));
    else if (opcode === 10) this.#pong(data.toString("latin1"));
    else if (opcode === 1 || opcode === 2) this.#receive(data, compressed);
  }

  #pong(text: string): void {
    if (text.startsWith("fuzz ")) this.#pongs = Math.max(this.#pongs, Number(text.slice(5)));
  }

  #receive(data: Buffer, compressed: boolean): void {
    let message: Message;
    try {
      message = SERIALIZERS[this.#options.serializer].decode(compressed ? inflate(data) : data);
    } catch (error) {
      // Payloads of trusted sessions are passed on as they came; the router itself never writes what cannot be read.
      if (!this.known.realm.endsWith(".wild"))
        this.#arena.found(`the router sent what is no message: ${String(error)}`);
      return;
    }
    this.#learn(message);
    this.onMessage(message);
  }

  #learn(message: Message): void {
    const { known } = this;
    count(this.#arena, `received ${message.type}`);
    switch (message.type) {
      case "WELCOME":
        this.joined = true;
        for (const ids of [known.invocations, known.calls, known.registrations, known.subscriptions]) ids.length = 0;
        this.#arena.sessions.push(message.session);
        if (this.#arena.sessions.length > 200) this.#arena.sessions.splice(0, 100);
        break;
      case "ABORT":
        this.abort = message;
        break;
      case "REGISTERED":
        remember(known.registrations, message.registration);
        break;
      case "SUBSCRIBED":
        remember(known.subscriptions, message.subscription);
        break;
      case "PUBLISHED":
      case "EVENT":
        remember(known.publications, message.publication);
        break;
      case "INVOCATION":
        if (!known.invocations.includes(message.request)) known.invocations.push(message.request);
        if (known.invocations.length > 10 * REMEMBERED) known.invocations.splice(0, REMEMBERED);
    }
    if (known.calls.length > REMEMBERED) known.calls.splice(0, REMEMBERED / 2);
  }
}

function remember(ids: number[], id: number): void {
  ids.push(id);
  if (ids.length > REMEMBERED) ids.shift();
}

function inflate(data: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([data, Buffer.of(0, 0, 0xff, 0xff)]), { finishFlush: 2 });
}
