import type { Answers, Question } from "../router/realm-link.js";
import { isWampError, WampError } from "../wire/error.js";
import { isDict } from "../wire/fields.js";
import type { NodeId } from "./engine.js";
import type { AnswerFrame, AskFrame } from "./frames/frame.js";
import type { LinkContext } from "./link-context.js";
import type { Peer } from "./peer.js";

/** The time that an answer is awaited, in milliseconds. */
const PATIENCE_MS = 2_000;

/** A question to one peer that has no answer yet. */
interface Asked {
  readonly peer: Peer;
  /** `undefined`: the peer is down. */
  readonly answer: (given: AnswerFrame["details"] | undefined) => void;
}

/** The questions that nodes ask each other about one realm. */
export class Questions {
  readonly #context: LinkContext;
  readonly #answer: (question: Question) => unknown;
  readonly #asked = new Map<number, Asked>();
  #last = 0;

  /** `answer` answers the questions of the others with JSON values. It may throw `WampError`. */
  constructor(context: LinkContext, answer: (question: Question) => unknown) {
    this.#context = context;
    this.#answer = answer;
  }

  /** Asks all peers, or one of them. Resolves within 2 s. Rejects with the `WampError` that a peer has answered. */
  async ask<T>(question: Question, node?: NodeId): Promise<Answers<T>> {
    const { peers } = this.#context;
    const asked = node === undefined ? [...peers.values()] : [peers.get(node) ?? []].flat();
    const answers: T[] = [];
    const unanswered: NodeId[] = [];
    const settle = async (peer: Peer) => {
      const given = await this.#askOne(peer, question);
      if (given === "late") unanswered.push(peer.node);
      else if (given?.error) throw errorOf(given.error);
      else if (given) answers.push(given.answer as T);
    };
    await Promise.all(asked.map(settle));
    return { answers, unanswered };
  }

  receive(peer: Peer, frame: AskFrame | AnswerFrame): void {
    if (frame.type === "ANSWER") return this.#take(frame);
    const { number, about, details: given } = frame;
    const details = this.#answerTo({ about, given });
    peer.send({ type: "ANSWER", realm: this.#context.number, number, details });
  }

  /** A peer is down: its questions stay unanswered. */
  down(peer: Peer): void {
    for (const [number, asked] of this.#asked) {
      if (asked.peer !== peer) continue;
      this.#asked.delete(number);
      asked.answer(undefined);
    }
  }

  #askOne(peer: Peer, { about, given }: Question): Promise<AnswerFrame["details"] | "late" | undefined> {
    const number = ++this.#last;
    return new Promise((resolve) => {
      const stopTimer = this.#context.host.clock.after(PATIENCE_MS, () => {
        this.#asked.delete(number);
        resolve("late");
      });
      const answer = (details: AnswerFrame["details"] | undefined) => {
        stopTimer();
        resolve(details);
      };
      this.#asked.set(number, { peer, answer });
      peer.send({ type: "ASK", realm: this.#context.number, number, about, details: given });
    });
  }

  #take({ number, details }: AnswerFrame): void {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    asked?.answer(details);
  }

  #answerTo(question: Question): AnswerFrame["details"] {
    try {
      return { answer: this.#answer(question) };
    } catch (error) {
      if (isWampError(error)) return { error: { uri: error.uri, args: error.args, kwargs: error.kwargs } };
      this.#context.host.report(error);
      return { error: { uri: "wamp.error.runtime_error", args: ["another router could not answer"], kwargs: {} } };
    }
  }
}

function errorOf({ uri, args, kwargs }: NonNullable<AnswerFrame["details"]["error"]>): WampError {
  return new WampError(uri, { args, ...(isDict(kwargs) && { kwargs }) });
}
