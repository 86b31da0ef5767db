import type { SimulatedProcess } from "../../../src/cluster/simulation/process.js";
import type { Timeline } from "../../../src/cluster/simulation/timeline.js";
import type { CallFlow } from "../../../src/router/flow/call-flow.js";
import type { SessionFlow } from "../../../src/router/flow/session-flow.js";
import type { Leaving, Realm } from "../../../src/router/realm.js";
import { partyOf } from "../../../src/router/realm-session.js";
import { RouterSession, type SessionConnection } from "../../../src/router/session.js";
import { CLIENT_ROLES } from "../../../src/session/client-roles.js";
import type { Transport } from "../../../src/transport/transport.js";
import type { ProtocolViolation, WampError } from "../../../src/wire/error.js";
import type { Message } from "../../../src/wire/messages.js";
import { Payload } from "../../../src/wire/payload.js";

/** Unsent bytes beyond which a router would cut a connection: a quarter is congested, and half is full. */
const MAX_UNSENT_BYTES = 24_000;
const DRAINED_BYTES = MAX_UNSENT_BYTES / 8;
/** The bytes of a message in addition to its arguments. */
const MESSAGE_BYTES = 60;

/** The node that a connection leads to. */
export interface ConnectionHost {
  readonly timeline: Timeline;
  readonly process: SimulatedProcess;
  readonly realm: Realm<RouterSession>;
  readonly flow: CallFlow;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly wrong: (what: string) => void;
}

/** The client's end. */
export interface ConnectionClient {
  receive(message: Message): void;
  /** The router has ended the session; the client hears of it later. */
  left(): void;
  /** The connection is gone. */
  lost(): void;
}

/** A connection of a simulated client to its router, with the session on it: two pipes, each in order. */
export class SimulatedConnection implements SessionConnection {
  readonly transportKind = "simulated";
  readonly maxReceiveBytes: number | undefined = undefined;
  readonly flow: SessionFlow | undefined;
  readonly session: RouterSession;
  readonly #host: ConnectionHost;
  readonly #client: ConnectionClient;
  #isOpen = true; // at the router's end
  #arrivesMs = { router: 0, client: 0 };
  #unread: { readonly bytes: number; readonly handle: () => void }[] = []; // by the client
  #unsentBytes = 0;
  #isReading = true; // the client
  #isPaused = false; // the router's end
  #held: Message[] = []; // while it is
  #drained: (() => void)[] = [];

  constructor(host: ConnectionHost, client: ConnectionClient, authid: string) {
    this.#host = host;
    this.#client = client;
    const { realm } = host;
    this.flow = host.flow.sessionFlow(this.#transport());
    const identity = {
      id: realm.newSessionId(),
      authid,
      authrole: "anonymous",
      authmethod: "anonymous",
      authprovider: "static",
    };
    this.session = new RouterSession(this, {
      identity,
      roles: CLIENT_ROLES,
      grants: realm.grantsOf(partyOf(identity)),
    });
    realm.join(this.session, { kind: "simulated" });
  }

  /** The client sends a message. */
  sendToRouter(message: Message): void {
    this.#pass("router", () =>
      this.#host.process.handle(() => {
        if (this.#isPaused || this.#held.length > 0) this.#held.push(message);
        else this.#receive(message);
      }),
    );
  }

  /** The client ends the connection; what it has sent before arrives. */
  close(reason: string, endedBy: Leaving["endedBy"]): void {
    this.#pass("router", () =>
      this.#host.process.handle(() => {
        this.#isPaused = false;
        for (const message of this.#held.splice(0)) this.#receive(message);
        this.#leave({ reason, endedBy });
      }),
    );
  }

  /** The client reads, or does not for now. */
  read(isReading: boolean): void {
    this.#isReading = isReading;
    if (!isReading) return;
    for (const { bytes, handle } of this.#unread.splice(0)) this.#read(bytes, handle);
  }

  send(message: Message): WampError | undefined {
    if (!this.#isOpen) return undefined;
    const bytes = MESSAGE_BYTES + ("payload" in message ? JSON.stringify(message.payload.args).length : 0);
    const read = "payload" in message ? { ...message, payload: message.payload.copy() } : message;
    this.#sendToClient(bytes, () => this.#client.receive(read as Message));
    if (this.#unsentBytes > MAX_UNSENT_BYTES) this.#cut();
    return undefined;
  }

  violation(fault: ProtocolViolation): void {
    this.#host.wrong(`${this.session.authid} has violated the protocol: ${fault.message}`);
    this.#leave({ reason: fault.message, endedBy: "violation" });
  }

  dismiss(): void {
    this.#held = [];
  }

  trust(): void {}

  goodbye(reason: string): void {
    if (!this.#isOpen) return;
    this.send({ type: "GOODBYE", reason, details: {} });
    this.#leave({ reason, endedBy: "router" });
  }

  /** The router's process is dead. */
  routerDied(): void {
    this.#isOpen = false;
    this.#sendToClient(0, () => this.#client.lost());
  }

  #receive(message: Message): void {
    if (!this.#isOpen) return;
    try {
      this.#host.realm.receive(this.session, message);
    } catch (error) {
      this.violation(error as ProtocolViolation);
    }
  }

  /** The client reads too slowly. */
  #cut(): void {
    this.#host.process.defer(() => {
      if (!this.#isOpen) return;
      this.#leave({ reason: "too slow", endedBy: "cut" });
      this.#sendToClient(0, () => this.#client.lost());
    });
  }

  #leave(how: Pick<Leaving, "reason" | "endedBy">): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const traffic = { receivedMessages: 0, receivedBytes: 0, sentMessages: 0, sentBytes: 0 };
    this.#host.realm.leave(this.session, { ...how, info: { kind: "simulated" }, durationMs: 0, traffic });
    this.session.end();
    this.#client.left();
    for (const tell of this.#drained.splice(0)) tell();
  }

  #sendToClient(bytes: number, handle: () => void): void {
    this.#unsentBytes += bytes;
    this.#pass("client", () => {
      if (this.#isReading) this.#read(bytes, handle);
      else this.#unread.push({ bytes, handle });
    });
  }

  #read(bytes: number, handle: () => void): void {
    this.#unsentBytes -= bytes;
    if (this.#drained.length > 0 && this.#unsentBytes <= DRAINED_BYTES)
      this.#host.process.handle(() => {
        for (const tell of this.#drained.splice(0)) tell();
      });
    handle();
  }

  /** A way of its own for each direction: nothing overtakes. */
  #pass(to: "router" | "client", run: () => void): void {
    const { timeline, random } = this.#host;
    const atMs = Math.max(this.#arrivesMs[to], timeline.nowMs + 0.1 + random());
    this.#arrivesMs[to] = atMs;
    timeline.at(atMs, run);
  }

  /** The transport that the router's flow control sees. */
  #transport(): Transport {
    const unsentBytes = () => this.#unsentBytes;
    return {
      info: { kind: "simulated" },
      maxUnsentBytes: MAX_UNSENT_BYTES,
      get unsentBytes() {
        return unsentBytes();
      },
      reading: this.#reading(),
      open() {},
      send() {},
      close() {},
      onceDrained: (callback) => {
        if (this.#isOpen && this.#unsentBytes > DRAINED_BYTES) this.#drained.push(callback);
        else callback();
      },
    };
  }

  #reading(): NonNullable<Transport["reading"]> {
    const isPaused = () => this.#isPaused;
    return {
      get paused() {
        return isPaused();
      },
      pause: () => {
        this.#isPaused = true;
      },
      resume: () => {
        if (!this.#isPaused) return;
        this.#isPaused = false;
        this.#host.process.defer(() => {
          while (!this.#isPaused && this.#held.length > 0) this.#receive(this.#held.shift() as Message);
        });
      },
    };
  }
}

/** Arguments as a client sends them. */
export function payloadOf(...args: readonly unknown[]): Payload {
  return Payload.of(args);
}
