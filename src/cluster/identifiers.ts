import { createHmac } from "node:crypto";
import type { TopicPattern } from "../router/interest.js";
import type { Id } from "../wire/ids.js";
import type { Uri } from "../wire/uris.js";

/** The spare bits of a 64-bit value: 53 remain. */
const SPARE_BITS = 11n;

/**
 * Returns the ID of a subscription, which is the same on all nodes: 53 bits of an HMAC with the cluster's key. No client knows the
 * key, so none can search for two topics with the same ID. If two topics have the same ID all the same, the second is salted. Nodes
 * that know only one of them then differ.
 */
export function subscriptionId(key: string, { topic, match }: TopicPattern, isTaken: (id: Id) => boolean): Id {
  for (let salt = 0; ; salt++) {
    const id = digest(key, `${salt}\0${match}\0${topic}`);
    if (!isTaken(id)) return id;
  }
}

/** Returns the ID of an event that all nodes publish, each to its own sessions. */
export function publicationId(key: string, topic: Uri, args: readonly unknown[]): Id {
  return digest(key, JSON.stringify([topic, args]));
}

function digest(key: string, words: string): Id {
  return Number(createHmac("sha256", key).update(words).digest().readBigUInt64BE() >> SPARE_BITS) + 1;
}
