import { createHmac, randomBytes } from "node:crypto";
import { isDict } from "../../wire/fields.js";
import type { SettingRule } from "../../wire/settings.js";
import type { LoginContext } from "./authenticator.js";
import { checkSecret, readSecret, type Secret } from "./secret.js";

/** How one principal looks that does not exist. */
export interface Decoy<Entry> {
  /** The principal that it looks like. */
  readonly model: Entry;
  /** 32 bytes that are the same each time. `purpose` keeps them apart from others. */
  bytes(purpose: string): Buffer;
}

/** What the decoys of one method are made of. */
export interface DecoySources<Entry, Cost> {
  /** The principals of a configuration. */
  readonly entries: readonly (readonly [string, Entry])[];
  readonly decoySeed?: Secret | undefined;
  readonly decoyCost?: Cost | readonly Cost[] | undefined;
  /** Makes a principal whose secret costs so much. Default: as much as a secret of `wampact secret`. */
  model(cost?: Cost): Entry;
  /** The stored form of a principal's secret, which begins with what it costs; `undefined` where there is none. */
  stored(entry: Entry): string | undefined;
}

/** Costs that are told of which no decoy has. */
const MOST_TOLD = 10;

/**
 * How principals look that do not exist: like those that do, and the same at each attempt, as long as the seed is the same. They cost what
 * `decoyCost` says; else what the entries of a configuration do, and where a function finds principals, what `wampact secret` prints.
 */
export class Decoys<Entry, Cost> {
  readonly #ownSeed = randomBytes(32);
  readonly #seed: Secret | undefined;
  readonly #models: readonly Entry[];
  readonly #stored: DecoySources<Entry, Cost>["stored"];
  readonly #costs: ReadonlySet<string>;
  readonly #told = new Set<string>();

  /** Without `decoySeed` it is another one for each process. Throws `TypeError` for one that cannot be read. */
  constructor({ entries, decoySeed, decoyCost, model, stored }: DecoySources<Entry, Cost>) {
    if (decoySeed) checkSecret(decoySeed, "decoySeed");
    this.#seed = decoySeed;
    if (decoyCost !== undefined) this.#models = [decoyCost].flat().map((cost) => model(cost as Cost));
    else this.#models = entries.length > 0 ? entries.map(([, entry]) => entry) : [model()];
    this.#stored = stored;
    this.#costs = new Set(this.#models.map((each) => costIn(stored(each))));
  }

  /** Reports a principal that no decoy looks like, so that it can be told from unknown ones: once for each cost. */
  check(entry: Entry, report: LoginContext["report"]): void {
    const cost = costIn(this.#stored(entry));
    if (this.#costs.has(cost) || this.#told.has(cost) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(cost);
    const like = [...this.#costs].map((each) => `"${each}"`).join(" or ");
    report(
      new TypeError(
        `principals: a secret is kept as "${cost}", and unknown principals look like ${like}, so that clients can tell who exists; ` +
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

/** Bytes for a stored form that nobody uses. */
export const NOBODYS: Readonly<Record<"salt" | "key", Uint8Array>> = {
  salt: new Uint8Array(16),
  key: new Uint8Array(32),
};

/** The rule of a setting that has costs of decoys: one, or a list. `accepts` is asked about each that has no other members than these. */
export function decoyCosts(
  expected: string,
  members: readonly string[],
  accepts: (cost: Readonly<Record<string, unknown>>) => boolean,
): SettingRule {
  const isCost = (value: unknown) =>
    isDict(value) && Object.keys(value).every((name) => members.includes(name)) && accepts(value);
  return {
    expected: `${expected}, or a list of such`,
    accepts: (value) => (Array.isArray(value) ? value.length > 0 && value.every(isCost) : isCost(value)),
  };
}

/** What stands before the salt: how the secret is hashed, and how often. */
function costIn(stored: string | undefined): string {
  return stored === undefined ? "not salted" : stored.split("$").slice(0, 3).join("$");
}
