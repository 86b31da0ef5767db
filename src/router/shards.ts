import { WampError } from "../wire/error.js";
import { INVALID_ARGUMENT } from "../wire/uris.js";
import type { Publication } from "./publication.js";
import type { Subscription } from "./subscription.js";

/** How many characters a node key or resource key may have: it is held, and hashed with every other. */
const KEY_LENGTH = 256;

/** Throws `wamp.error.invalid_argument` for a node key or resource key that is too long; `option` names it. */
export function checkShardKey(option: "nkey" | "rkey", key: string | undefined): void {
  if (key === undefined || key.length <= KEY_LENGTH) return;
  throw new WampError(INVALID_ARGUMENT, {
    args: [`options.${option}: expected at most ${KEY_LENGTH} characters, got ${key.length}`],
  });
}

/**
 * The node that a resource key belongs to: the same for all who ask, and moved for few keys only when nodes come and go
 * (rendezvous hashing). Undefined where there are no nodes.
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
 * The node key whose sessions get an event with an `rkey`, as the publisher's router has found or finds: of those of all routers. Undefined
 * where nobody has one.
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

/** FNV-1a with a final mix, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
