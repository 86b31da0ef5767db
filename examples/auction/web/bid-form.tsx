import { type FormEvent, useId, useState } from "react";
import { type FailureOf, useCall, useClient, useConnection } from "wampact/react";
import {
  type BidTooLowError,
  createAuctionClient,
  type LotClosedError,
  type NoSuchLotError,
} from "../../../schemas/generated/auction.gen.js";
import type { LotCardProps } from "./lot-card.js";
import { euros } from "./money.js";

/** A form for a bid. It starts with the minimum bid, which follows the others' bids until the user types. */
export function BidForm({ lot, bidder, offline }: Omit<LotCardProps, "number">) {
  const { bid } = useClient(createAuctionClient);
  const { call, status, error, cancel } = useCall(bid);
  const { state } = useConnection();
  const [typed, setTyped] = useState<string>();
  const errorId = useId();
  const { least } = lot.standing;
  const amount = typed ?? String(least);
  const waits = status === "pending" && state !== "ready";

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (status === "pending") return; // its button keeps the focus, so it is not disabled
    const outcome = await call({ lot: lot.id }, { bidder, amount: Number(amount) }, { offline, timeoutMs: 60_000 });
    if (outcome.ok) setTyped(undefined);
  };
  const takeBack = (event: FormEvent) => {
    event.preventDefault(); // the same element submits again by the time the click is over
    cancel();
  };
  return (
    <form className="bid" onSubmit={submit} noValidate>
      <div className="bid-row">
        <label className="amount">
          <span className="visually-hidden">Your bid for {lot.title}, in euros</span>
          <span aria-hidden="true">€</span>
          <input
            inputMode="numeric"
            value={amount}
            aria-invalid={error?.code === "bidTooLow" || error?.code === "invalidInput"}
            aria-describedby={errorId}
            onChange={({ target }) => setTyped(target.value.replaceAll(/\D/g, ""))}
          />
        </label>
        {waits ? (
          <button type="button" className="quiet" onClick={takeBack}>
            Take back
            <span className="visually-hidden"> your bid for {lot.title}</span>
          </button>
        ) : (
          <button type="submit" aria-disabled={status === "pending"}>
            Place bid
            <span className="visually-hidden"> for {lot.title}</span>
          </button>
        )}
      </div>
      <p className="hint" id={errorId} role="alert" data-error={error !== undefined}>
        {waits ? "Your bid waits for the connection." : error ? inWords(error) : ""}
      </p>
    </form>
  );
}

type BidFailure = FailureOf<BidTooLowError | LotClosedError | NoSuchLotError>;

/** Returns the text for a failure. The compiler knows each code, and the data of each declared error. */
function inWords(error: BidFailure): string {
  switch (error.code) {
    case "bidTooLow": {
      const { price, least } = error.data;
      if (price === least) return `Too low: bids begin at ${euros(least)}.`;
      return `Too low: it stands at ${euros(price)}. Bid ${euros(least)} or more.`;
    }
    case "lotClosed":
      return error.data.leader ? `Sold to ${error.data.leader}.` : "This lot is closed.";
    case "noSuchLot":
      return "This lot was taken back.";
    case "invalidInput":
      return error.issues.some(({ path }) => path.includes("bidder"))
        ? "Say who you are first: “You bid as” is empty."
        : "That is no amount we can take.";
    case "disconnected":
      return error.sent
        ? "The connection broke: look whether your bid counts before you bid again."
        : "There is no connection: your bid was not sent.";
    case "canceled":
      return "You took your bid back.";
    case "timeout":
    case "unavailable":
    case "noSuchProcedure":
      return "The auctioneer does not answer. Try again in a moment.";
    default:
      return `Your bid failed: ${error.message}.`;
  }
}
