import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Offline } from "wampact";
import { useClient } from "wampact/react";
import { queryOptions, useUpdateOn } from "wampact/tanstack-query";
import { createAuctionClient } from "../../../schemas/generated/auction.gen.js";
import { ConnectionBadge, ConnectionBanner } from "./connection.js";
import { LotCard } from "./lot-card.js";
import { Settings } from "./settings.js";

export function App() {
  const api = useClient(createAuctionClient);
  const [bidder, setBidder] = useState("Ada");
  const [offline, setOffline] = useState<Offline>("fail");

  const all = queryOptions(api.lots, []);
  const { data: lots, isPending, error, refetch } = useQuery(all);
  // One subscription for every lot. It fetches the lots again when a lost connection is back.
  useUpdateOn(api.lotChanged, {}, all, (known, { params, data }) =>
    known?.map((lot) => (lot.id === params.lot ? { ...lot, standing: data } : lot)),
  );

  return (
    <>
      <a className="skip" href="#lots">
        To the lots
      </a>
      <header className="masthead">
        <div>
          <p className="eyebrow">Live auction</p>
          <h1>Nightingale &amp; Daughters</h1>
        </div>
        <ConnectionBadge />
      </header>
      <ConnectionBanner />
      <Settings {...{ bidder, setBidder, offline, setOffline }} />
      <main id="lots" tabIndex={-1}>
        <h2 className="visually-hidden">Lots of the day</h2>
        {isPending && <Skeletons />}
        {error && !lots && (
          <p className="empty" role="alert">
            The lots cannot be shown: {error.message}.{" "}
            <button type="button" className="link" onClick={() => refetch()}>
              Try again
            </button>
          </p>
        )}
        <ul className="lots">
          {lots?.map((lot, index) => (
            <LotCard key={lot.id} {...{ lot, bidder, offline }} number={index + 1} />
          ))}
        </ul>
      </main>
      <footer className="colophon">
        An example of wampact: typed calls, events and progress over one WebSocket. Nothing here is for sale.
      </footer>
    </>
  );
}

function Skeletons() {
  return (
    <div className="lots" aria-busy="true" role="status">
      <span className="visually-hidden">The lots are on their way.</span>
      {["a", "b", "c"].map((each) => (
        <div key={each} className="card skeleton" />
      ))}
    </div>
  );
}
