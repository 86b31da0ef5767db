/** The actions and observations of a cluster's clients, and the rules that they must obey. */
import type { Peer } from "wampact/peer";

/** A session of a client, from WELCOME to its end. */
export interface Session {
  readonly id: number;
  readonly router: string;
  readonly client: string;
  readonly peer: Peer;
  subscribedAt: number; // Infinity until SUBSCRIBED
  isRegistered: boolean;
  isOpen: boolean;
  /** Numbers of the events that have come, by session of the publisher. */
  readonly events: Map<number, number[]>;
  /** Numbers of the calls of its own procedure that have come, by session of the caller. */
  readonly calls: Map<number, number[]>;
}

export interface Publication {
  readonly publisher: Session;
  readonly number: number;
  readonly at: number;
  isAcknowledged: boolean;
}

export interface CallOutcome {
  readonly id: string;
  readonly procedure: string;
  outcome: "pending" | "answered" | "wrong" | { readonly error: string };
}

/** The history of one round. */
export class History {
  readonly sessions = new Set<Session>();
  readonly publications: Publication[] = [];
  readonly calls: CallOutcome[] = [];
  readonly runs = new Map<string, number>(); // call → how often a callee has had it
  /** Registrations that a session has lost, though it is there. */
  readonly revoked: string[] = [];

  get failures(): readonly string[] {
    return this.calls.flatMap(({ id, procedure, outcome }) =>
      typeof outcome === "object" ? [`${procedure} ${id}: ${outcome.error}`] : [],
    );
  }

  /** The violations of rules that hold in every history. */
  faults(): readonly string[] {
    const faults: string[] = [];
    for (const { id, procedure, outcome } of this.calls) {
      if (outcome === "pending" || outcome === "wrong") faults.push(`call ${id} of ${procedure} is ${outcome}`);
      if (outcome === "answered" && this.runs.get(id) !== 1)
        faults.push(`call ${id} was run ${this.runs.get(id)} times`);
    }
    for (const [id, times] of this.runs) if (times > 1) faults.push(`call ${id} was run ${times} times`);
    for (const { client, id, events, calls } of this.sessions) {
      for (const [what, seen] of [["events", events] as const, ["calls", calls] as const])
        for (const [other, numbers] of seen) {
          const late = numbers.findIndex((number, index) => index > 0 && number <= (numbers[index - 1] as number));
          if (late > 0)
            faults.push(
              `${client} ${id} has had ${what} of ${other} out of order: ${numbers.slice(late - 1, late + 2)}`,
            );
        }
    }
    return faults;
  }

  /** Acknowledged events that have not come to sessions that stand, of routers that `stood` from the start to the end. */
  missing(stood: (router: string) => boolean): readonly string[] {
    const missing: string[] = [];
    for (const session of this.sessions) {
      if (!session.isOpen) continue;
      const seen = new Map([...session.events].map(([publisher, numbers]) => [publisher, new Set(numbers)]));
      for (const { publisher, number, at, isAcknowledged } of this.publications) {
        if (!isAcknowledged || publisher === session || at < session.subscribedAt) continue;
        const isLocal = publisher.router === session.router;
        if (!isLocal && !(stood(publisher.router) && stood(session.router))) continue;
        if (!seen.get(publisher.id)?.has(number))
          missing.push(`${session.client} ${session.id} lacks ${number} of ${publisher.client} ${publisher.id}`);
      }
    }
    return missing;
  }
}
