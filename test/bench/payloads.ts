/** The payloads of calls: a long text, records of small values, or bytes. */
import type { Serializer } from "../../src/wire/serializer.js";

export const PAYLOADS = ["text", "records", "binary"] as const;
export type PayloadKind = (typeof PAYLOADS)[number];

/** An argument that takes so many bytes as it is encoded; of records, at least one and no more than fill it. */
export function argumentOf(kind: PayloadKind, bytes: number, serializer: Serializer): unknown {
  if (kind === "text") return "x".repeat(bytes);
  if (kind === "records") return recordsOf(bytes, serializer);
  if (!serializer.binary) throw new Error("bytes as they are need MessagePack or CBOR");
  return Uint8Array.from({ length: bytes }, (_, index) => (index * 167 + (index >> 8)) & 0xff);
}

/** A row of a table as an API returns it: some hundred bytes of JSON. */
interface Row {
  readonly id: number;
  readonly name: string;
  readonly price: number;
  readonly ratio: number;
  readonly active: boolean;
  readonly place: { readonly x: number; readonly y: number };
}

function recordsOf(bytes: number, serializer: Serializer): readonly Row[] {
  const random = randomNumbers();
  const rows: Row[] = [];
  for (let size = 0; ; ) {
    const row = rowOf(random);
    size += serializer.encodePayload({ args: [row], kwargs: {} }).bytes.length;
    if (rows.length > 0 && size > bytes) return rows;
    rows.push(row);
  }
}

const SYLLABLES = ["ka", "lo", "mi", "ter", "su", "ran", "de", "vi"];

function rowOf(random: () => number): Row {
  const below = (limit: number) => Math.floor(random() * limit);
  const name = Array.from({ length: 2 + below(3) }, () => SYLLABLES[below(SYLLABLES.length)]).join("");
  return {
    id: below(1_000_000),
    name,
    price: (1 + below(100_000)) / 100,
    ratio: (1 + below(9_999_998)) / 10_000_000,
    active: random() < 0.5,
    place: { x: below(2_000) - 1_000, y: below(100) },
  };
}

/** Numbers from 0 to 1 that are the same in each run, so that all runs send the same rows. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
