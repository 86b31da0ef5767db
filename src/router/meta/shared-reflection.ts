import { createHash } from "node:crypto";
import type { Dict } from "../../wire/fields.js";
import { Payload } from "../../wire/payload.js";
import { type Kind, patternOfTemplate, sees } from "../access/visible.js";
import type { RealmLink } from "../realm-link.js";
import type { RealmSession } from "../realm-session.js";
import { FIRST, lackOf, type PageRequest, pageAnswer, pageOfTexts } from "./pages.js";
import type { MetaAnswer } from "./procedure.js";

/** The kinds of things that can be described. */
export const KINDS: readonly Kind[] = ["procedure", "topic", "error"];

/** The descriptions by the sessions of one router. */
export interface DescribedHere {
  urisOf(kind: Kind): Iterable<string>;
  newest(kind: Kind, uri: string): { readonly value: Dict; readonly atMs: number } | undefined;
}

/** The maximum number of URIs in one answer to another router. */
const MOST = 1_000;

const LIST = "reflection.list";
const DESCRIBE = "reflection.describe";

/** A URI and its position in the lists of all routers. */
type Placed = readonly [uri: string, place: number];

/** A part of one router's URIs, in order of their positions. */
interface Part {
  readonly uris: readonly Placed[];
  /** Whether further URIs follow. */
  readonly more: boolean;
}

/** Definitions by kind. */
type Definitions = Readonly<Record<string, { readonly value: Dict; readonly atMs: number }>>;

/**
 * Answers a page of the URIs described at any router. The order is by a hash, which all routers know without communication. A URI
 * that is described at several routers is listed once.
 */
export async function listShared(
  here: DescribedHere,
  link: RealmLink,
  { kind, from, receiver }: PageRequest & { readonly kind: Kind; readonly receiver: RealmSession },
): Promise<MetaAnswer> {
  const { answers, unanswered } = await link.ask<Part>({ about: LIST, given: { kind, from } });
  const parts = [partOf(here, kind, from), ...answers];
  const horizon = Math.min(...parts.map(({ uris, more }) => (more ? (uris.at(-1)?.[1] ?? from) : Infinity)));
  const places = new Map(parts.flatMap(({ uris }) => uris).filter(([, place]) => place <= horizon));
  const seen = [...places].filter(([uri]) => sees(receiver, kind, patternOfTemplate(uri)));
  const page = pageOfTexts(seen.sort(byPlace), { from, receiver });
  const next = page.next ?? (horizon === Infinity ? undefined : horizon + 1);
  return pageAnswer({ items: page.items, next }, page.items, lackOf(unanswered));
}

/** Answers the newest definition of a URI at any router, of the first kind that has one. */
export async function describeShared(
  here: DescribedHere,
  link: RealmLink,
  { kinds, uri }: { readonly kinds: readonly Kind[]; readonly uri: string },
): Promise<MetaAnswer> {
  const { answers, unanswered } = await link.ask<Definitions>({ about: DESCRIBE, given: { uri } });
  const all = [definitionsOf(here, uri), ...answers];
  for (const kind of kinds) {
    const found = all.flatMap((each) => each[kind] ?? []).sort((one, other) => other.atMs - one.atMs);
    if (found[0]) return Payload.of([{ kind, uri, ...found[0].value }], lackOf(unanswered));
  }
  return Payload.of([null], lackOf(unanswered));
}

/** Returns the answers to questions of other routers, by subject. */
export function answersOf(here: DescribedHere): Readonly<Record<string, (given: Dict) => unknown>> {
  return {
    [LIST]: ({ kind, from }) => {
      const asked = KINDS.find((each) => each === kind);
      return asked ? partOf(here, asked, typeof from === "number" ? from : FIRST) : { uris: [], more: false };
    },
    [DESCRIBE]: ({ uri }) => definitionsOf(here, String(uri)),
  };
}

/** Returns the first URIs from a position on. It visits each once and sorts at most two parts at a time. */
function partOf(here: DescribedHere, kind: Kind, from: number): Part {
  let kept: Placed[] = [];
  let more = false;
  const cut = () => {
    kept.sort(byPlace);
    more ||= kept.length > MOST;
    kept = kept.slice(0, MOST);
  };
  for (const uri of here.urisOf(kind)) {
    const place = placeOf(uri);
    if (place >= from) kept.push([uri, place]);
    if (kept.length === 2 * MOST) cut();
  }
  cut();
  return { uris: kept, more };
}

function definitionsOf(here: DescribedHere, uri: string): Definitions {
  const found: Record<string, { readonly value: Dict; readonly atMs: number }> = {};
  for (const kind of KINDS) {
    const newest = here.newest(kind, uri);
    if (newest) found[kind] = { value: newest.value, atMs: newest.atMs };
  }
  return found;
}

function byPlace([, one]: Placed, [, other]: Placed): number {
  return one - other;
}

/** Returns the position of a URI, which is the same at all routers: an integer from 1 to 2^52. */
function placeOf(uri: string): number {
  return Number(createHash("sha256").update(uri).digest().readBigUInt64BE() >> 12n) + FIRST;
}
