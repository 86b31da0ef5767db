import type { Dict } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import { Payload } from "../../wire/payload.js";
import type { MatchPolicy } from "../../wire/uris.js";
import { type Kind, visible } from "../access/visible.js";
import { largestEncodedBytes } from "../largest-encoded.js";
import type { PatternBook, PatternEntry } from "../pattern-book.js";
import type { RealmSession } from "../realm-session.js";

/** As much of a list as one answer may hold. */
export interface Page<T> {
  readonly items: readonly T[];
  /** What the next page begins with; `undefined` where there is no more. */
  readonly next: number | undefined;
}

/** Which page of a list is asked for, and by whom. */
export interface PageRequest {
  /** The `next` of the page before. */
  readonly from: number;
  readonly receiver: Pick<RealmSession, "maxReceiveBytes">;
}

/** Where the first page begins. */
export const FIRST = 1;
/** Most bytes of a page. Larger ones would stop a router with 100,000 sessions for more than 20 ms. */
const PAGE_BYTES = 256 * 1024;
/** What is around the items in a RESULT. */
const AROUND_BYTES = 256;
/** An ID of 16 digits and its comma in JSON, which takes most for it. */
const ID_BYTES = 17;

/** How many bytes of items a page may hold for its receiver. */
function roomFor({ maxReceiveBytes = Infinity }: PageRequest["receiver"]): number {
  return Math.min(PAGE_BYTES, maxReceiveBytes) - AROUND_BYTES;
}

/** How many IDs a page may hold for its receiver: at most 15,405, and at least one. */
export function mostIds(receiver: PageRequest["receiver"]): number {
  return Math.max(1, Math.floor(roomFor(receiver) / ID_BYTES));
}

/**
 * Makes a page of the IDs of sessions or entries. A list that takes one page keeps its order. A longer one is in ascending order, in
 * which each ID keeps its place while others come and go. It looks at each once, and sorts no more than two pages at a time.
 */
export function pageOfIds(all: Iterable<{ readonly id: Id }>, { from, receiver }: PageRequest): Page<Id> {
  const most = mostIds(receiver) + 1; // one more, with which the next page begins
  let kept: Id[] = [];
  let largest = Infinity; // that may still be on the page
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

/** Makes a page of texts in the order of their numbers, which ascend. At least one text is on it. */
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

/** An answer that holds a page, as its first positional result or as what `laidOut` makes of it. */
export function pageAnswer<T>(page: Page<T>, laidOut: unknown = page.items, beside: Dict = {}): Payload {
  return Payload.of([laidOut], page.next === undefined ? beside : { more: true, next: page.next, ...beside });
}

/** The keyword results that tell what an answer lacks: what is known to routers that have not answered. */
export function lackOf(unanswered: readonly string[]): Dict {
  return unanswered.length === 0 ? {} : { unanswered };
}

/** Answers a page of all entries of a book that the receiver may know of, their IDs by match policy. */
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
  return Array.from(new Float64Array(ids).sort().subarray(0, most)); // a list would compare by a callback
}
