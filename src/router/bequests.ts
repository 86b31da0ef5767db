import type { WampError } from "../wire/error.js";
import { notAuthorized } from "./access/permitted.js";
import type { Gate } from "./gate.js";
import type { RealmSession } from "./realm-session.js";
import type { Testament, Testaments } from "./testaments.js";

/** What bequests ask of their realm. */
export interface BequestHost {
  readonly testaments: Testaments;
  readonly gate: Pick<Gate, "denialOf" | "forget">;
  publish(testament: Testament): void;
  /** Resolves when what a session has published before is through; `undefined` where it is. Never rejects. */
  published(session: RealmSession): Promise<void> | undefined;
  /** A testament is not published, since its session may not publish it any more. */
  denied(session: RealmSession, why: WampError): void;
}

/** Publishes the testaments of sessions that have left, in order, as far as these may publish them at that moment. */
export class Bequests {
  readonly #host: BequestHost;
  readonly #underWay = new Set<Promise<void>>();

  constructor(host: BequestHost) {
    this.#host = host;
  }

  /** `asks` is false where the session's authorizer is not asked. */
  leave(session: RealmSession, options: { readonly asks: boolean }): void {
    const published = this.#publish(session, options);
    this.#underWay.add(published);
    void published.finally(() => this.#underWay.delete(published));
  }

  /** Resolves when no testament waits any more of those who have left by now. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Resolves when all are published or denied; never rejects. */
  async #publish(session: RealmSession, { asks }: { readonly asks: boolean }): Promise<void> {
    const { testaments, gate, publish, published, denied } = this.#host;
    const before = published(session);
    if (before) await before;
    for (const testament of testaments.of(session)) {
      const judged = this.#denialOf(session, testament, asks);
      const denial = judged instanceof Promise ? await judged : judged; // one that is told at once is carried out at once
      testaments.remove(session, testament);
      if (denial) denied(session, denial);
      else publish(testament);
    }
    gate.forget(session);
  }

  /** Forgets what a session has left. */
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
