import type { Id } from "../../wire/ids.js";
import type { HistoryRange, StoredEvent } from "./store.js";

/**
 * The data about an event that a search by time needs. A clock may be set back, so times alone are not in order: `peakMs` never
 * falls.
 */
export interface TimeMark {
  /** The latest time of this event and all events before it. */
  readonly peakMs: number;
  /** The number of the newest event, up to this one, whose time is earlier than that of an event before it, or 0. */
  readonly lastBack: number;
}

/** A history. Its events have consecutive numbers from 1. The oldest are dropped. */
export interface HistoryLog {
  /** The number of the oldest event that is kept. */
  readonly first: number;
  /** The number that the next event will get. */
  readonly end: number;
  event(number: number): StoredEvent;
  mark(number: number): TimeMark;
  /** Returns the number of a kept publication. */
  find(publication: Id): number | undefined;
}

/** Returns the mark of an event that follows another. */
export function nextMark(previous: TimeMark | undefined, number: number, atMs: number): TimeMark {
  if (!previous) return { peakMs: atMs, lastBack: 0 };
  return atMs < previous.peakMs
    ? { peakMs: previous.peakMs, lastBack: number }
    : { peakMs: atMs, lastBack: previous.lastBack };
}

/** Yields a part of a history. Finds its start by binary search, and reads no event outside it, except after a clock was set back. */
export function* readLog(log: HistoryLog, range: HistoryRange = {}): Iterable<StoredEvent> {
  const placed = betweenPublications(log, range);
  if (!placed) return;
  const first = Math.max(placed.first, firstByTime(log, range));
  const end = Math.min(placed.end, endByTime(log, range));
  for (let count = 0; count < end - first; count++) {
    const event = log.event(range.reverse ? end - 1 - count : first + count);
    if (isInTime(event, range)) yield event;
  }
}

/** Returns the range between publications. Their IDs are not ordered, but each marks a place. */
function betweenPublications(
  log: HistoryLog,
  { fromPublication, afterPublication, beforePublication, untilPublication }: HistoryRange,
): { readonly first: number; readonly end: number } | undefined {
  let { first, end } = log;
  for (const [publication, narrow] of [
    [fromPublication, (at: number) => (first = Math.max(first, at))],
    [afterPublication, (at: number) => (first = Math.max(first, at + 1))],
    [beforePublication, (at: number) => (end = Math.min(end, at))],
    [untilPublication, (at: number) => (end = Math.min(end, at + 1))],
  ] as const) {
    if (publication === undefined) continue;
    const at = log.find(publication);
    if (at === undefined) return undefined;
    narrow(at);
  }
  return { first, end };
}

function firstByTime(log: HistoryLog, { fromMs = -Infinity, afterMs = -Infinity }: HistoryRange): number {
  if (fromMs === -Infinity && afterMs === -Infinity) return log.first;
  return firstWhere(log, ({ peakMs }) => peakMs >= fromMs && peakMs > afterMs);
}

/** Returns the end by time. After the first event that is too late, only events before the last clock setback can be early enough. */
function endByTime(log: HistoryLog, { untilMs = Infinity, beforeMs = Infinity }: HistoryRange): number {
  if ((untilMs === Infinity && beforeMs === Infinity) || log.first === log.end) return log.end;
  const late = firstWhere(log, ({ peakMs }) => peakMs > untilMs || peakMs >= beforeMs);
  return Math.max(late, log.mark(log.end - 1).lastBack + 1);
}

/** Returns the first number whose mark passes a test that all later marks pass too, or the end if there is none. */
function firstWhere(log: HistoryLog, passes: (mark: TimeMark) => boolean): number {
  let { first: low, end: high } = log;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (passes(log.mark(middle))) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isInTime(
  { atMs }: StoredEvent,
  { fromMs = -Infinity, afterMs = -Infinity, beforeMs = Infinity, untilMs = Infinity }: HistoryRange,
): boolean {
  return atMs >= fromMs && atMs > afterMs && atMs < beforeMs && atMs <= untilMs;
}
