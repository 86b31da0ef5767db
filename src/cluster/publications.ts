import type { RemoteInterest } from "../router/interest.js";
import type { Publication } from "../router/publication.js";
import type { RealmSession } from "../router/realm-session.js";
import { shardOf } from "../router/shards.js";
import type { Subscription } from "../router/subscription.js";
import { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import { type Mutable, type PublishOptions, passthruOf } from "../wire/options.js";
import { INVALID_ARGUMENT } from "../wire/uris.js";
import type { NodeId } from "./engine.js";
import type { EventFrame } from "./frames/frame.js";
import { writeFrame } from "./frames/write.js";

/** The parts of the link that `Publications` uses. */
export interface PublicationsHost {
  /** The realm's number in the frames of this node. */
  readonly realm: number;
  readonly sessions: ReadonlyMap<Id, RealmSession>;
  /** Sends a written frame to some nodes, and slows the publisher down if a pipe is full. */
  send(nodes: Iterable<NodeId>, frame: Uint8Array, publisher: RealmSession | undefined): void;
}

/**
 * Sends events to other nodes. Each node with a possible subscriber receives one frame, which is written once for all of them. That
 * node decides which of its subscribers receive the event.
 */
export class Publications {
  readonly #host: PublicationsHost;

  constructor(host: PublicationsHost) {
    this.#host = host;
  }

  /**
   * As `RealmLink.publish` says. Throws `wamp.error.invalid_argument` for a payload that cannot be written; nothing has been sent
   * then.
   */
  publish(publication: Publication, subscriptions: readonly Subscription[]): number {
    const shards = publication.options.rkey === undefined ? undefined : shardsOf(publication, subscriptions);
    const nodes = this.#nodesFor(publication, subscriptions, shards);
    if (!nodes || nodes.size === 0) return 0;
    const frame = written(frameOf(this.#host.realm, publication, shards));
    this.#host.send(nodes, frame, publication.publisher);
    return nodes.size;
  }

  /** Returns the nodes with subscribers that may receive an event, or `undefined` if there are none elsewhere. */
  #nodesFor(
    { options: { eligible } }: Publication,
    subscriptions: readonly Subscription[],
    shards: ReadonlyMap<Id, string> | undefined,
  ): Set<NodeId> | undefined {
    let nodes: Set<NodeId> | undefined;
    for (const { id, elsewhere } of subscriptions) {
      if (!elsewhere) continue;
      nodes ??= new Set();
      const shard = shards?.get(id);
      for (const [node, interest] of elsewhere) if (shard === undefined || has(interest, shard)) nodes.add(node);
    }
    return nodes && eligible ? this.#withSome(nodes, eligible) : nodes;
  }

  /** Returns those of some nodes that have one of the sessions. An unknown session may have joined a moment ago, at any of them. */
  #withSome(nodes: Set<NodeId>, eligible: readonly Id[]): Set<NodeId> {
    const found = new Set<NodeId>();
    for (const id of eligible) {
      const session = this.#host.sessions.get(id);
      if (!session) return nodes;
      if (session.node !== undefined && nodes.has(session.node)) found.add(session.node);
    }
    return found;
  }
}

/** Returns the event that a frame describes. */
export function publicationOf({ publication: id, topic, payload, details: given }: EventFrame): Publication {
  const { options = {}, details = {}, about, shards } = given;
  return {
    id,
    topic,
    payload,
    publisher: undefined,
    options: { ...options, ...passthruOf(details) },
    details,
    about,
    shards: shards && new Map(shards),
  };
}

function frameOf(
  realm: number,
  { id: publication, topic, options, details, about, payload }: Publication,
  shards: ReadonlyMap<Id, string> | undefined,
): EventFrame {
  const given: Mutable<EventFrame["details"]> = {};
  const lists = listsOf(options);
  if (lists) given.options = lists;
  if (!isEmpty(details)) given.details = details;
  if (about) given.about = about;
  if (shards) given.shards = [...shards];
  return { type: "EVENT", realm, publication, topic, details: given, payload };
}

/** Returns the node keys that receive an event, by subscription. */
function shardsOf(publication: Publication, subscriptions: readonly Subscription[]): ReadonlyMap<Id, string> {
  const shards = new Map<Id, string>();
  for (const subscription of subscriptions) {
    const shard = shardOf(publication, subscription);
    if (shard !== undefined) shards.set(subscription.id, shard);
  }
  return shards;
}

function has({ nodeKeys, keyless }: RemoteInterest, shard: string): boolean {
  return keyless || nodeKeys.includes(shard);
}

const LISTS = [
  "exclude",
  "exclude_authid",
  "exclude_authrole",
  "eligible",
  "eligible_authid",
  "eligible_authrole",
  "rkey",
] as const;

/** Returns the options that the receiver's node must check, or `undefined` if there are none, which is the usual case. */
function listsOf(options: PublishOptions): PublishOptions | undefined {
  let lists: Record<string, unknown> | undefined;
  for (const name of LISTS) {
    if (options[name] === undefined) continue;
    lists ??= {};
    lists[name] = options[name];
  }
  return lists;
}

function isEmpty(dict: object): boolean {
  for (const _ in dict) return false;
  return true;
}

function written(frame: EventFrame): Uint8Array {
  try {
    return writeFrame(frame);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new WampError(INVALID_ARGUMENT, { args: [`the event cannot be sent to other routers: ${error.message}`] });
  }
}
