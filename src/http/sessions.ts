import { ticket } from "../peer/auth/ticket.js";
import { connect } from "../peer/connect.js";
import type { Peer } from "../peer/types.js";
import type { HttpHost } from "../transport/http/service.js";
import { timerMs } from "../transport/timer.js";
import type { PeerInfo } from "../transport/transport.js";
import { WampError } from "../wire/error.js";
import { json } from "../wire/serializers/json.js";
import { UNAVAILABLE } from "../wire/uris.js";
import { BridgedTransport } from "./bridged-transport.js";
import { type Credentials, digestOf } from "./credentials.js";
import type { BridgeSettings } from "./options.js";

/** The realm and identity of a session. */
export interface Wanted {
  readonly realm: string;
  readonly credentials: Credentials | undefined;
  readonly info: PeerInfo;
}

/** A session while a request uses it. */
export interface Lease {
  readonly peer: Peer;
  /** The router's end of the session. */
  readonly transport: BridgedTransport;
  /** Returns the session. Called once. */
  release(): void;
}

interface Opened {
  readonly peer: Peer;
  readonly transport: BridgedTransport;
}

/** A session of an authenticated client. */
interface Kept {
  readonly opened: Promise<Opened>;
  users: number;
  readonly untilMs: number;
  timer: NodeJS.Timeout | undefined;
}

const SERIALIZERS = [json()];

/**
 * The sessions of HTTP clients. Each is a normal session of the realm. Requests without credentials and streams have one each.
 * Requests with the same ticket from the same address share one for a while, because ticket logins are slow on purpose.
 */
export class HttpSessions {
  readonly #host: HttpHost;
  readonly #settings: BridgeSettings;
  readonly #kept = new Map<string, Kept>(); // realm, address and digest of the credentials → session; the longest unused first
  readonly #open = new Set<Peer>();

  constructor(host: HttpHost, settings: BridgeSettings) {
    this.#host = host;
    this.#settings = settings;
  }

  /** Provides a session for one request. Rejects as a login does. */
  async lease(wanted: Wanted): Promise<Lease> {
    return wanted.credentials ? this.#share(wanted, wanted.credentials) : this.#own(wanted); // not queued: it is cheap
  }

  /**
   * Provides a session that only one stream uses. Clients that return at the same time wait for their turn. Rejects as a login
   * does.
   */
  async stream(wanted: Wanted): Promise<Lease> {
    await this.#admitted();
    return this.#own(wanted);
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    for (const { timer } of this.#kept.values()) clearTimeout(timer);
    this.#kept.clear();
    await Promise.all([...this.#open].map((peer) => peer.close({ drainMs: 0 })));
  }

  async #share(wanted: Wanted, credentials: Credentials): Promise<Lease> {
    const key = [wanted.realm, wanted.info.remoteAddress, digestOf(credentials)].join("\n");
    const kept = this.#find(key) ?? this.#keep(key, wanted);
    clearTimeout(kept.timer);
    kept.users += 1;
    this.#kept.delete(key);
    this.#kept.set(key, kept); // after all others
    try {
      const opened = await kept.opened;
      return { ...opened, release: () => this.#givenBack(key, kept, opened) };
    } catch (error) {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      throw error;
    }
  }

  #find(key: string): Kept | undefined {
    const kept = this.#kept.get(key);
    return kept && kept.untilMs > performance.now() ? kept : undefined;
  }

  #keep(key: string, wanted: Wanted): Kept {
    const old = this.#kept.get(key);
    if (old) this.#forget(key, old);
    if (this.#kept.size >= this.#settings.maxSessions) this.#makeRoom();
    const opened = this.#login(wanted);
    const kept: Kept = { opened, users: 0, untilMs: performance.now() + this.#settings.sessionMs, timer: undefined };
    this.#kept.set(key, kept);
    opened.then(
      ({ peer }) => peer.on("state", (state) => state === "closed" && this.#forget(key, kept)),
      () => {}, // the caller receives the error
    );
    return kept;
  }

  /** Ends the session that was unused for longest. Throws if all are in use. */
  #makeRoom(): void {
    for (const [key, kept] of this.#kept) if (kept.users === 0) return this.#forget(key, kept);
    throw new WampError(UNAVAILABLE, { args: ["too many sessions of HTTP clients are in use; try again later"] });
  }

  /** Removes a session. Current users may continue; it ends with the last of them. */
  #forget(key: string, kept: Kept): void {
    clearTimeout(kept.timer);
    if (this.#kept.get(key) === kept) this.#kept.delete(key);
    if (kept.users === 0)
      kept.opened.then(
        (opened) => this.#end(opened),
        () => {},
      ); // the caller has received the error
  }

  #givenBack(key: string, kept: Kept, { peer }: Opened): void {
    kept.users -= 1;
    if (kept.users > 0) return;
    if (this.#kept.get(key) !== kept || peer.state !== "ready") return this.#forget(key, kept);
    kept.timer = setTimeout(() => this.#forget(key, kept), timerMs(this.#settings.idleMs));
  }

  async #own(wanted: Wanted): Promise<Lease> {
    const opened = await this.#connect(wanted);
    return { ...opened, release: () => this.#end(opened) };
  }

  async #login(wanted: Wanted): Promise<Opened> {
    await this.#admitted();
    return this.#connect(wanted);
  }

  #admitted(): Promise<void> {
    return new Promise((resolve) => this.#host.router.admit(resolve));
  }

  async #connect({ realm, credentials, info }: Wanted): Promise<Opened> {
    const { router } = this.#host;
    if (router.refusal !== undefined) throw new WampError(UNAVAILABLE, { args: [router.refusal] });
    const transport = new BridgedTransport(info, this.#host);
    router.accept(transport);
    const peer = await connect({
      transport: transport.other,
      realm,
      serializers: SERIALIZERS,
      callStacks: false,
      connectTimeoutMs: router.handshakeTimeoutMs,
      onError: (error) => router.report(error),
      ...(credentials && { auth: [ticket(credentials)] }),
    });
    this.#open.add(peer);
    peer.on("state", (state) => {
      if (state === "closed") this.#open.delete(peer);
    });
    return { peer, transport };
  }

  #end({ peer }: Opened): void {
    peer.close({ drainMs: 0 }).catch((error: unknown) => this.#host.router.report(error));
  }
}
