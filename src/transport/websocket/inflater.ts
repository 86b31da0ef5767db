import { isUtf8 } from "node:buffer";
import { constants, inflateRaw } from "node:zlib";
import { Fifo } from "../fifo.js";
import { TAIL } from "./compression.js";
import { MESSAGE_TOO_LARGE, NOT_UTF8, PROTOCOL_ERROR, TEXT_NOT_UTF8, TOO_LARGE } from "./parser.js";

/** The maximum number of messages decompressed at the same time: the size of Node's thread pool. */
const MOST_AT_ONCE = 4;
/** The maximum total size of these messages, in bytes. If one message alone may be larger, one is decompressed at a time. */
const MOST_BYTES_AT_ONCE = 64 * 1024 * 1024;

/** An error in a compressed message, with its close code. */
export interface CompressionFault {
  readonly code: number;
  readonly what: string;
}

/** A connection with a message to decompress. */
export interface InflaterClient {
  /** Whether the connection is gone, so that the message is no longer needed. */
  readonly gone: boolean;
  /** Called once, asynchronously, with an error or the message, unless the client is gone. Must not throw. */
  inflated(fault: CompressionFault | undefined, message: Buffer, binary: boolean): void;
  /** Called if decompressing threw. */
  failed(error: unknown): void;
}

interface Job {
  readonly client: InflaterClient;
  readonly data: Buffer;
  readonly binary: boolean;
}

/**
 * Decompresses the messages of all connections of a listener in order of arrival. A small message may expand to the maximum
 * size, so only a few are decompressed at the same time. A connection may submit its next message only after the current one.
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
