import type * as m from "../../../src/wire/messages.js";
import type { ClientNode } from "./client.js";
import { SimulatedConnection } from "./connection.js";

/** What one router has told of the sessions of its realm. */
export interface SessionNews {
  readonly node: string;
  /** Session → what was told of it, in order. */
  readonly bySession: ReadonlyMap<number, readonly ("joined" | "left")[]>;
}

const TOPICS = ["wamp.session.on_join", "wamp.session.on_leave"] as const;

/** A session that hears who joins and leaves its realm. */
export class Watcher {
  readonly #node: ClientNode;
  readonly #connection: SimulatedConnection;
  readonly #topics = new Map<number, (typeof TOPICS)[number]>(); // by subscription
  readonly #bySession = new Map<number, ("joined" | "left")[]>();

  constructor(node: ClientNode) {
    this.#node = node;
    const client = { receive: (message: m.Message) => this.#receive(message), left() {}, lost() {} };
    this.#connection = new SimulatedConnection(node, client, "watcher");
    node.connections.add(this.#connection);
    for (const [index, topic] of TOPICS.entries())
      this.#connection.sendToRouter({ type: "SUBSCRIBE", request: index + 1, options: {}, topic });
  }

  get seen(): SessionNews {
    return { node: this.#node.name, bySession: new Map(this.#bySession) };
  }

  leave(): void {
    this.#connection.close("wamp.close.close_realm", "client");
  }

  #receive(message: m.Message): void {
    if (message.type === "SUBSCRIBED")
      this.#topics.set(message.subscription, TOPICS[message.request - 1] as (typeof TOPICS)[number]);
    if (message.type !== "EVENT") return;
    const [about] = message.payload.args;
    const isJoined = this.#topics.get(message.subscription) === "wamp.session.on_join";
    const id = isJoined ? (about as { readonly session: number }).session : (about as number);
    this.#bySession.set(id, [...(this.#bySession.get(id) ?? []), isJoined ? "joined" : "left"]);
  }
}
