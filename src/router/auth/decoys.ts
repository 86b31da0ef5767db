import { createHmac, randomBytes } from "node:crypto";
import type { PrincipalEntry } from "./principals.js";
import { checkSecret, readSecret, type Secret } from "./secret.js";

/** How one principal looks that does not exist. */
export interface Decoy<Entry> {
  /** The principal that it looks like; `undefined` where none is known yet. */
  readonly model: Entry | undefined;
  /** 32 bytes that are the same each time. `purpose` keeps them apart from others. */
  bytes(purpose: string): Buffer;
}

/**
 * How principals look that do not exist: like those that do, and the same at each attempt, as long as the seed is the same. Those of a
 * configuration are drawn from its entries; where a function finds principals, they look like the first that it found.
 */
export class Decoys<Entry extends PrincipalEntry> {
  readonly #ownSeed = randomBytes(32);
  readonly #seed: Secret | undefined;
  readonly #models: Entry[];

  /** Without `seed` it is another one for each process. Throws `TypeError` for one that cannot be read. */
  constructor(entries: readonly (readonly [string, Entry])[], seed: Secret | undefined) {
    if (seed) checkSecret(seed, "decoySeed");
    this.#seed = seed;
    this.#models = entries.map(([, entry]) => entry);
  }

  /** A principal was found. */
  found(entry: Entry): void {
    if (this.#models.length === 0) this.#models.push(entry);
  }

  async draw(authid: string): Promise<Decoy<Entry>> {
    const seed = this.#seed ? await readSecret(this.#seed, "decoySeed") : this.#ownSeed;
    const bytes = (purpose: string) => createHmac("sha256", seed).update(`${purpose}:${authid}`).digest();
    const models = this.#models;
    return { model: models.length > 0 ? models[bytes("model").readUInt32BE() % models.length] : undefined, bytes };
  }
}
