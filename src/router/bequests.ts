import type { WampError } from "../wire/error.js";
import { notAuthorized } from "./access/permitted.js";
import type { Gate } from "./gate.js";
import type { RealmSession } from "./realm-session.js";
import type { Testament, Testaments } from "./testaments.js";

/** The interface of bequests to their realm. */
export interface BequestHost {
  readonly testaments: Testaments;
  readonly gate: Pick<Gate, "denialOf" | "forget">;
  publish(testament: Testament): void;
  /** Resolves when all earlier publications of a session are complete; `undefined` if they are. Never rejects. */
  published(session: RealmSession): Promise<void> | undefined;
  /** Called if a testament is not published because its session may no longer publish it. */
  denied(session: RealmSession, why: WampError): void;
}

/** Publishes the testaments of sessions that have left, in order, if the sessions may still publish them. */
export class Bequests {
  readonly #host: BequestHost;
  readonly #underWay = new Set<Promise<void>>();

  constructor(host: BequestHost) {
    this.#host = host;
  }

  /** Publishes the testaments of a session that leaves. With `asks: false`, the session's authorizer is not asked. */
  leave(session: RealmSession, options: { readonly asks: boolean }): void {
    const published = this.#publish(session, options);
    this.#underWay.add(published);
    void published.finally(() => this.#underWay.delete(published));
  }

  /** Resolves when no testament of previously left sessions is pending. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Resolves when all are published or denied. Never rejects. */
  async #publish(session: RealmSession, { asks }: { readonly asks: boolean }): Promise<void> {
    const { testaments, gate, publish, published, denied } = this.#host;
    const before = published(session);
    if (before) await before;
    for (const testament of testaments.of(session)) {
      const judged = this.#denialOf(session, testament, asks);
      const denial = judged instanceof Promise ? await judged : judged; // avoids a delay for synchronous decisions
      testaments.remove(session, testament);
      if (denial) denied(session, denial);
      else publish(testament);
    }
    gate.forget(session);
  }

  /** Drops the testaments of a session. */
  drop(session: RealmSession): void {
    const { testaments, gate } = this.#host;
    for (const testament of testaments.of(session)) testaments.remove(session, testament);
    gate.forget(session);
  }

  #denialOf(
    session: RealmSession,
    { asked }: Testament,
    asks: boolean,
  ): WampError | undefined | Promise<WampError | undefined> {
    const { permissions } = session.grants;
    if (permissions?.allows("publish", asked.uri) === false) return notAuthorized("publish", asked.uri);
    return asks ? this.#host.gate.denialOf(session, asked) : undefined;
  }
}
