import { canceled } from "../../peer/failures.js";
import type { CallerPeer } from "../../peer/types.js";
import { isDict } from "../../wire/fields.js";
import { checkSettings, counting, flag, type SettingRules, text } from "../../wire/settings.js";
import { readServiceInfo, SERVICE_PREFIX, type ServiceInfo, serviceUri } from "./service-info.js";

/** The services to list. */
export interface ListServicesOptions {
  /** Lists only services with this name. Default: all. */
  readonly name?: string;
  /** Whether to also query instances for counts and durations of their calls. Default: false. */
  readonly stats?: boolean;
  /** Longest total time, in milliseconds. Instances that have not answered by then are omitted. Default: 5,000. */
  readonly timeoutMs?: number;
  /** Cancels the search, which then rejects with `wamp.error.canceled`. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** A service and its instances. */
export interface FoundService {
  readonly name: string;
  readonly instances: readonly ServiceInfo[];
  /** Whether instances serve different contracts. A call may then go to one that does not understand it. */
  readonly contractsDiffer: boolean;
}

/** The result of `listServices`. */
export interface FoundServices {
  /** By name. */
  readonly services: readonly FoundService[];
  /** Registered instances that did not answer, with the error. */
  readonly silent: readonly { readonly name: string; readonly instance: string; readonly error: unknown }[];
  /** False if the time was up before all registrations were examined. There may be more. */
  readonly complete: boolean;
}

const RULES: SettingRules<ListServicesOptions> = {
  name: text,
  stats: flag,
  timeoutMs: counting,
  signal: { expected: "an AbortSignal", accepts: (value) => typeof value === "object" },
};

/** The number of registrations that are queried at a time. */
const ABREAST = 64;

interface Instance {
  readonly name: string;
  readonly instance: string;
}

/**
 * Lists the services that are served with `discover`, through the meta API of any router. It examines every registration that
 * this peer may see. Rejects with the error of `wamp.registration.list` if that call fails, with `wamp.error.canceled` if
 * `signal` is aborted, and with `TypeError` for an invalid option.
 */
export async function listServices(peer: CallerPeer, options: ListServicesOptions = {}): Promise<FoundServices> {
  checkSettings(options, RULES, "listServices");
  return new Search(peer, options).run();
}

class Search {
  readonly #peer: CallerPeer;
  readonly #options: ListServicesOptions;
  readonly #endMs: number;

  constructor(peer: CallerPeer, options: ListServicesOptions) {
    this.#peer = peer;
    this.#options = options;
    this.#endMs = peer.clock.now() + (options.timeoutMs ?? 5_000);
  }

  async run(): Promise<FoundServices> {
    const ids = await this.#registrations();
    const instances: Instance[] = [];
    let seen = 0;
    await inParallel(ids, ABREAST, async (id) => {
      if (this.#isLate) return;
      const uri = await this.#uriOf(id);
      seen++;
      const instance = uri === undefined ? undefined : this.#instanceOf(uri);
      if (instance) instances.push(instance);
    });
    const answers: (ServiceInfo | { readonly failed: Instance; readonly error: unknown })[] = [];
    await inParallel(instances, ABREAST, async (instance) => void answers.push(await this.#ask(instance)));
    if (this.#options.signal?.aborted) throw canceled();
    return {
      services: grouped(answers.flatMap((answer) => ("failed" in answer ? [] : [answer]))),
      silent: answers.flatMap((answer) => ("failed" in answer ? [{ ...answer.failed, error: answer.error }] : [])),
      complete: seen === ids.length,
    };
  }

  get #isLate(): boolean {
    return this.#leftMs <= 0 || this.#options.signal?.aborted === true;
  }

  get #leftMs(): number {
    return this.#endMs - this.#peer.clock.now();
  }

  /** Returns the IDs of all registrations of exact URIs, page by page. */
  async #registrations(): Promise<readonly number[]> {
    const ids: number[] = [];
    let next: unknown;
    do {
      const { args, kwargs } = await this.#call("wamp.registration.list", [], next === undefined ? {} : { from: next });
      const exact = isDict(args[0]) ? args[0].exact : undefined;
      if (Array.isArray(exact)) ids.push(...exact.filter((id) => typeof id === "number"));
      next = kwargs.more === true ? kwargs.next : undefined;
    } while (next !== undefined && !this.#isLate);
    return ids;
  }

  /** Returns the URI of a registration; `undefined` if it was deleted in the meantime. */
  async #uriOf(id: number): Promise<string | undefined> {
    const outcome = await this.#call("wamp.registration.get", [id]).safe();
    if (!outcome.ok) return undefined;
    const [registration] = outcome.value.args;
    return isDict(registration) && typeof registration.uri === "string" ? registration.uri : undefined;
  }

  #instanceOf(uri: string): Instance | undefined {
    if (!uri.startsWith(SERVICE_PREFIX)) return undefined;
    const [name, instance, asked, ...rest] = uri.slice(SERVICE_PREFIX.length).split(".");
    if (!name || !instance || asked !== "info" || rest.length > 0) return undefined;
    return this.#options.name === undefined || this.#options.name === name ? { name, instance } : undefined;
  }

  async #ask(instance: Instance): Promise<ServiceInfo | { readonly failed: Instance; readonly error: unknown }> {
    const withStats = this.#options.stats === true;
    const outcome = await this.#call(serviceUri(instance, withStats ? "stats" : "info")).safe();
    if (!outcome.ok) return { failed: instance, error: outcome.error };
    const info = readServiceInfo(outcome.value.args[0], { withStats });
    if (info?.name === instance.name && info.instance === instance.instance) return info;
    return { failed: instance, error: new TypeError("its answer is not valid for a service") };
  }

  #call(uri: string, args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}) {
    const { signal } = this.#options;
    return this.#peer.call(uri, args, kwargs, { timeoutMs: Math.max(1, this.#leftMs), ...(signal && { signal }) });
  }
}

function grouped(instances: readonly ServiceInfo[]): readonly FoundService[] {
  const byName = new Map<string, ServiceInfo[]>();
  for (const each of instances) byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
  return [...byName]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, found]) => ({
      name,
      instances: found.sort((one, other) => (one.instance < other.instance ? -1 : 1)),
      contractsDiffer: new Set(found.map(({ contract }) => contract)).size > 1,
    }));
}

/** Runs `work` for each item, at most `abreast` at a time. */
async function inParallel<T>(items: readonly T[], abreast: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(abreast, items.length) }, worker));
}
