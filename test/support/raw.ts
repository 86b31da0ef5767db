/**
 * A client that speaks raw messages to a router in this process: what it sends is what a test wrote, legal or not.
 * "Nothing came" is asserted with `unread` after a known answer, never after a sleep.
 */
import { expect, type TestContext } from "vitest";
import type { Message, Transport } from "wampact/peer";
import { createRouter, type RealmConfig, type Router, type RouterConfig } from "wampact/router";
import { createMemoryPair } from "../../src/transport/memory.js";
import { Payload } from "../../src/wire/payload.js";
import { Hub } from "./hub.js";

/** A message as a test writes it: payloads are `args` and `kwargs`, and may be left out. */
export interface Raw {
  readonly type: Message["type"];
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A message as a test reads it; a field that a message does not have is `undefined`. */
// biome-ignore lint/suspicious/noExplicitAny: a test compares what came with what it expects
export type Received = Readonly<Record<string, any>> & { readonly type: Message["type"] };

export const CLIENT_DETAILS = {
  roles: {
    publisher: { features: {} },
    subscriber: { features: {} },
    caller: { features: { progressive_call_results: true, call_canceling: true } },
    callee: { features: { progressive_call_results: true, call_canceling: true } },
  },
};

export class RawClient {
  readonly #transport: Transport;
  readonly #inbox: Received[] = [];
  #waiting: (() => void)[] = []; // for something to come
  #requests = 0;
  session = 0;
  /** Why the transport is gone; `undefined` while it is open. */
  closed: string | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.open({
      receive: (message) => this.#take(message),
      refused: ({ message }) => expect.unreachable(`the router sent what cannot be read: ${message}`),
      violation: (fault) => expect.unreachable(`the router sent what is no message: ${fault.message}`),
      closed: (reason) => {
        this.closed = reason;
        this.#wake();
      },
    });
  }

  send({ args, kwargs, ...message }: Raw): void {
    this.#transport.send({ ...message, payload: Payload.of(args, kwargs) } as unknown as Message);
  }

  /** The next request ID of this session. */
  next(): number {
    return ++this.#requests;
  }

  /** The next message, which must be of this type. */
  async receive<T extends Message["type"]>(type: T): Promise<Received & { readonly type: T }> {
    while (this.#inbox.length === 0) {
      if (this.closed !== undefined) throw new Error(`expected ${type}, but the transport is closed: ${this.closed}`);
      await this.#arrival();
    }
    const message = this.#inbox.shift() as Received;
    expect(message.type, JSON.stringify(message)).toBe(type);
    return message as Received & { readonly type: T };
  }

  /** The answer to a request, taken out of what has come. */
  async answer(request: number): Promise<Received> {
    const isAnswer = ({ type, ...message }: Received) =>
      message.request === request && type !== "INVOCATION" && type !== "INTERRUPT";
    while (!this.#inbox.some(isAnswer)) {
      if (this.closed !== undefined) throw new Error(`expected an answer, but the transport is closed: ${this.closed}`);
      await this.#arrival();
    }
    return this.#inbox.splice(this.#inbox.findIndex(isAnswer), 1)[0] as Received;
  }

  /** The messages that have arrived and were not received yet. Call it after a known answer. */
  unread(): readonly Received[] {
    return this.#inbox;
  }

  /** Everything that was sent to this client before now has come when this resolves. */
  async settle(): Promise<void> {
    const request = this.next();
    if (process.env.WAMPACT_TEST_NODES) await this.#flushed();
    this.send({ type: "UNSUBSCRIBE", request, subscription: 2 ** 53 });
    await this.answer(request);
  }

  /** Waits until the messages of other nodes have arrived: a meta procedure is answered after them. */
  async #flushed(): Promise<void> {
    for (let round = 0; round < 2; round++) await this.answer(this.call("wamp.session.count"));
  }

  async hello(realm: string, details: object = CLIENT_DETAILS): Promise<Received> {
    this.send({ type: "HELLO", realm, details });
    const welcome = await this.receive("WELCOME");
    this.session = welcome.session;
    this.#requests = 0;
    return welcome;
  }

  async register(procedure: string, options: object = {}): Promise<number> {
    this.send({ type: "REGISTER", request: this.next(), options, procedure });
    return (await this.receive("REGISTERED")).registration;
  }

  async subscribe(topic: string, options: object = {}): Promise<number> {
    this.send({ type: "SUBSCRIBE", request: this.next(), options, topic });
    return (await this.receive("SUBSCRIBED")).subscription;
  }

  /** Sends a CALL and returns its request ID. */
  call(
    procedure: string,
    options: object = {},
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
  ): number {
    const request = this.next();
    this.send({ type: "CALL", request, options, procedure, ...(args && { args }), ...(kwargs && { kwargs }) });
    return request;
  }

  /** Publishes with an acknowledgement and returns the publication. */
  async publish(topic: string, options: object = {}, args: readonly unknown[] = []): Promise<number> {
    this.send({ type: "PUBLISH", request: this.next(), options: { ...options, acknowledge: true }, topic, args });
    return (await this.receive("PUBLISHED")).publication;
  }

  close(): void {
    this.#transport.close();
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #take(message: Message): void {
    const { payload, ...fields } = message as Message & { payload?: Payload };
    this.#inbox.push(payload ? { ...fields, args: payload.args, kwargs: payload.kwargs } : fields);
    this.#wake();
  }
}

/** A router in this process that ends with its test. */
export interface TestRouter {
  readonly router: Router;
  /** A client that has not said HELLO yet. */
  open(): RawClient;
  /** A client with a session. Default realm: the first. */
  join(details?: object, realm?: string): Promise<RawClient>;
}

export const REALM = "com.example";

/** A realm whose anonymous clients may do everything: end and revoke what others have, and describe what they do not serve. */
export const UNRESTRICTED = { name: REALM, authorize: () => true } satisfies RealmConfig;

export function startRouter(t: Pick<TestContext, "onTestFinished">, config: Partial<RouterConfig> = {}): TestRouter {
  if (process.env.WAMPACT_TEST_NODES) return startNodes(t, Number(process.env.WAMPACT_TEST_NODES), config);
  const faults: unknown[] = []; // what is thrown in onError would be told to nobody
  const router = createRouter({ realms: [{ name: REALM }], onError: (error) => faults.push(error), ...config });
  t.onTestFinished(async () => {
    await router.close({ drainMs: 0 });
    expect(faults.map(String)).toEqual([]);
  });
  const open = () => {
    const [ours, theirs] = createMemoryPair(); // as any client comes, and not as a peer that the application attaches
    router.accept(theirs);
    return new RawClient(ours);
  };
  return {
    router,
    open,
    async join(details, realm = config.realms?.[0]?.name ?? REALM) {
      const client = open();
      await client.hello(realm, details);
      return client;
    },
  };
}

/** The same, whose clients are dealt over so many routers that are one realm. */
function startNodes(t: Pick<TestContext, "onTestFinished">, count: number, config: Partial<RouterConfig>): TestRouter {
  const hub = new Hub();
  const faults: unknown[] = [];
  const routers = Array.from({ length: count }, (_, at) =>
    createRouter({
      realms: [{ name: REALM }],
      onError: (error) => faults.push(error),
      ...config,
      cluster: hub.cluster(`n${at}`),
    }),
  );
  t.onTestFinished(async () => {
    await Promise.all(routers.map((router) => router.close({ drainMs: 0 })));
    expect(faults.map(String)).toEqual([]);
  });
  let dealt = 0;
  const open = () => {
    const [ours, theirs] = createMemoryPair();
    (routers[dealt++ % count] as Router).accept(theirs);
    return new RawClient(ours);
  };
  return {
    router: routers[0] as Router,
    open,
    async join(details, realm = config.realms?.[0]?.name ?? REALM) {
      for (let at = 0; at < count; at++) await hub.joined(`n${at}`);
      const client = open();
      await client.hello(realm, details);
      return client;
    },
  };
}
