import { DEVELOPMENT } from "#development";
import type { Mapper } from "../contract/mapper.js";
import type { UntypedCallOptions } from "../peer/types.js";
import { misuse } from "../wire/misuse.js";
import { mapAsync } from "./async-map.js";
import { encoded } from "./encoded.js";

/** The chunks of a procedure's calls, and the code that sends them. Clients without such procedures do not contain it. */
export interface PlannedChunks {
  readonly mapper: Mapper;
  /**
   * Converts chunks to the wire. A chunk that does not match its schema ends the iteration and the call with
   * `wamp.error.invalid_argument`. Throws `TypeError` for a value that is not iterable.
   */
  readonly send: (chunks: unknown) => UntypedCallOptions["chunks"];
}

export function planChunks(uri: string, mapper: Mapper): PlannedChunks {
  const what = `${uri} chunks`;
  return {
    mapper,
    send(chunks) {
      if (!isIterable(chunks)) throw misuse(what, DEVELOPMENT && "expected an iterable of chunks");
      return mapAsync(chunks, (chunk) => encoded(mapper, chunk, what));
    },
  };
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
