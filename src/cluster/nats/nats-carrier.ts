import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { Carrier, CarrierListener } from "../carrier.js";
import { type NodeId, Unreachable } from "../engine.js";
import { Bucket } from "./bucket.js";
import { connectNats, placeOf } from "./connection.js";
import { wordsOf } from "./faults.js";
import { ALL, type NatsSettings } from "./options.js";
import { loadNats, type NatsPackages } from "./packages.js";
import { maxValueBytes } from "./payload-size.js";
import type { Tenant } from "./tenant.js";
import { UnreadableMessages } from "./unreadable-messages.js";

/** The time that a probe waits for the answer that nobody listens, in milliseconds. */
const PROBE_MS = 1_000;
/** The time limit at the end for queued messages, in milliseconds. */
const CLOSE_MS = 2_000;

/** The maximum number of subjects to keep. Beyond it, all are made anew. */
const MOST_INBOXES = 256;

const NOTHING = new Uint8Array(0);

/**
 * Carries a cluster over NATS. A node receives messages on the subject `wampact.<cluster>.<to>.<from>`. In a message to all
 * nodes, `<to>` is `all`. The carrier never uses URIs of a realm as subjects.
 */
export class NatsCarrier implements Carrier {
  readonly settings: NatsSettings;
  readonly #tenants: Tenant[] = [];
  readonly #inboxes = new Map<string, string>(); // node → subject
  readonly #report: (error: unknown) => void;
  readonly #unreadable: UnreadableMessages;
  #packages: NatsPackages | undefined;
  #connection: NatsConnection | undefined;
  #bucket: Bucket | undefined;
  #told: CarrierListener | undefined;

  constructor(settings: NatsSettings, report: (error: unknown) => void) {
    this.settings = settings;
    this.#report = report;
    this.#unreadable = new UnreadableMessages(settings.name, (error) => report(this.#placed(error)));
  }

  /** Lets a tenant use the connection, which exists from `open`. */
  host(tenant: Tenant): void {
    this.#tenants.push(tenant);
  }

  async open(_me: NodeId, told: CarrierListener): Promise<void> {
    const packages = await loadNats();
    const connection = await connectNats(this.settings, packages);
    this.#packages = packages;
    this.#connection = connection;
    this.#told = told;
    try {
      const { node } = this.settings;
      this.#subscribe(this.#subject(node, "*"), (from, bytes) => told.received(from, bytes));
      this.#subscribe(this.#subject(ALL, "*"), (from, bytes) => told.heard(from, bytes));
      this.#bucket = new Bucket({
        connection,
        packages,
        settings: this.settings,
        changed: (...change) => this.#guard(() => this.#told?.changed(...change)),
        report: this.#report,
      });
      void this.#watchStatus(connection, this.#bucket);
      await this.#bucket.open();
    } catch (error) {
      await this.close();
      throw this.#placed(error);
    }
  }

  async prepare(): Promise<void> {
    const [connection, packages] = [this.#connection, this.#packages];
    if (!connection || !packages) return;
    try {
      await Promise.all(this.#tenants.map((tenant) => tenant.open(connection, packages)));
    } catch (error) {
      throw this.#placed(error);
    }
  }

  post(to: NodeId, bytes: Uint8Array): void {
    this.#publish(this.#inbox(to), bytes);
  }

  broadcast(bytes: Uint8Array): void {
    this.#publish(this.#inbox(ALL), bytes);
  }

  /** The node receives an empty message, which it ignores. */
  probe(node: NodeId): void {
    const [connection, packages] = [this.#connection, this.#packages];
    if (!connection || !packages || connection.isClosed()) return;
    connection.request(this.#subject(node), NOTHING, { timeout: PROBE_MS }).catch((error: unknown) => {
      const { NoRespondersError, RequestError } = packages.transport.errors;
      const isNobody = error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
      if (isNobody) this.#guard(() => this.#told?.unreachable(node));
    });
  }

  get maxValueBytes(): number {
    return this.#connection ? maxValueBytes(this.#connection) : Infinity;
  }

  get unreadable(): number {
    return this.#unreadable.count;
  }

  async write(key: string, value: string | undefined, revision: number): Promise<number> {
    if (!this.#bucket) throw new Unreachable(key);
    return this.#bucket.write(key, value, revision);
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#told = undefined;
    if (!connection || connection.isClosed()) return;
    let timer: NodeJS.Timeout | undefined;
    const timeIsUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    const left = this.#tenants.map((tenant) => tenant.leave());
    await Promise.race([Promise.allSettled([connection.flush(), this.#bucket?.close(), ...left]), timeIsUp]);
    clearTimeout(timer);
    await connection.close();
  }

  #placed(error: unknown): Error {
    return new Error(`${placeOf(this.settings)}: ${wordsOf(error)}`, { cause: error });
  }

  #subject(to: string, from: string = this.settings.node): string {
    return `wampact.${this.settings.name}.${to}.${from}`;
  }

  /** Returns the subject of a node for messages of this node. It is kept, because the client checks a new string more slowly. */
  #inbox(to: string): string {
    const known = this.#inboxes.get(to);
    if (known !== undefined) return known;
    if (this.#inboxes.size >= MOST_INBOXES) this.#inboxes.clear();
    const subject = this.#subject(to);
    this.#inboxes.set(to, subject);
    return subject;
  }

  /** Publishes a message. Sends nothing while NATS is away: it would be lost or late. */
  #publish(subject: string, bytes: Uint8Array): void {
    const connection = this.#connection;
    if (!connection || connection.isClosed() || connection.isDraining()) return;
    this.#guard(() => connection.publish(subject, bytes));
  }

  /** Subscribes to a subject. Catches errors, because an exception in a callback would end the subscription. */
  #subscribe(subject: string, told: (from: NodeId, bytes: Uint8Array) => boolean): void {
    const callback = (error: Error | null, message: Msg) => {
      if (error) return this.#report(error); // for example a missing permission
      const { subject } = message;
      try {
        const isRead = told(subject.slice(subject.lastIndexOf(".") + 1), message.data);
        if (!isRead) this.#unreadable.add({ subject, bytes: message.data.length });
      } catch (thrown) {
        this.#report(thrown);
      }
    };
    this.#connection?.subscribe(subject, { callback });
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#report(error);
    }
  }

  /** Checks the bucket after each reconnection: a server in memory loses it when it restarts. Never rejects. */
  async #watchStatus(connection: NatsConnection, bucket: Bucket): Promise<void> {
    try {
      for await (const { type, ...status } of connection.status()) {
        if (type === "disconnect") for (const tenant of this.#tenants) tenant.disconnected();
        if (type === "reconnect") for (const each of [bucket, ...this.#tenants]) each.reconnected();
        if (type === "error" && "error" in status) this.#report(this.#placed(status.error));
      }
    } catch (error) {
      this.#report(error);
    }
  }
}
