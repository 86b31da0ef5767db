import { createHmac } from "node:crypto";
import type { TopicPattern } from "../router/interest.js";
import type { Id } from "../wire/ids.js";
import type { Uri } from "../wire/uris.js";

/** 64 bits less these leave 53. */
const SPARE_BITS = 11n;

/**
 * The ID of a subscription, which all nodes give alike: 53 bits of an HMAC under the cluster's key, which no client knows, so that none can
 * look for two topics of one ID. Where two have one all the same, the second is salted: nodes that know only one of them then differ.
 */
export function subscriptionId(key: string, { topic, match }: TopicPattern, isTaken: (id: Id) => boolean): Id {
  for (let salt = 0; ; salt++) {
    const id = digest(key, `${salt}\0${match}\0${topic}`);
    if (!isTaken(id)) return id;
  }
}

/** The ID of an event that all nodes publish alike, each for its own sessions. */
export function publicationId(key: string, topic: Uri, args: readonly unknown[]): Id {
  return digest(key, JSON.stringify([topic, args]));
}

function digest(key: string, words: string): Id {
  return Number(createHmac("sha256", key).update(words).digest().readBigUInt64BE() >> SPARE_BITS) + 1;
}
