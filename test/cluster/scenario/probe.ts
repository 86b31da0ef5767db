import type * as m from "../../../src/wire/messages.js";
import { Payload } from "../../../src/wire/payload.js";
import type { ClientNode } from "./client.js";
import { SimulatedConnection } from "./connection.js";

/** A node's tables of a realm, without the probes, and sorted where the order has no meaning. */
export interface TablesSeen {
  readonly node: string;
  /** Sorted. */
  readonly sessions: readonly unknown[];
  /** By ID: its details, and its callees in order. */
  readonly registrations: ReadonlyMap<number, { readonly details: unknown; readonly callees: readonly number[] }>;
  /** By ID: its details, and its subscribers sorted. */
  readonly subscriptions: ReadonlyMap<number, { readonly details: unknown; readonly subscribers: readonly number[] }>;
  /** Questions that were not answered, or with an error. */
  readonly unanswered: readonly string[];
}

/** A session that asks a node what it knows of its realm, by the meta API. */
export class Probe {
  readonly #node: ClientNode;
  readonly #connection: SimulatedConnection;
  readonly #waiting = new Map<number, { readonly question: string; readonly answered: (payload: Payload) => void }>();
  readonly #errors: string[] = [];
  readonly #registrations = new Map<number, { details: unknown; callees: number[] }>();
  readonly #subscriptions = new Map<number, { details: unknown; subscribers: number[] }>();
  #sessions: number[] = [];
  #requests = 0;

  constructor(node: ClientNode) {
    this.#node = node;
    const client = { receive: (message: m.Message) => this.#receive(message), left() {}, lost() {} };
    this.#connection = new SimulatedConnection(node, client, "probe");
  }

  get session(): number {
    return this.#connection.session.id;
  }

  get seen(): TablesSeen {
    return {
      node: this.#node.name,
      sessions: this.#sessions,
      registrations: this.#registrations,
      subscriptions: this.#subscriptions,
      unanswered: [...this.#errors, ...[...this.#waiting.values()].map(({ question }) => question)],
    };
  }

  ask(): void {
    this.#call("wamp.session.list", [], ([ids]) => {
      this.#sessions = sorted(ids);
    });
    this.#call("wamp.registration.list", [], ([lists]) => {
      for (const id of Object.values(lists as Record<string, number[]>).flat()) this.#askOfRegistration(id);
    });
    this.#call("wamp.subscription.list", [], ([lists]) => {
      for (const id of Object.values(lists as Record<string, number[]>).flat()) this.#askOfSubscription(id);
    });
  }

  leave(): void {
    this.#connection.close("wamp.close.close_realm", "client");
  }

  #askOfRegistration(id: number): void {
    const seen = { details: undefined as unknown, callees: [] as number[] };
    this.#registrations.set(id, seen);
    this.#call("wamp.registration.get", [id], ([details]) => {
      seen.details = details;
    });
    this.#call("wamp.registration.list_callees", [id], ([callees]) => {
      seen.callees = callees as number[];
    });
  }

  #askOfSubscription(id: number): void {
    const seen = { details: undefined as unknown, subscribers: [] as number[] };
    this.#subscriptions.set(id, seen);
    this.#call("wamp.subscription.get", [id], ([details]) => {
      seen.details = details;
    });
    this.#call("wamp.subscription.list_subscribers", [id], ([subscribers]) => {
      seen.subscribers = sorted(subscribers);
    });
  }

  #call(procedure: string, args: readonly unknown[], answered: (args: readonly unknown[]) => void): void {
    const request = ++this.#requests;
    const question = `${procedure} ${args.join(" ")}`;
    this.#waiting.set(request, { question, answered: (payload) => answered(payload.args) });
    this.#connection.sendToRouter({ type: "CALL", request, options: {}, procedure, payload: Payload.of(args) });
  }

  #receive(message: m.Message): void {
    if (message.type !== "RESULT" && message.type !== "ERROR") return;
    const waiting = this.#waiting.get(message.request);
    if (!waiting) return;
    this.#waiting.delete(message.request);
    if (message.type === "RESULT") waiting.answered(message.payload);
    else this.#errors.push(`${waiting.question}: ${message.error}`);
  }
}

function sorted(ids: unknown): number[] {
  return [...(ids as number[])].sort((one, other) => one - other);
}
