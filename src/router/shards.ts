import { WampError } from "../wire/error.js";
import { INVALID_ARGUMENT } from "../wire/uris.js";
import type { Publication } from "./publication.js";
import type { Subscription } from "./subscription.js";

/** The maximum length of a node key or resource key, in characters. */
const KEY_LENGTH = 256;

/** Throws `wamp.error.invalid_argument` if a node key or resource key is too long; `option` is its name. */
export function checkShardKey(option: "nkey" | "rkey", key: string | undefined): void {
  if (key === undefined || key.length <= KEY_LENGTH) return;
  throw new WampError(INVALID_ARGUMENT, {
    args: [`options.${option}: expected at most ${KEY_LENGTH} characters, got ${key.length}`],
  });
}

/**
 * Returns the node for a resource key by rendezvous hashing: the same for all routers, and stable for most keys when nodes come and
 * go. Returns `undefined` without nodes.
 */
export function nodeOf(resourceKey: string, nodeKeys: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestScore = -1;
  for (const nodeKey of nodeKeys) {
    const score = hash(`${nodeKey}\0${resourceKey}`);
    if (score > bestScore || (score === bestScore && best !== undefined && nodeKey < best)) {
      best = nodeKey;
      bestScore = score;
    }
  }
  return best;
}

/**
 * Returns the node key whose sessions receive an event with an `rkey`, among those of all routers, as determined by the
 * publisher's router. Returns `undefined` if there are no node keys.
 */
export function shardOf(
  { options: { rkey }, shards }: Pick<Publication, "options" | "shards">,
  { id, nodeKeys, elsewhere }: Pick<Subscription, "id" | "nodeKeys" | "elsewhere">,
): string | undefined {
  if (rkey === undefined || shards) return shards?.get(id);
  if (!elsewhere) return nodeOf(rkey, nodeKeys.all.keys());
  const all = new Set(nodeKeys.all.keys());
  for (const interest of elsewhere.values()) for (const nodeKey of interest.nodeKeys) all.add(nodeKey);
  return nodeOf(rkey, all);
}

/** Returns the 32-bit FNV-1a hash with a final mix. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
