import type { Contract } from "../../contract/contract.js";
import type { Invocation, Peer } from "../../peer/types.js";
import { messageOf } from "../../wire/error.js";
import { checkSettings, type SettingRule, type SettingRules, text } from "../../wire/settings.js";
import type { DiscoverOptions } from "../types.js";
import { CallRecorder } from "./call-stats.js";
import { contractHash } from "./contract-hash.js";
import { type ServedProcedureInfo, type ServiceIdentity, type ServiceQuestion, serviceUri } from "./service-info.js";

const component: SettingRule = {
  expected: 'one component of a URI, of letters, digits, "_" and "-", such as "orders"',
  quotes: true,
  accepts: (value) => typeof value === "string" && /^[\w-]{1,100}$/.test(value),
};
const RULES: SettingRules<DiscoverOptions> = { name: component, version: text, instance: component };

/** Answers questions about one service: its identity, its procedures, and statistics of its calls. */
export class Discovery {
  readonly #identity: ServiceIdentity;
  readonly #startedAt = new Date().toISOString();
  readonly #recorders: { readonly served: ServedProcedureInfo; readonly recorder: CallRecorder }[] = [];

  /** Throws `TypeError` for an unknown option, and for an invalid value. */
  constructor(options: DiscoverOptions) {
    checkSettings(options, RULES, "discover");
    const { name, version, instance = randomInstance() } = options;
    for (const [option, value] of Object.entries({ name, version }))
      if (value === undefined) throw new TypeError(`discover.${option}: expected a string, got nothing`);
    this.#identity = { name, instance, version };
  }

  /** Returns the answerer of a procedure with its calls counted. */
  recorded(served: ServedProcedureInfo, answer: (invocation: Invocation) => unknown): typeof answer {
    const recorder = new CallRecorder();
    this.#recorders.push({ served, recorder });
    return (invocation) => recorder.record(() => answer(invocation));
  }

  /**
   * Registers the procedures that answer for the service. Reports refusals to the peer's `onError`. Returns a function that
   * unregisters them. Never rejects.
   */
  async announce(peer: Peer, contract: Contract): Promise<() => Promise<void>> {
    try {
      return await this.#register(peer, await contractHash(contract));
    } catch (error) {
      const words = `the service "${this.#identity.name}" is served without discovery`;
      peer.onError(new Error(`${words}: ${messageOf(error)}`, { cause: error }));
      return async () => {};
    }
  }

  /** Registers all procedures or none. */
  async #register(peer: Peer, contract: string): Promise<() => Promise<void>> {
    const outcomes = await Promise.allSettled(
      Object.entries(this.#answers(contract)).map(([asked, answer]) =>
        peer.register(serviceUri(this.#identity, asked as ServiceQuestion), answer),
      ),
    );
    const made = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const end = async () => {
      await Promise.all(made.map((registration) => registration.unregister({ drainMs: 0 })));
    };
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (!failed) return end;
    await end();
    throw failed.reason;
  }

  #answers(contract: string): Readonly<Record<ServiceQuestion, () => unknown>> {
    const head = { ...this.#identity, contract, startedAt: this.#startedAt };
    return {
      ping: () => this.#identity,
      info: () => ({ ...head, procedures: this.#recorders.map(({ served }) => served) }),
      stats: () => ({
        ...head,
        procedures: this.#recorders.map(({ served, recorder }) => ({ ...served, ...recorder.stats })),
      }),
    };
  }
}

/** Returns twelve digits and lower-case letters, as strict URIs require. */
function randomInstance(): string {
  return Array.from({ length: 12 }, () => Math.floor(Math.random() * 36).toString(36)).join("");
}
