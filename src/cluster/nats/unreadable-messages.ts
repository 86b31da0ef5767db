/** The time for which further messages are only counted after one was reported, in milliseconds. */
const QUIET_MS = 60_000;

/** The maximum length of a subject in an error. */
const SUBJECT_LENGTH = 200;

/** A message that no router has sent. */
export interface UnreadableMessage {
  readonly subject: string;
  readonly bytes: number;
}

/** Counts the messages on the subjects of a cluster that no router has sent. Reports one at most once a minute. */
export class UnreadableMessages {
  readonly #cluster: string;
  readonly #report: (error: Error) => void;
  #count = 0;
  #reportedMs: number | undefined; // when one was reported last

  /** `cluster` is the name of the cluster. */
  constructor(cluster: string, report: (error: Error) => void) {
    this.#cluster = cluster;
    this.#report = report;
  }

  get count(): number {
    return this.#count;
  }

  add({ subject, bytes }: UnreadableMessage): void {
    this.#count++;
    const nowMs = performance.now();
    if (this.#reportedMs !== undefined && nowMs - this.#reportedMs < QUIET_MS) return;
    this.#reportedMs = nowMs;
    this.#report(
      new Error(
        `a message of ${bytes} bytes on the subject "${subject.slice(0, SUBJECT_LENGTH)}" was ignored, because no router has sent it (${this.#count} such messages so far, reported at most once a minute); nobody but the routers may publish to "wampact.${this.#cluster}.>": restrict other clients by permissions of NATS, see Security in docs/clustering.md`,
      ),
    );
  }
}
