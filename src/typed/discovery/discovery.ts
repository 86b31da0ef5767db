import type { Contract } from "../../contract/contract.js";
import type { Invocation, Peer } from "../../peer/types.js";
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

/** Answers for one service: who it is, what it serves, and how its calls go. */
export class Discovery {
  readonly #identity: ServiceIdentity;
  readonly #startedAt = new Date().toISOString();
  readonly #recorders: { readonly served: ServedProcedureInfo; readonly recorder: CallRecorder }[] = [];

  /** Throws `TypeError` for an unknown option, and for a value that cannot be. */
  constructor(options: DiscoverOptions) {
    checkSettings(options, RULES, "discover");
    const { name, version, instance = randomInstance() } = options;
    for (const [option, value] of Object.entries({ name, version }))
      if (value === undefined) throw new TypeError(`discover.${option}: expected a string, got nothing`);
    this.#identity = { name, instance, version };
  }

  /** What answers the calls of a procedure, with its calls counted. */
  recorded(served: ServedProcedureInfo, answer: (invocation: Invocation) => unknown): typeof answer {
    const recorder = new CallRecorder();
    this.#recorders.push({ served, recorder });
    return (invocation) => recorder.record(() => answer(invocation));
  }

  /** Registers what answers for the service. What is refused goes to the peer's `onError`. Returns what ends it. Never rejects. */
  async announce(peer: Peer, contract: Contract): Promise<() => Promise<void>> {
    try {
      return await this.#register(peer, await contractHash(contract));
    } catch (error) {
      const words = `the service "${this.#identity.name}" is served, but cannot answer for itself`;
      peer.onError(new Error(`${words}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }));
      return async () => {};
    }
  }

  /** Either all are registered, or none is. */
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

/** Twelve digits and letters in lower case, as strict URIs have them. */
function randomInstance(): string {
  return Array.from({ length: 12 }, () => Math.floor(Math.random() * 36).toString(36)).join("");
}
