import { createHmac } from "node:crypto";
import type { TopicPattern } from "../router/interest.js";
import type { Id } from "../wire/ids.js";

/** 64 bits less these leave 53. */
const SPARE_BITS = 11n;

/**
 * The IDs of subscriptions, which all nodes give alike: 53 bits of an HMAC under the cluster's key, which no client knows, so that none can
 * look for two topics of one ID. Where two have one all the same, the second is salted: nodes that know only one of them then differ.
 */
export class SubscriptionIds {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  of({ topic, match }: TopicPattern, isTaken: (id: Id) => boolean): Id {
    for (let salt = 0; ; salt++) {
      const digest = createHmac("sha256", this.#key).update(`${salt}\0${match}\0${topic}`).digest();
      const id = Number(digest.readBigUInt64BE() >> SPARE_BITS) + 1;
      if (!isTaken(id)) return id;
    }
  }
}
