/**
 * Sessions that keep to the protocol and ask for what is hard: URIs of many components, large binaries, and whatever meets a
 * policy, a store or a schema that throws. Each request must be answered, and none of these sessions may ever be ended by
 * ABORT `wamp.error.protocol_violation`, which blames the client.
 */
import type { Message } from "wampact/peer";
import { type Arena, type Attack, count, steadyListener } from "./arena.js";
import type { SerializerId } from "./encode.js";
import { FAULT, LARGE_BYTES, LARGE_TOPIC, REALMS } from "./places.js";
import type { Random } from "./random.js";
import { AttackerSession } from "./session.js";
import { manyComponents } from "./uris.js";

const VIOLATION = "wamp.error.protocol_violation";
const ANSWER_WITHIN_MS = 30_000;
/** How often it looks whether the run is over. */
const A_LOOK_MS = 250;
const LONG_URI = `com${".a".repeat(4_000_000)}`;
const LARGE = Buffer.alloc(LARGE_BYTES, 7);

/** Why a polite session ended early: the router went, or a fault that was told already. */
class Ended extends Error {}

class PoliteSession {
  readonly attacker: AttackerSession;
  readonly #arena: Arena;
  readonly #random: Random;
  readonly #theme: string;
  readonly #inbox: Message[] = [];

  constructor(arena: Arena, random: Random, theme: string, realm: string, serializer: SerializerId) {
    this.#arena = arena;
    this.#random = random;
    this.#theme = theme;
    this.attacker = new AttackerSession(arena, {
      listener: steadyListener(random),
      serializer,
      realm,
      longestMs: 4 * ANSWER_WITHIN_MS,
    });
    this.attacker.onMessage = (message) => this.#inbox.push(message);
  }

  next(): number {
    return ++this.attacker.known.requests;
  }

  write(list: unknown[]): void {
    this.attacker.wire.write(this.attacker.bytes(this.#random, list));
  }

  /** Sends a request and returns what answers it, RESULT and the like or ERROR. */
  async ask(list: unknown[]): Promise<Message> {
    this.write(list);
    const request = list[1];
    return this.expect(
      `an answer to ${String(list[0])}`,
      (message) => "request" in message && message.request === request && message.type !== "INVOCATION",
    );
  }

  async expect(what: string, isIt: (message: Message) => boolean): Promise<Message> {
    const limit = performance.now() + ANSWER_WITHIN_MS;
    const { wire } = this.attacker;
    while (!this.#arena.over && !wire.isOver && performance.now() < limit) {
      if (await wire.until(() => this.#inbox.some(isIt) || this.attacker.abort !== undefined, A_LOOK_MS)) break;
    }
    const found = this.#inbox.find(isIt);
    if (found) return found;
    const { abort } = this.attacker;
    if (abort && this.attacker.known.realm === REALMS.broken && abort.reason !== VIOLATION) throw new Ended("refused");
    if (abort) throw this.#fault(`was aborted with ${abort.reason}: ${JSON.stringify(abort.details)}`);
    throw this.#fault(this.attacker.wire.isOver ? `lost its connection before ${what}` : `was not answered: ${what}`);
  }

  async join(): Promise<void> {
    await this.attacker.join(this.#random);
    await this.expect("WELCOME", ({ type }) => type === "WELCOME");
  }

  async leave(): Promise<void> {
    this.write([6, {}, "wamp.close.close_realm"]);
    await this.expect("an echo of GOODBYE", ({ type }) => type === "GOODBYE");
    await this.attacker.wire.leave(this.#random);
  }

  #fault(what: string): Ended {
    const text = `a session that kept to the protocol (${this.#theme}) ${what}`;
    if (!this.#arena.over) this.#arena.found(text);
    return new Ended(text);
  }
}

type Theme = (
  open: (serializer?: SerializerId, realm?: string) => Promise<PoliteSession>,
  random: Random,
) => Promise<void>;

const THEMES: Readonly<Record<string, Theme>> = {
  /** A policy throws for a call, a publication and a registration. */
  async policies(open) {
    const session = await open();
    await session.ask([48, session.next(), {}, FAULT.trust]);
    await session.ask([48, session.next(), {}, FAULT.disclosure]);
    await session.ask([16, session.next(), { acknowledge: true }, FAULT.trust]);
    await session.ask([16, session.next(), { acknowledge: true }, FAULT.disclosure]);
    await session.ask([64, session.next(), { match: "prefix" }, FAULT.disclosure]);
    await session.leave();
  },
  /** A store throws when it writes, and when it is read. */
  async stores(open) {
    const session = await open();
    await session.ask([16, session.next(), { acknowledge: true, retain: true }, FAULT.store, ["kept"]]);
    await session.ask([16, session.next(), { acknowledge: true }, FAULT.history, ["kept"]]);
    await session.ask([32, session.next(), { get_retained: true }, FAULT.store]);
    const found = await session.ask([48, session.next(), {}, "wamp.subscription.lookup", [FAULT.history]]);
    const id = found.type === "RESULT" ? found.payload.args[0] : null;
    await session.ask([48, session.next(), {}, "wamp.subscription.get_events", [id]]);
    await session.leave();
  },
  /** A store throws on what a session leaves behind, however it leaves. */
  async testaments(open, random) {
    const session = await open();
    const testament = [[FAULT.store, ["left"], {}], { publish_options: { retain: true } }];
    await session.ask([48, session.next(), {}, "wamp.session.add_testament", ...testament]);
    if (random.chance(0.5)) await session.leave();
    else await session.attacker.wire.leave(random);
  },
  /** A schema of a contract throws. */
  async schemas(open) {
    const session = await open();
    await session.ask([48, session.next(), {}, FAULT.schema, ["x"]]);
    await session.ask([16, session.next(), { acknowledge: true }, FAULT.schema, ["x"]]);
    await session.leave();
  },
  /** A policy throws for everybody who joins: they are refused, and not blamed. */
  async joining(open) {
    await open("json", REALMS.broken);
  },
  /** Patterns and URIs of many components, undone by request or by the end of the connection. */
  async components(open, random) {
    const session = await open();
    const [pattern, uri] = [manyComponents(random), manyComponents(random)];
    const match = random.pick(["wildcard", "wildcard", "prefix"]);
    const subscribed = await session.ask([32, session.next(), { match }, pattern]);
    await session.ask([64, session.next(), { match, invoke: "roundrobin" }, pattern]);
    await session.ask([16, session.next(), { acknowledge: true }, uri]);
    await session.ask([48, session.next(), {}, "wamp.subscription.match", [uri]]);
    await session.ask([48, session.next(), {}, "wamp.registration.lookup", [pattern, { match }]]);
    if (subscribed.type === "SUBSCRIBED" && random.chance(0.5)) {
      await session.ask([34, session.next(), subscribed.subscription]);
    }
    if (random.chance(0.5)) await session.leave();
    else await session.attacker.wire.leave(random);
  },
  /** A URI with more components than a regular expression that recurses can match. */
  async length(open) {
    const session = await open();
    await session.ask([48, session.next(), {}, LONG_URI]);
    await session.ask([16, session.next(), { acknowledge: true }, LONG_URI]);
    await session.ask([64, session.next(), { match: "prefix" }, LONG_URI]);
    await session.leave();
  },
  /** A large binary, from JSON to another serializer and the other way round. */
  async binary(open, random) {
    const [from, to] = random.pick([
      ["json", "cbor"],
      ["cbor", "json"],
      ["json", "msgpack"],
    ] as const);
    const [publisher, subscriber] = [await open(from), await open(to)];
    const topic = `com.fuzz.binary.${subscriber.attacker.known.name}`;
    await subscriber.ask([32, 1, {}, topic]);
    await publisher.ask([16, publisher.next(), { acknowledge: true }, topic, [LARGE]]);
    await subscriber.expect("the large EVENT", ({ type }) => type === "EVENT");
    await publisher.ask([16, publisher.next(), { acknowledge: true }, LARGE_TOPIC, [LARGE]]);
    await Promise.all([publisher.leave(), subscriber.leave()]);
  },
};

/** The share of each theme; a large binary costs most. */
const WEIGHTS = {
  policies: 3,
  stores: 3,
  testaments: 4,
  schemas: 2,
  joining: 2,
  components: 5,
  length: 0.3,
  binary: 2,
};

export const polite: Attack = async (arena, random) => {
  const theme = random.weighted(WEIGHTS);
  count(arena, `polite: ${theme}`);
  const opened: PoliteSession[] = [];
  const open = async (
    serializer: SerializerId = random.pick(["json", "msgpack", "cbor"]),
    realm: string = REALMS.calm,
  ) => {
    const session = new PoliteSession(arena, random, theme, realm, serializer);
    opened.push(session);
    await session.join();
    return session;
  };
  try {
    await (THEMES[theme] as Theme)(open, random);
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
  }
  for (const { attacker } of opened) attacker.wire.destroy();
};
