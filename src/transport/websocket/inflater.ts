import { isUtf8 } from "node:buffer";
import { constants, inflateRaw } from "node:zlib";
import { Fifo } from "../fifo.js";
import { TAIL } from "./compression.js";
import { MESSAGE_TOO_LARGE, NOT_UTF8, PROTOCOL_ERROR, TEXT_NOT_UTF8, TOO_LARGE } from "./parser.js";

/** How many messages are decompressed at once at most: as many threads do it. */
const MOST_AT_ONCE = 4;
/** How many bytes they may become together; where one message alone may be larger, one is decompressed at a time. */
const MOST_BYTES_AT_ONCE = 64 * 1024 * 1024;

/** What is wrong with a compressed message, and the close code that says so. */
export interface CompressionFault {
  readonly code: number;
  readonly what: string;
}

/** Whoever has a message to decompress. */
export interface InflaterClient {
  /** Whether nobody is left to have the message. */
  readonly gone: boolean;
  /** Called later and once, unless the client is gone: with a fault or the message. Must not throw. */
  inflated(fault: CompressionFault | undefined, message: Buffer, binary: boolean): void;
  /** Decompressing threw. */
  failed(error: unknown): void;
}

interface Job {
  readonly client: InflaterClient;
  readonly data: Buffer;
  readonly binary: boolean;
}

/**
 * Decompresses the messages of all connections of a listener, in the order in which they came. A few bytes may become a message of the
 * largest size, so only a few are decompressed at once. A client has to wait for one message before it gives the next.
 */
export class Inflater {
  readonly #maxMessageBytes: number;
  readonly #mostAtOnce: number;
  readonly #waiting = new Fifo<Job>();
  #running = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#mostAtOnce = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(MOST_BYTES_AT_ONCE / maxMessageBytes)));
  }

  inflate(client: InflaterClient, data: Buffer, binary: boolean): void {
    this.#waiting.add({ client, data: Buffer.concat([data, TAIL]), binary });
    this.#proceed();
  }

  #proceed(): void {
    while (this.#running < this.#mostAtOnce) {
      const job = this.#waiting.take();
      if (!job) return;
      if (!job.client.gone) this.#start(job);
    }
  }

  #start(job: Job): void {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: this.#maxMessageBytes };
    try {
      inflateRaw(job.data, options, (error, message) => {
        this.#running--;
        if (!job.client.gone) job.client.inflated(faultOf(error, message, job.binary), message, job.binary);
        this.#proceed();
      });
      this.#running++;
    } catch (error) {
      job.client.failed(error);
    }
  }
}

function faultOf(error: Error | null, message: Buffer, binary: boolean): CompressionFault | undefined {
  if (!error) return binary || isUtf8(message) ? undefined : { code: NOT_UTF8, what: TEXT_NOT_UTF8 };
  if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") return { code: TOO_LARGE, what: MESSAGE_TOO_LARGE };
  return { code: PROTOCOL_ERROR, what: `malformed compressed message: ${error.message}` };
}
