import type { Timeline } from "../../../src/cluster/simulation/timeline.js";
import type * as m from "../../../src/wire/messages.js";
import type { CallOptions } from "../../../src/wire/options.js";
import { Payload } from "../../../src/wire/payload.js";
import { ClientSession } from "./client-session.js";
import { type ConnectionHost, SimulatedConnection } from "./connection.js";
import { Holdings } from "./holdings.js";
import type { Act } from "./plan.js";
import type { CallSeen, PublicationSeen, SessionSeen, TestamentSeen, Witness } from "./witness.js";
import { words } from "./words.js";

/** A node that takes clients. */
export interface ClientNode extends ConnectionHost {
  readonly name: string;
  readonly connections: Set<SimulatedConnection>;
}

/** The environment of a client. */
export interface ClientHost {
  readonly timeline: Timeline;
  readonly witness: Witness;
  /** The node of a number if it takes clients, else another that does, if any does. */
  nodeFor(number: number): ClientNode | undefined;
  readonly trace: (what: string) => void;
}

/** How long a client waits before it connects again, in milliseconds. */
const RECONNECT_MS = 300;

type Call = Extract<Act, { readonly do: "call" }>;

/** A client that does what a plan says, answers calls as their arguments say, and writes down what it sees. */
export class SimulatedClient {
  readonly #host: ClientHost;
  readonly #authid: string;
  #sessions = 0;
  #calls = 0;
  #publications = 0;
  #testaments = 0;
  #session: ClientSession | undefined;
  readonly #holdings: Holdings;
  #wants: number | undefined; // the node that it wants to be on
  #isReading = true;

  constructor(number: number, host: ClientHost) {
    this.#authid = `c${number}`;
    this.#host = host;
    this.#holdings = new Holdings(host.witness, () => host.timeline.nowMs);
  }

  get isJoined(): boolean {
    return this.#session !== undefined;
  }

  do(act: Act): void {
    switch (act.do) {
      case "join":
        if (this.#session === undefined && this.#wants === undefined) this.#connect(act.node);
        return;
      case "move":
        return this.#move(act.node);
      case "leave":
        return this.leave(act.how);
    }
    const session = this.#session;
    if (!session) return;
    switch (act.do) {
      case "register":
        return this.#holdings.register(session, act);
      case "unregister":
        return this.#holdings.unregister(session, act.which);
      case "subscribe":
        return this.#holdings.subscribe(session, act);
      case "unsubscribe":
        return this.#holdings.unsubscribe(session, act.which);
      case "publish":
        return void this.publish(act);
      case "call":
        return void this.call(act);
      case "cancel":
        return this.#cancel(session, act.which, act.mode);
      case "stopReading":
        return this.#stopReading(session, act.ms);
      case "bequeath":
        return this.#bequeath(session, act.topic);
      case "endOther":
        return session.askRealm("wamp.session.kill_by_authid", [`c${act.client}`], () => {});
    }
  }

  /** Ends the session, and holds nothing any more. */
  leave(how: "goodbye" | "drop" = "goodbye"): void {
    this.#wants = undefined;
    this.#close(how);
    this.#holdings.clear();
  }

  call({ procedure, options, answer, partsMs, bytes }: Omit<Call, "do">): CallSeen | undefined {
    const session = this.#session;
    if (!session) return undefined;
    const request = session.next();
    const key = `${this.#authid} call ${++this.#calls}`;
    const { timeline, witness } = this.#host;
    const seen: CallSeen = {
      key,
      caller: session.seen,
      procedure,
      options,
      sentMs: timeline.nowMs,
      parts: partsMs.length + 1,
      answers: [],
      invocations: [],
      refusals: 0,
      canceled: undefined,
    };
    witness.calls.set(key, seen);
    session.calls.set(request, seen);
    const send = (part: number) => {
      if (session.calls.get(request) !== seen) return;
      const isLast = part === partsMs.length;
      const given: CallOptions = isLast ? options : { ...options, progress: true };
      const payload = Payload.of([key, part, answer, "x".repeat(bytes)]);
      session.send({ type: "CALL", request, options: given, procedure, payload });
      if (!isLast) timeline.after(partsMs[part] as number, () => send(part + 1));
    };
    send(0);
    return seen;
  }

  publish({
    topic,
    options,
    bytes,
  }: Omit<Extract<Act, { readonly do: "publish" }>, "do">): PublicationSeen | undefined {
    const session = this.#session;
    if (!session) return undefined;
    const request = session.next();
    const number = ++this.#publications;
    const key = `${this.#authid} event ${number}`;
    const { timeline, witness } = this.#host;
    const seen: PublicationSeen = {
      key,
      publisher: session.seen,
      number,
      topic,
      options,
      sentMs: timeline.nowMs,
      acknowledgedMs: undefined,
    };
    witness.publications.set(key, seen);
    if (options.acknowledge)
      session.asked.set(request, {
        answered: () => {
          seen.acknowledgedMs = timeline.nowMs;
        },
        refused: (error) => this.#wrong(`${key} was refused: ${error}`),
      });
    session.send({ type: "PUBLISH", request, options, topic, payload: Payload.of([key, "x".repeat(bytes)]) });
    return seen;
  }

  #connect(number: number): void {
    this.#wants = number;
    const node = this.#host.nodeFor(number);
    if (!node) return this.#connectLater();
    const { timeline, witness } = this.#host;
    const name = `${this.#authid}.${++this.#sessions}`;
    node.process.handle(() => {
      if (this.#wants !== number || this.#session) return;
      const connection = new SimulatedConnection(
        node,
        {
          receive: (message) => {
            if (this.#session === session) this.#receive(session, message);
          },
          left: () => {
            seen.leftMs = timeline.nowMs;
          },
          lost: () => this.#lost(session, "loss"),
        },
        this.#authid,
      );
      node.connections.add(connection);
      const seen: SessionSeen = {
        name,
        authid: this.#authid,
        id: connection.session.id,
        node: node.name,
        openedMs: timeline.nowMs,
        leftMs: undefined,
        closedMs: undefined,
        closedBy: undefined,
      };
      witness.sessions.push(seen);
      const session: ClientSession = new ClientSession(seen, connection, timeline);
      this.#session = session;
      connection.read(this.#isReading);
      this.#host.trace(`${name} joins ${node.name} as ${seen.id}`);
      this.#holdings.restore(session);
    });
    this.#connectLater(); // where the node stands still or dies meanwhile
  }

  #connectLater(): void {
    this.#host.timeline.after(RECONNECT_MS, () => {
      if (this.#wants !== undefined && !this.#session) this.#connect(this.#wants + 1);
    });
  }

  #move(node: number): void {
    if (!this.#session) return;
    this.#close("drop");
    this.#connect(node);
  }

  #close(how: "goodbye" | "drop"): void {
    const session = this.#session;
    if (!session) return;
    session.connection.close("wamp.close.close_realm", how === "goodbye" ? "client" : "transport");
    this.#ended(session, "client");
  }

  #lost(session: ClientSession, by: "loss" | "router"): void {
    if (this.#session !== session) return;
    this.#ended(session, by);
    this.#host.timeline.after(RECONNECT_MS, () => {
      if (this.#wants !== undefined && !this.#session) this.#connect(this.#wants);
    });
  }

  #ended(session: ClientSession, by: SessionSeen["closedBy"]): void {
    const { timeline, trace } = this.#host;
    trace(`${session.seen.name} has ended: ${by}`);
    session.seen.closedMs = timeline.nowMs;
    session.seen.closedBy = by;
    this.#session = undefined;
    this.#holdings.sessionEnded();
    session.end();
  }

  #cancel(session: ClientSession, which: number, mode: "skip" | "kill" | "killnowait"): void {
    const [request, call] = [...session.calls][which] ?? [];
    if (request === undefined || !call) return;
    call.canceled = mode;
    session.send({ type: "CANCEL", request, options: { mode } });
  }

  #bequeath(session: ClientSession, topic: string): void {
    const { witness, timeline } = this.#host;
    const key = `${session.seen.name} testament ${++this.#testaments}`;
    const seen: TestamentSeen = { key, session: session.seen, topic, keptMs: undefined };
    witness.testaments.set(key, seen);
    session.askRealm("wamp.session.add_testament", [topic, [key], {}], () => {
      seen.keptMs = timeline.nowMs;
    });
  }

  #stopReading(session: ClientSession, ms: number): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    session.connection.read(false);
    this.#host.timeline.after(ms, () => {
      this.#isReading = true;
      this.#session?.connection.read(true);
    });
  }

  #receive(session: ClientSession, message: m.Message): void {
    this.#host.trace(`${session.seen.name} ${words(message)}`);
    switch (message.type) {
      case "REGISTERED":
      case "SUBSCRIBED":
      case "PUBLISHED":
        return this.#answered(session, message.request, message);
      case "UNREGISTERED":
      case "UNSUBSCRIBED":
        return message.request === 0
          ? this.#holdings.revoked(message)
          : this.#answered(session, message.request, message);
      case "RESULT":
        return this.#result(session, message);
      case "ERROR":
        return message.requestType === "CALL" ? this.#result(session, message) : this.#refused(session, message);
      case "EVENT":
        return this.#event(session, message);
      case "INVOCATION":
        return this.#invoked(session, message);
      case "INTERRUPT":
        return session.interrupted(message);
      case "GOODBYE":
        session.connection.close("wamp.close.goodbye_and_out", "client");
        return this.#lost(session, "router");
      default:
        this.#wrong(`${session.seen.name} was sent ${message.type}`);
    }
  }

  #answered(session: ClientSession, request: number, message: m.Message): void {
    const asked = session.asked.get(request);
    if (!asked)
      return this.#wrong(`${session.seen.name} was sent ${message.type} for ${request}, which waits for nothing`);
    session.asked.delete(request);
    asked.answered(message);
  }

  #refused(session: ClientSession, { request, error, requestType }: m.ErrorMessage): void {
    const asked = session.asked.get(request);
    if (!asked)
      return this.#wrong(`${session.seen.name} was sent ERROR for ${requestType} ${request}, which waits for nothing`);
    session.asked.delete(request);
    asked.refused(error);
  }

  #result(session: ClientSession, message: m.Result | m.ErrorMessage): void {
    if (session.isFromRealm(message)) return;
    const call = session.calls.get(message.request) ?? session.ended.get(message.request);
    if (!call)
      return this.#wrong(
        `${session.seen.name} was sent ${message.type} for call ${message.request}, which it has not made`,
      );
    const isFinal = message.type === "ERROR" || message.details.progress !== true;
    const error = message.type === "ERROR" ? message.error : undefined;
    call.answers.push({ isFinal, error, text: String(message.payload.args[0]) });
    if (!isFinal) return;
    session.calls.delete(message.request);
    session.ended.set(message.request, call);
  }

  #event({ seen }: ClientSession, { payload, subscription }: m.Event): void {
    const publication = String(payload.args[0]);
    this.#host.witness.events.push({ publication, subscriber: seen, subscription, atMs: this.#host.timeline.nowMs });
  }

  #invoked(session: ClientSession, message: m.Invocation): void {
    const key = String(message.payload.args[0]);
    const call = this.#host.witness.calls.get(key);
    if (call) session.invoked(message, call);
    else this.#wrong(`${session.seen.name} was given the unknown call ${key}`);
  }

  #wrong(what: string): void {
    this.#host.witness.wrongs.push(what);
    this.#host.trace(`WRONG: ${what}`);
  }
}
