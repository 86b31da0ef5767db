import { createHash, createHmac, randomBytes } from "node:crypto";
import type { PrincipalEntry } from "./principals.js";

/**
 * How principals look that do not exist: like those that do, and the same at each attempt. Those of a configuration are drawn from its
 * entries, by a seed that stays while they do; where a function finds principals, they look like the first that it found.
 */
export class Decoys<Entry extends PrincipalEntry> {
  readonly #seed: Buffer;
  readonly #models: Entry[];

  constructor(entries: readonly (readonly [string, Entry])[]) {
    this.#models = entries.map(([, entry]) => entry);
    this.#seed = entries.length > 0 ? createHash("sha256").update(JSON.stringify(entries)).digest() : randomBytes(32);
  }

  /** A principal was found. */
  found(entry: Entry): void {
    if (this.#models.length === 0) this.#models.push(entry);
  }

  /** The principal that an unknown one looks like; `undefined` where none is known yet. */
  modelFor(authid: string): Entry | undefined {
    const models = this.#models;
    return models.length > 0 ? models[this.bytes(authid, "model").readUInt32BE() % models.length] : undefined;
  }

  /** 32 bytes that are the same each time for the same `authid`. `purpose` keeps them apart from others. */
  bytes(authid: string, purpose: string): Buffer {
    return createHmac("sha256", this.#seed).update(`${purpose}:${authid}`).digest();
  }
}
