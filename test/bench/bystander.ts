/** Somebody who only wants to call, at a steady pace, whatever else happens in the router. */
import { json } from "../../src/wire/serializers/json.js";
import { BareClient } from "./load.js";
import { answerCalls } from "./scenarios.js";

/** How long a bystander waits for its last answers. */
const PATIENCE_MS = 30_000;

/**
 * Calls at a steady pace and does not wait for answers, so that a pause of the router delays every call that falls into it. Its callee
 * is a connection of its own in this process.
 */
export class Bystander {
  readonly #caller: BareClient;
  readonly #callee: BareClient;
  readonly #sentAt: number[] = []; // of the calls without an answer, in order: one callee answers them in order
  readonly #everyMs: number;
  #delays: number[] = [];
  #request = 0;
  #timer: NodeJS.Timeout | undefined;
  #onAnswer = () => {};

  private constructor(caller: BareClient, callee: BareClient, everyMs: number) {
    this.#everyMs = everyMs;
    this.#caller = caller;
    this.#callee = callee;
    caller.onFrames((count) => this.#answered(count));
  }

  static async join(url: string, everyMs = 1): Promise<Bystander> {
    const callee = await answerCalls(url, { serializer: json(), argument: "x" });
    return new Bystander(await BareClient.join(url, json()), callee, everyMs);
  }

  start(): void {
    this.#delays = [];
    this.#timer = setInterval(() => this.#call(), this.#everyMs);
  }

  /** Returns the delays of all calls since the start in milliseconds, in order of size: infinite for a call that was never answered. */
  async stop(): Promise<readonly number[]> {
    clearInterval(this.#timer);
    await this.#answeredAll();
    const lost = this.#sentAt.map(() => Number.POSITIVE_INFINITY);
    return [...this.#delays.sort((a, b) => a - b), ...lost];
  }

  close(): void {
    this.#caller.close();
    this.#callee.close();
  }

  #call(): void {
    this.#sentAt.push(performance.now());
    this.#caller.socket.write(this.#caller.frame([48, ++this.#request, {}, "com.bench.echo", ["x"]]));
  }

  #answered(count: number): void {
    const now = performance.now();
    for (const sentAt of this.#sentAt.splice(0, count)) this.#delays.push(now - sentAt);
    this.#onAnswer();
  }

  #answeredAll(): Promise<void> {
    if (this.#sentAt.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const sockets = [this.#caller.socket, this.#callee.socket];
      const settle = () => {
        clearTimeout(givenUp);
        for (const socket of sockets) socket.off("close", settle);
        this.#onAnswer = () => {};
        resolve();
      };
      const givenUp = setTimeout(settle, PATIENCE_MS);
      for (const socket of sockets) socket.once("close", settle);
      this.#onAnswer = () => {
        if (this.#sentAt.length === 0) settle();
      };
    });
  }
}
