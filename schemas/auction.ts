import { branded, error, procedure, topic } from "wampact";
import * as z from "zod";

/** A lot's name is one component of a URI. */
export const LotId = branded("LotId", z.string().regex(/^[0-9a-z_]+$/)).describe(
  "Lower-case letters, digits and underscores.",
);

/** An amount of money. */
const Euros = z.int().min(1);

/** The state of a lot while it is on sale. */
export const Standing = z.object({
  price: Euros.describe("The highest bid, or where bids begin, in euros."),
  least: Euros.describe("The least that the next bid must be, in euros."),
  bids: z.int().min(0).describe("Bids so far."),
  leader: z.string().optional().describe("Who has bid most."),
  endsAt: z.int().describe("When it is sold, in milliseconds since 1970."),
  isOpen: z.boolean().describe("Whether it takes bids."),
});

export const Lot = z.object({
  id: LotId,
  title: z.string(),
  note: z.string().describe("Its maker and time."),
  standing: Standing,
});

/** Somebody has bid more. */
export const bidTooLow = error("com.auction.error.bid_too_low", z.object({ least: Euros, price: Euros }));

/** The lot is sold. */
export const lotClosed = error("com.auction.error.lot_closed", z.object({ leader: z.string().optional() }));

/** There is no such lot. */
export const noSuchLot = error("com.auction.error.no_such_lot", z.object({ lot: LotId }));

/** The lots of the day. */
export const lots = procedure("com.auction.lots", { output: z.array(Lot), idempotent: true });

/** Bids for a lot. Gives how it stands then. */
export const bid = procedure("com.auction.lots.{lot}.bid", {
  params: { lot: LotId },
  input: z.object({
    bidder: z.string().trim().min(1).max(30).describe("Who bids."),
    amount: Euros.max(1_000_000).describe("In euros."),
  }),
  output: Standing,
  errors: { bidTooLow, lotClosed, noSuchLot },
});

/** Has experts look at a lot, which takes a while. */
export const appraise = procedure("com.auction.lots.{lot}.appraise", {
  params: { lot: LotId },
  progress: z.object({ share: z.number().min(0).max(1).describe("How much is done."), step: z.string() }),
  output: z.object({ low: Euros, high: Euros }),
  errors: { noSuchLot },
});

/** Every change of a lot. Leave `lot` open to hear of all. */
export const lotChanged = topic("com.auction.lots.{lot}.changed", {
  params: { lot: LotId },
  event: Standing,
});
