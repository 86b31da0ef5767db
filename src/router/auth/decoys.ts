import { createHmac, randomBytes } from "node:crypto";
import { isDict } from "../../wire/fields.js";
import type { SettingRule } from "../../wire/settings.js";
import type { LoginContext } from "./authenticator.js";
import { checkSecret, readSecret, type Secret } from "./secret.js";

/** The simulated data of an unknown principal. */
export interface Decoy<Entry> {
  /** The principal that it imitates. */
  readonly model: Entry;
  /** Returns 32 bytes that are always the same for a `purpose`. */
  bytes(purpose: string): Buffer;
}

/** The parts of the decoys of one method. */
export interface DecoySources<Entry, Cost> {
  /** The configured principals. */
  readonly entries: readonly (readonly [string, Entry])[];
  readonly decoySeed?: Secret | undefined;
  readonly decoyCost?: Cost | readonly Cost[] | undefined;
  /** Creates a principal whose secret has a cost. Default: the cost of `wampact secret`. */
  model(cost?: Cost): Entry;
  /** Returns the stored form of a principal's secret, which begins with its cost; `undefined` if there is none. */
  stored(entry: Entry): string | undefined;
}

/** The maximum number of reports about costs without decoys. */
const MOST_TOLD = 10;

/**
 * Simulates unknown principals. They look like existing ones, and the same on each attempt with the same seed. Their cost is
 * `decoyCost`, else that of the configured entries, else for a function that of `wampact secret`.
 */
export class Decoys<Entry, Cost> {
  readonly #ownSeed = randomBytes(32);
  readonly #seed: Secret | undefined;
  readonly #models: readonly Entry[];
  readonly #stored: DecoySources<Entry, Cost>["stored"];
  readonly #costs: ReadonlySet<string>;
  readonly #told = new Set<string>();

  /** Without `decoySeed`, the seed is random per process. Throws `TypeError` for a seed that cannot be read. */
  constructor({ entries, decoySeed, decoyCost, model, stored }: DecoySources<Entry, Cost>) {
    if (decoySeed) checkSecret(decoySeed, "decoySeed");
    this.#seed = decoySeed;
    if (decoyCost !== undefined) this.#models = [decoyCost].flat().map((cost) => model(cost as Cost));
    else this.#models = entries.length > 0 ? entries.map(([, entry]) => entry) : [model()];
    this.#stored = stored;
    this.#costs = new Set(this.#models.map((each) => costIn(stored(each))));
  }

  /** Reports a principal whose cost no decoy has, so that it can be distinguished from unknown ones; once per cost. */
  check(entry: Entry, report: LoginContext["report"]): void {
    const cost = costIn(this.#stored(entry));
    if (this.#costs.has(cost) || this.#told.has(cost) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(cost);
    const like = [...this.#costs].map((each) => `"${each}"`).join(" or ");
    report(
      new TypeError(
        `principals: a secret is stored as "${cost}", but unknown principals are simulated with ${like}, so clients can find out who exists; ` +
          "list the costs of all secrets in decoyCost",
      ),
    );
  }

  async draw(authid: string): Promise<Decoy<Entry>> {
    const seed = this.#seed ? await readSecret(this.#seed, "decoySeed") : this.#ownSeed;
    const bytes = (purpose: string) => createHmac("sha256", seed).update(`${purpose}:${authid}`).digest();
    const models = this.#models;
    return { model: models[bytes("model").readUInt32BE() % models.length] as Entry, bytes };
  }
}

/** The bytes of a stored form that is not in use. */
export const NOBODYS: Readonly<Record<"salt" | "key", Uint8Array>> = {
  salt: new Uint8Array(16),
  key: new Uint8Array(32),
};

/**
 * Creates the rule of a setting with one cost or a list of costs. `accepts` is called with each cost that has no other
 * members.
 */
export function decoyCosts(
  expected: string,
  members: readonly string[],
  accepts: (cost: Readonly<Record<string, unknown>>) => boolean,
): SettingRule {
  const isCost = (value: unknown) =>
    isDict(value) && Object.keys(value).every((name) => members.includes(name)) && accepts(value);
  return {
    expected: `${expected}, or a list of them`,
    accepts: (value) => (Array.isArray(value) ? value.length > 0 && value.every(isCost) : isCost(value)),
  };
}

/** Returns the part of the stored form before the salt: the hash function and its cost. */
function costIn(stored: string | undefined): string {
  return stored === undefined ? "not salted" : stored.split("$").slice(0, 3).join("$");
}
