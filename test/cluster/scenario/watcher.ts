import type * as m from "../../../src/wire/messages.js";
import type { ClientNode } from "./client.js";
import { SimulatedConnection } from "./connection.js";

/** Something that a meta event tells of: that it is there from now on, or that it is over. */
export interface Told {
  readonly isOver: boolean;
  readonly atMs: number;
}

/** A meta event that one router has published in its realm. */
export interface MetaNews {
  readonly node: string;
  /** The subject of meta events, such as `session 7`, `registration 3`, `callee 3 7`, `subscription 4`, `subscriber 4 7` → its events, in order. */
  readonly about: ReadonlyMap<string, readonly Told[]>;
}

const TOPICS = [
  ["wamp.session.on_join", "exact"],
  ["wamp.session.on_leave", "exact"],
  ["wamp.registration.", "prefix"],
  ["wamp.subscription.", "prefix"],
] as const;

/** A session that hears what the meta events of its realm tell. */
export class Watcher {
  readonly #node: ClientNode;
  readonly #connection: SimulatedConnection;
  readonly #topics = new Map<number, string>(); // by subscription
  readonly #about = new Map<string, Told[]>();

  constructor(node: ClientNode) {
    this.#node = node;
    const client = { receive: (message: m.Message) => this.#receive(message), left() {}, lost() {} };
    this.#connection = new SimulatedConnection(node, client, "watcher");
    node.connections.add(this.#connection);
    for (const [index, [topic, match]] of TOPICS.entries())
      this.#connection.sendToRouter({ type: "SUBSCRIBE", request: index + 1, options: { match }, topic });
  }

  get seen(): MetaNews {
    return { node: this.#node.name, about: new Map([...this.#about].map(([key, told]) => [key, [...told]])) };
  }

  leave(): void {
    this.#connection.close("wamp.close.close_realm", "client");
  }

  #receive(message: m.Message): void {
    if (message.type === "SUBSCRIBED") this.#topics.set(message.subscription, TOPICS[message.request - 1]?.[0] ?? "");
    if (message.type !== "EVENT") return;
    const { details, subscription, payload } = message;
    const [key, isOver] = newsOf(String(details.topic ?? this.#topics.get(subscription)), payload.args);
    const told = this.#about.get(key) ?? [];
    told.push({ isOver, atMs: this.#node.timeline.nowMs });
    this.#about.set(key, told);
  }
}

/** The subject of a meta event, and whether the event says that it is over. */
function newsOf(topic: string, [one, other]: readonly unknown[]): readonly [key: string, isOver: boolean] {
  const [, kind, what] = topic.split(".");
  switch (what) {
    case "on_join":
      return [`session ${(one as { readonly session: number }).session}`, false];
    case "on_leave":
      return [`session ${one}`, true];
    case "on_create":
      return [`${kind} ${(other as { readonly id: number }).id}`, false];
    case "on_delete":
      return [`${kind} ${other}`, true];
    case "on_register":
    case "on_unregister":
      return [`callee ${other} ${one}`, what === "on_unregister"];
    default:
      return [`subscriber ${other} ${one}`, what === "on_unsubscribe"];
  }
}
