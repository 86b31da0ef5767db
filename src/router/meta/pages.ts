import type { Dict } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import { Payload } from "../../wire/payload.js";
import type { MatchPolicy } from "../../wire/uris.js";
import { type Kind, visible } from "../access/visible.js";
import { largestEncodedBytes } from "../largest-encoded.js";
import type { PatternBook, PatternEntry } from "../pattern-book.js";
import type { RealmSession } from "../realm-session.js";

/** The part of a list that fits into one answer. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The start of the next page; `undefined` if this is the last page. */
  readonly next: number | undefined;
}

/** The requested page of a list and its receiver. */
export interface PageRequest {
  /** The `next` of the previous page. */
  readonly from: number;
  readonly receiver: Pick<RealmSession, "maxReceiveBytes">;
}

/** The start of the first page. */
export const FIRST = 1;
/** The maximum size of a page, in bytes. Larger ones would block a router with 100,000 sessions for more than 20 ms. */
const PAGE_BYTES = 256 * 1024;
/** The size of a RESULT around the items, in bytes. */
const AROUND_BYTES = 256;
/** The size of an ID with 16 digits and a comma in JSON, which is the largest encoding. */
const ID_BYTES = 17;

/** Returns the maximum size of the items on a page, in bytes. */
function roomFor({ maxReceiveBytes = Infinity }: PageRequest["receiver"]): number {
  return Math.min(PAGE_BYTES, maxReceiveBytes) - AROUND_BYTES;
}

/** Returns the maximum number of IDs on a page: at most 15,405 and at least one. */
export function mostIds(receiver: PageRequest["receiver"]): number {
  return Math.max(1, Math.floor(roomFor(receiver) / ID_BYTES));
}

/**
 * Creates a page of the IDs of sessions or entries. A list of one page keeps its order. A longer one is in ascending order, in which
 * IDs keep their places while others come and go. It visits each ID once and sorts at most two pages at a time.
 */
export function pageOfIds(all: Iterable<{ readonly id: Id }>, { from, receiver }: PageRequest): Page<Id> {
  const most = mostIds(receiver) + 1; // one more, which starts the next page
  let kept: Id[] = [];
  let largest = Infinity; // the largest ID that may still be on the page
  for (const { id } of all) {
    if (id < from || id > largest) continue;
    kept.push(id);
    if (kept.length < 2 * most) continue;
    kept = smallest(kept, most);
    largest = kept[most - 1] as Id;
  }
  if (from === FIRST && kept.length < most) return { items: kept, next: undefined };
  const items = smallest(kept, most);
  const next = items.length === most ? items.pop() : undefined;
  return { items, next };
}

/** Creates a page of texts in ascending order of their numbers. It has at least one text. */
export function pageOfTexts(
  texts: Iterable<readonly [text: string, number: number]>,
  { from, receiver }: PageRequest,
): Page<string> {
  const items: string[] = [];
  let room = roomFor(receiver);
  for (const [text, number] of texts) {
    if (number < from) continue;
    room -= largestEncodedBytes(text);
    if (room < 0 && items.length > 0) return { items, next: number };
    items.push(text);
  }
  return { items, next: undefined };
}

/** Returns an answer with a page, as its first positional result or in the form of `laidOut`. */
export function pageAnswer<T>(page: Page<T>, laidOut: unknown = page.items, beside: Dict = {}): Payload {
  return Payload.of([laidOut], page.next === undefined ? beside : { more: true, next: page.next, ...beside });
}

/** Returns the keyword results about routers that did not answer, so that their data is missing. */
export function lackOf(unanswered: readonly string[]): Dict {
  return unanswered.length === 0 ? {} : { unanswered };
}

/** Answers a page of all entries that the receiver may know about, as IDs by match policy. */
export function byPolicy<Entry extends PatternEntry>(
  book: Pick<PatternBook<Entry>, "all" | "byId">,
  kind: Kind,
  request: PageRequest & { readonly receiver: RealmSession },
): Payload {
  const page = pageOfIds(visible(request.receiver, kind, book.all()), request);
  const lists: Record<MatchPolicy, Id[]> = { exact: [], prefix: [], wildcard: [] };
  for (const id of page.items) {
    const entry = book.byId(id);
    if (entry) lists[entry.match].push(id);
  }
  return pageAnswer(page, lists);
}

function smallest(ids: readonly Id[], most: number): Id[] {
  return Array.from(new Float64Array(ids).sort().subarray(0, most)); // an array would need a comparison callback
}
