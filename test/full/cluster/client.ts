/** A client of one router, which connects again as another session whenever its session ends. */
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Invocation, type Peer } from "wampact/peer";
import { REALM } from "../../support/raw.js";
import type { CallOutcome, History, Session } from "./history.js";

const SHARED = "com.chaos.shared";
const TOLD = "com.chaos.told";
const only = (client: string) => `com.chaos.only.${client}`;

export interface ClientParts {
  readonly name: string;
  readonly router: string;
  readonly url: string;
  /** Whether it stays though its router is silent. */
  readonly isPatient: boolean;
  readonly others: readonly string[];
  readonly random: () => number;
  readonly history: () => History;
}

export class Client {
  readonly parts: ClientParts;
  session: Session | undefined;
  #isStopped = false;
  #isLoaded = false;
  #number = 0;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #ended: Promise<void>;

  constructor(parts: ClientParts) {
    this.parts = parts;
    this.#ended = this.#live();
  }

  /** Whether it has all that it wants. */
  get isReady(): boolean {
    const { session } = this;
    return session?.isOpen === true && session.isRegistered && session.subscribedAt < Infinity;
  }

  set isLoaded(isLoaded: boolean) {
    this.#isLoaded = isLoaded;
  }

  /** Resolves when nothing that it has asked for is under way any more. */
  async quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Resolves with the session that answers for another client. */
  async ask(client: string): Promise<unknown> {
    return (await this.#peer.call(only(client), [0, `ask ${++this.#number}`])).args[0];
  }

  async meta(procedure: string): Promise<unknown> {
    return (await this.#peer.call(procedure, [])).args[0];
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.session?.peer.close({ drainMs: 0 });
    await this.#ended;
  }

  get #peer(): Peer {
    if (!this.session) throw new Error(`${this.parts.name} has no session`);
    return this.session.peer;
  }

  async #live(): Promise<void> {
    const { url, isPatient } = this.parts;
    while (!this.#isStopped) {
      try {
        const options = { url, realm: REALM, reconnect: false as const, connectTimeoutMs: 5_000, onError: () => {} };
        const peer = await connect({ ...options, ...(isPatient && { pingIntervalMs: Infinity }) });
        await this.#hold(peer);
      } catch {
        await sleep(50); // its router is away
      }
    }
  }

  /** Resolves when the session has ended. */
  async #hold(peer: Peer): Promise<void> {
    const { name, router, history } = this.parts;
    const session: Session = {
      id: peer.session?.id ?? 0,
      router,
      client: name,
      peer,
      subscribedAt: Infinity,
      isRegistered: false,
      isOpen: true,
      events: new Map(),
      calls: new Map(),
    };
    this.session = session;
    history().sessions.add(session);
    const ended = new Promise<void>((resolve) => {
      peer.on("state", (state) => {
        if (state !== "closed") return;
        session.isOpen = false;
        resolve();
      });
      if (peer.state === "closed") resolve();
    });
    peer.on("lost", ({ uri, error }) => {
      session.isRegistered = false;
      history().revoked.push(`${name} ${session.id}: ${error.message}`);
      void this.#register(session, [uri]);
    });
    void this.#register(session, [only(name), SHARED]);
    void this.#subscribe(session);
    void this.#load(session);
    await ended;
    session.isOpen = false;
  }

  async #register(session: Session, uris: readonly string[]): Promise<void> {
    const { name, history } = this.parts;
    const run = (call: unknown) => history().runs.set(String(call), (history().runs.get(String(call)) ?? 0) + 1);
    const note = (seen: Map<number, number[]>, from: unknown, number: unknown) => {
      const numbers = seen.get(Number(from)) ?? [];
      seen.set(Number(from), numbers);
      numbers.push(Number(number));
    };
    const handlers: Readonly<Record<string, (call: Invocation) => unknown>> = {
      [only(name)]: ({ args: [from, call, number] }) => {
        run(call);
        if (Number(from) > 0) note(session.calls, from, number);
        return session.id;
      },
      [SHARED]: ({ args: [, call] }) => run(call) && call,
    };
    for (const uri of uris)
      await untilDone(session, async () => {
        const invoke = uri === SHARED ? "roundrobin" : "single";
        await session.peer.register(uri, handlers[uri] as (call: Invocation) => unknown, { invoke });
      });
    session.isRegistered = session.isOpen;
  }

  async #subscribe(session: Session): Promise<void> {
    await untilDone(session, async () => {
      await session.peer.subscribe(TOLD, ({ args: [from, number] }) => {
        const numbers = session.events.get(Number(from)) ?? [];
        session.events.set(Number(from), numbers);
        numbers.push(Number(number));
      });
    });
    session.subscribedAt = performance.now();
  }

  async #load(session: Session): Promise<void> {
    while (session.isOpen && !this.#isStopped) {
      if (this.#isLoaded && this.#underWay.size < 50) {
        this.#track(this.#call(session));
        this.#track(this.#publish(session));
      }
      await sleep(5);
    }
  }

  #track(done: Promise<void>): void {
    this.#underWay.add(done);
    void done.finally(() => this.#underWay.delete(done));
  }

  async #call(session: Session): Promise<void> {
    const { others, random, history } = this.parts;
    const number = ++this.#number;
    const id = `${session.id}:${number}`;
    const target = others[Math.floor(random() * others.length)] as string;
    const procedure = random() < 0.5 ? SHARED : only(target);
    const call: CallOutcome = { id, procedure, outcome: "pending" };
    history().calls.push(call);
    try {
      const { args } = await session.peer.call(procedure, [session.id, id, number]);
      call.outcome = procedure !== SHARED || args[0] === id ? "answered" : "wrong";
    } catch (error) {
      call.outcome = { error: error instanceof Error ? error.message : String(error) };
    }
  }

  async #publish(session: Session): Promise<void> {
    const number = ++this.#number;
    const publication = { publisher: session, number, at: performance.now(), isAcknowledged: false };
    this.parts.history().publications.push(publication);
    try {
      await session.peer.publish(TOLD, [session.id, number], {}, { acknowledge: true });
      publication.isAcknowledged = true;
    } catch {
      publication.isAcknowledged = false; // its session has ended
    }
  }
}

/** Tries again while the session stands: its router may be cut off. */
async function untilDone(session: Session, attempt: () => Promise<void>): Promise<void> {
  while (session.isOpen) {
    try {
      return await attempt();
    } catch {
      await sleep(100);
    }
  }
}
