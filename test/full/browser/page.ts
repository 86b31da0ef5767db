/** The page that runs in the browser, as a user would write it, with generated clients. The test calls `scenarios`. */
import { type ConnectOptions, connect, createClient, topic, WampError } from "wampact";
import { cryptosign } from "wampact/auth/cryptosign";
import { scram } from "wampact/auth/scram";
import { ticket } from "wampact/auth/ticket";
import { wampcra } from "wampact/auth/wampcra";
import { cbor } from "wampact/cbor";
import { longPoll } from "wampact/longpoll";
import { msgpack } from "wampact/msgpack";
import * as z from "zod";
import { createCalculatorClient, serveCalculator } from "../../../schemas/generated/calculator.gen.js";
import { createChatClient } from "../../../schemas/generated/chat.gen.js";

const SERIALIZERS = { json: undefined, msgpack: [msgpack()], cbor: [cbor()] };

const transports = [longPoll()]; // for `http:` URLs
const authid = "ada";
const LOGINS = {
  ticket: (secret: string) => ticket({ authid, ticket: secret }),
  wampcra: (secret: string) => wampcra({ authid, secret }),
  scram: (password: string) => scram({ authid, password }),
  cryptosign: (key: string) => cryptosign({ authid, key }),
};
export type LoginMethod = keyof typeof LOGINS;

/** The address and the realm that a page connects to. */
interface Target {
  readonly url: string;
  readonly realm: string;
}

const heard: string[] = [];
const states: string[] = [];
let hears = false;

const scenarios = {
  /** A call, progress, a failure that the contract declares, and input that breaks it. */
  async call({ url, realm }: Target, name: keyof typeof SERIALIZERS) {
    const serializers = SERIALIZERS[name];
    const peer = await connect({ url, realm, transports, ...(serializers && { serializers }) });
    const calculator = createCalculatorClient(peer);
    const left: number[] = [];
    for await (const progress of calculator.countdown({ from: 3, everyMs: 0 })) left.push(progress.left);
    const divided = await calculator.divide({ a: 1, b: 0 }).safe();
    const outcome = {
      sum: await calculator.add2({ a: 2, b: 40 }),
      left,
      divided: !divided.ok && divided.error.code === "divideByZero" ? divided.error.data : undefined,
      refused: await uriOf(calculator.add2({ a: "two" as never, b: 40 })),
    };
    await peer.close();
    return outcome;
  },

  /** Answers calls until the page goes. */
  async serve(target: Target) {
    await serveCalculator(await connect(target), {
      add2: ({ a, b }) => a + b,
      divide({ a, b }, { errors }) {
        if (b === 0) throw errors.divideByZero({ numerator: a });
        return a / b;
      },
      scale: (value, factor) => value * factor,
      async *countdown({ from }) {
        for (let left = from; left >= 0; left--) yield { left };
      },
    });
  },

  /** Makes so many calls in one turn. */
  async callAtOnce(target: Target, count: number) {
    const peer = await connect(target);
    const calculator = createCalculatorClient(peer);
    const sums = await Promise.all(Array.from({ length: count }, (_, index) => calculator.add2({ a: index, b: 1 })));
    await peer.close();
    return sums;
  },

  /** Hears every room, and stays. */
  async listen(target: Target) {
    const peer = await connect({ ...target, transports, reconnect: { minMs: 10, maxMs: 50 } });
    await createChatClient(peer).said.subscribe({}, ({ data, params }) => {
      heard.push(`${params.room}: ${data.text}`);
    });
  },

  heard: () => heard,

  /** Logs in and returns the identity of the session. */
  async login(target: Target, { method, secret }: { readonly method: LoginMethod; readonly secret: string }) {
    const peer = await connect({ ...target, auth: [LOGINS[method](secret)], reconnect: false });
    const { authid, authmethod } = peer.session ?? {};
    await peer.close();
    return [authid, authmethod];
  },

  /** Connects, and stays. */
  async stay(target: Target) {
    const peer = await connect({ ...target, reconnect: { minMs: 10 } });
    peer.on("state", (state, reason) => states.push(reason ? `${state}: ${reason}` : state));
  },

  states: () => states,

  /** How long so many events take from the first to the last, in milliseconds, through a subscription or on a bare WebSocket. */
  async timeEvents(target: Target, { kind, count, protocol, serializer = "json" }: EventLoad) {
    const timing = new Timing(count);
    hears = false;
    if (kind === "bare") {
      const socket = new WebSocket(target.url, protocol);
      socket.onopen = () => socket.send("[32,1]");
      socket.onmessage = ({ data }) => {
        for (const message of String(data).split("\x1e")) if (message !== "") timing.tick();
      };
    } else {
      const serializers = SERIALIZERS[serializer];
      await subscribe({ ...target, ...(serializers && { serializers }) }, kind, timing);
    }
    hears = true;
    return timing.result;
  },

  /** Whether what `timeEvents` has begun is subscribed. */
  subscribed: () => hears,

  /** The same for events that are in the page already: what the client itself takes, without the browser's socket. */
  async timeDispatch(
    target: Target,
    { kind, count, event }: { readonly kind: "untyped" | "typed"; readonly count: number; readonly event: string },
  ) {
    const sockets: WebSocket[] = [];
    const Native = WebSocket;
    globalThis.WebSocket = class extends Native {
      constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
        super(...parameters);
        sockets.push(this);
      }
    };
    const timing = new Timing(count);
    await subscribe(target, kind, timing);
    globalThis.WebSocket = Native;
    const events = Array.from({ length: count }, () => new MessageEvent("message", { data: event }));
    for (const each of events) sockets[0]?.dispatchEvent(each);
    return timing.result;
  },
};

/** The kind and number of the events that are timed. */
interface EventLoad {
  readonly kind: EventKind;
  readonly count: number;
  /** The sub-protocol, for a bare WebSocket. */
  readonly protocol?: string;
  /** Default `json`. */
  readonly serializer?: keyof typeof SERIALIZERS;
}

export type EventKind = "bare" | "untyped" | "typed";

const ticked = topic("com.bench.ticked", { event: z.object({ value: z.number() }) });

/** The time from the first tick to the last. */
class Timing {
  readonly result: Promise<number>;
  readonly #count: number;
  #done: (ms: number) => void = () => {};
  #seen = 0;
  #firstMs = 0;

  constructor(count: number) {
    this.#count = count;
    this.result = new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  tick(): void {
    if (this.#seen++ === 0) this.#firstMs = performance.now();
    if (this.#seen === this.#count) this.#done(performance.now() - this.#firstMs);
  }
}

async function subscribe(target: ConnectOptions, kind: "untyped" | "typed", timing: Timing): Promise<void> {
  const peer = await connect(target);
  const tick = (value: unknown): void => {
    if (value !== 42) throw new TypeError(`an event held ${value}`);
    timing.tick();
  };
  if (kind === "untyped") await peer.subscribe("com.bench.ticked", ({ kwargs }) => tick(kwargs.value));
  else await createClient(peer, { ticked }).ticked.subscribe(({ data }) => tick(data.value));
}

async function uriOf(promise: PromiseLike<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof WampError) return error.uri;
    throw error;
  }
  return "nothing was thrown";
}

Object.assign(globalThis, { scenarios });
export type Scenarios = typeof scenarios;
