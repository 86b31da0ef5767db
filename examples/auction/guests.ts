import type { Peer } from "wampact";
import { createAuctionClient } from "../../schemas/generated/auction.gen.js";

const NAMES = ["Mina", "Otto", "Priya", "Lars"];
const PAUSE_MS = 7_000;

/** Lets guests bid from time to time, so that a single page has company. Returns a function that stops them. */
export function inviteGuests(peer: Peer): () => void {
  const api = createAuctionClient(peer);
  const bidOnce = async () => {
    const lots = (await api.lots()).filter(({ standing }) => standing.isOpen);
    const lot = pick(lots);
    if (!lot) return;
    const bidder = pick(NAMES.filter((name) => name !== lot.standing.leader)) ?? "Mina";
    const outcome = await api.bid({ lot: lot.id }, { bidder, amount: lot.standing.least }).safe();
    if (!outcome.ok && outcome.error.code !== "bidTooLow") peer.onError(outcome.error); // another guest was faster
  };
  const timer = setInterval(() => void bidOnce().catch(peer.onError), PAUSE_MS);
  return () => clearInterval(timer);
}

function pick<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}
