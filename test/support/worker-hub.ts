/** A hub and its workers in one process: what they tell each other comes a turn later, and their pipes are Unix sockets, as between processes. */
import { join } from "node:path";
import type { Cluster } from "wampact/router";
import { Hub } from "../../dist/src/cluster/hub/hub.js";
import { hubCluster } from "../../dist/src/cluster/hub/hub-cluster.js";
import type { Channel, FromHub, ToHub } from "../../dist/src/cluster/hub/messages.js";
import { createFakeClock, type FakeClock } from "../../src/testing/clock.js";
import { createFolder, removeFolder } from "./folder.js";
import type { Finish } from "./peers.js";

/** Workers are named as a test likes. */
export class WorkerHub {
  /** The clock of the hub. */
  readonly clock: FakeClock = createFakeClock();
  readonly hub: Hub;
  /** Workers that the hub has ended, and why. Their processes are gone by `crash`. */
  readonly ended: string[] = [];
  readonly #folder = createFolder();
  readonly #cut = new Map<string, () => void>();
  readonly #silent = new Set<string>();
  readonly #paths = new Map<string, string>();

  constructor(t: Finish) {
    this.hub = new Hub({ clock: this.clock, end: (node, why) => this.ended.push(`${node}: ${why}`) });
    t.onTestFinished(() => {
      this.hub.close();
      removeFolder(this.#folder);
    });
  }

  /** The options of another worker's engine. */
  worker(node: string): { readonly channel: Channel<ToHub, FromHub>; readonly path: string } {
    const toHub = new Mailbox<ToHub>();
    const toWorker = new Mailbox<FromHub>();
    this.hub.attach(node, { send: (message) => toWorker.post(message), onMessage: (listener) => toHub.open(listener) });
    this.#cut.set(node, () => {
      toHub.close();
      toWorker.close();
    });
    const channel: Channel<ToHub, FromHub> = {
      send: (message) => {
        if (!this.#silent.has(node)) toHub.post(message);
      },
      onMessage: (listener) => toWorker.open(listener),
    };
    const path = join(this.#folder, `${this.#paths.size + 1}`);
    this.#paths.set(node, path);
    return { channel, path };
  }

  /** The socket on which a worker takes the pipes of others. */
  pathOf(node: string): string {
    return this.#paths.get(node) ?? "";
  }

  /** The `cluster` setting that makes a router a worker. */
  cluster(node: string): Cluster {
    return hubCluster({ node, ...this.worker(node) });
  }

  /** The process of a worker has ended, and says nothing more. */
  crash(node: string): void {
    this.#cut.get(node)?.();
    this.hub.ended(node);
  }

  /** A worker hears, and answers nothing; or does again. */
  silence(node: string, isSilent: boolean): void {
    if (isSilent) this.#silent.add(node);
    else this.#silent.delete(node);
  }
}

/** Tells messages in later turns, in order, as JSON has them. */
class Mailbox<Message> {
  #listener: ((message: Message) => void) | undefined;
  #isClosed = false;

  open(listener: (message: Message) => void): void {
    this.#listener = listener;
  }

  post(message: Message): void {
    const text = JSON.stringify(message);
    setImmediate(() => {
      if (!this.#isClosed) this.#listener?.(JSON.parse(text) as Message);
    });
  }

  close(): void {
    this.#isClosed = true;
  }
}
