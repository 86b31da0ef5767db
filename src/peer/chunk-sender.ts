import type * as m from "../wire/messages.js";
import type { Passthru } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import type { ClientSession } from "./client-session.js";
import { payloadOf } from "./request-options.js";
import type { Chunk } from "./types.js";

/** The call of the chunks. */
export interface ChunkedCall {
  readonly session: ClientSession;
  readonly request: number;
  readonly procedure: string;
  readonly packing: Passthru | undefined;
}

/** Sends the chunks of a call as they arrive, no faster than the connection allows. Then it sends the end of the chunks. */
export class ChunkSender {
  readonly #chunks: AsyncIterable<Chunk>;
  #source: AsyncIterator<Chunk> | undefined; // while it runs
  readonly #call: ChunkedCall;
  readonly #onError: (error: unknown) => void;
  #isOver = false;

  /** `onError` receives the exception if the source cannot be ended. */
  constructor(chunks: AsyncIterable<Chunk>, call: ChunkedCall, onError: (error: unknown) => void) {
    this.#chunks = chunks;
    this.#call = call;
    this.#onError = onError;
  }

  /**
   * Resolves when the last chunk is sent, or the call has ended. Rejects with the exception of the source, or a `TypeError` for a
   * value that cannot be sent.
   */
  async run(): Promise<void> {
    const source = this.#chunks[Symbol.asyncIterator]();
    this.#source = source;
    while (!this.#isOver) {
      const next = await this.#next(source);
      if (this.#isOver) return;
      if (next.done) {
        this.#isOver = true;
        this.#send(Payload.EMPTY, {});
      } else await this.#sendChunk(next.value);
    }
  }

  /** Ends the source at once, also while it is awaited. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const end = async () => this.#source?.return?.();
    end().catch(this.#onError);
  }

  async #next(source: AsyncIterator<Chunk>): Promise<IteratorResult<Chunk>> {
    try {
      return await source.next();
    } catch (error) {
      this.#isOver = true; // a source that threw has already ended
      throw error;
    }
  }

  async #sendChunk(chunk: Chunk): Promise<void> {
    const { session, packing } = this.#call;
    try {
      const { payload, keys } = session.schemes.pack(payloadOf(chunk), packing);
      if (!this.#send(payload, { progress: true, ...keys })) return this.stop();
    } catch (error) {
      this.stop();
      throw error;
    }
    await session.drained();
  }

  #send(payload: Payload, options: m.Call["options"]): boolean {
    const { session, request, procedure } = this.#call;
    return session.requests.continue({ type: "CALL", request, options, procedure, payload });
  }
}
