import type { DrainOptions, Peer, Service } from "wampact";
import { createAuctionClient, type Lot, type Standing, serveAuction } from "../../schemas/generated/auction.gen.js";

const MINUTE_MS = 60_000;
/** The time before closing in which a bid extends the auction, in milliseconds. */
const LATE_MS = 30_000;
/** The steps of an appraisal. */
const STEPS = ["Measuring", "Looking for marks", "Comparing sales", "Asking a colleague", "Writing it down"];

/** The lots for sale: title, maker and time, starting price, and duration in minutes. */
const CATALOGUE: readonly (readonly [id: string, title: string, note: string, price: number, minutes: number])[] = [
  ["telescope", "Brass telescope", "Dollond, London, about 1790", 1_200, 6],
  ["vase", "Cobalt vase", "Sèvres, 1868", 640, 9],
  ["clock", "Mantel clock", "Vienna, walnut, 1842", 380, 12],
  ["landscape", "Evening at the lake", "Oil on canvas, unsigned", 2_100, 15],
  ["chair", "Bentwood chair", "Thonet No. 14, 1881", 150, 18],
  ["atlas", "Atlas of the heavens", "Hand colored, 1729", 3_400, 21],
];

/** Settings of the auction house. */
export interface HouseOptions {
  /** The duration of each step of an appraisal, in milliseconds. Default 900. */
  readonly stepMs?: number;
}

/** Serves the auction: checks bids, and publishes every change of a lot. */
export async function openHouse(peer: Peer, { stepMs = 900 }: HouseOptions = {}): Promise<Service> {
  const { lotChanged } = createAuctionClient(peer);
  const lots = new Map<string, Lot>(CATALOGUE.map((each) => [each[0], newLot(...each)]));
  const stopTimers = new AbortController();

  const change = async (id: string, standing: Standing): Promise<Standing> => {
    const lot = lots.get(id);
    if (lot) lots.set(id, { ...lot, standing });
    await lotChanged.publish({ lot: id }, standing);
    return standing;
  };
  const close = async (id: string): Promise<void> => {
    const standing = lots.get(id)?.standing;
    if (!standing?.isOpen || stopTimers.signal.aborted) return;
    const leftMs = standing.endsAt - Date.now();
    if (leftMs > 0)
      after(leftMs, stopTimers.signal, () => close(id)); // a late bid may have extended it
    else await change(id, { ...standing, isOpen: false });
  };
  for (const id of lots.keys()) void close(id);

  const service = await serveAuction(peer, {
    lots: () => [...lots.values()],
    async bid({ bidder, amount }, { params, errors }) {
      const standing = lots.get(params.lot)?.standing;
      if (!standing) throw errors.noSuchLot({ lot: params.lot });
      const { isOpen, least, price, leader, endsAt, bids } = standing;
      if (!isOpen) throw errors.lotClosed({ leader });
      if (amount < least) throw errors.bidTooLow({ least, price });
      return change(params.lot, {
        price: amount,
        least: amount + stepAbove(amount),
        bids: bids + 1,
        leader: bidder,
        endsAt: Math.max(endsAt, Date.now() + LATE_MS),
        isOpen,
      });
    },
    async *appraise({ params, signal, errors }) {
      const lot = lots.get(params.lot);
      if (!lot) throw errors.noSuchLot({ lot: params.lot });
      for (const [index, step] of STEPS.entries()) {
        yield { share: index / STEPS.length, step };
        await new Promise<void>((resolve) => after(stepMs, signal, resolve));
        signal.throwIfAborted();
      }
      const { price } = lot.standing;
      return { low: Math.round(price * 0.9), high: Math.round(price * 1.6) };
    },
  });
  const end = async (options?: DrainOptions) => {
    stopTimers.abort();
    await service.close(options);
  };
  return { close: end, [Symbol.asyncDispose]: () => end() };
}

function newLot(id: string, title: string, note: string, price: number, minutes: number): Lot {
  const endsAt = Date.now() + minutes * MINUTE_MS;
  return { id: id as Lot["id"], title, note, standing: { price, least: price, bids: 0, endsAt, isOpen: true } };
}

/** Returns the minimum by which a bid must exceed a price. */
function stepAbove(price: number): number {
  return price < 500 ? 10 : price < 2_000 ? 50 : 100;
}

/** Calls back after a delay, or at once when it is canceled. */
function after(ms: number, signal: AbortSignal, done: () => unknown): void {
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    void done();
  };
  const timer = setTimeout(end, signal.aborted ? 0 : ms);
  signal.addEventListener("abort", end);
}
