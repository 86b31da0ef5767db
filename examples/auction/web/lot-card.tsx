import { useEffect, useState } from "react";
import type { Offline } from "wampact";
import type { Lot } from "../../../schemas/generated/auction.gen.js";
import { Appraisal } from "./appraisal.js";
import { BidForm } from "./bid-form.js";
import { euros } from "./money.js";
import { Picture } from "./picture.js";

export interface LotCardProps {
  readonly lot: Lot;
  readonly number: number;
  readonly bidder: string;
  readonly offline: Offline;
}

export function LotCard({ lot, number, bidder, offline }: LotCardProps) {
  const { id, title, note, standing } = lot;
  const { price, bids, leader, isOpen, endsAt } = standing;
  const leads = leader !== undefined && leader === bidder;
  const label = `lot-${id}`;
  return (
    <li className="card" aria-labelledby={label} data-sold={!isOpen}>
      <Picture of={id} />
      <div className="card-body">
        <header>
          <p className="eyebrow">Lot {number}</p>
          <h3 id={label}>{title}</h3>
          <p className="note">{note}</p>
        </header>
        <dl className="standing">
          <div>
            <dt>{isOpen ? (bids > 0 ? "Highest bid" : "Begins at") : "Sold for"}</dt>
            <dd className="price" key={price}>
              {euros(price)}
            </dd>
          </div>
          <div className="end">
            <dt>{isOpen ? "Ends in" : "Ended"}</dt>
            <dd>{isOpen ? <Countdown to={endsAt} /> : "Going, going, gone"}</dd>
          </div>
        </dl>
        <p className="leader" aria-live="polite" aria-atomic="true" data-you={leads}>
          <span className="visually-hidden">{title}: </span>
          {leader === undefined
            ? "No bids yet"
            : leads
              ? `You lead, with ${count(bids)}`
              : `${leader} leads, with ${count(bids)}`}
        </p>
        {isOpen && <BidForm {...{ lot, bidder, offline }} />}
        <Appraisal lot={id} title={title} />
      </div>
    </li>
  );
}

function count(bids: number): string {
  return bids === 1 ? "one bid" : `${bids} bids`;
}

/** Shows the remaining time. It is not a live region, so that screen readers do not read out each second. */
function Countdown({ to }: { readonly to: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((to - now) / 1_000));
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return (
    <time data-late={seconds < 60} dateTime={`PT${seconds}S`}>
      {minutes}:{String(rest).padStart(2, "0")}
    </time>
  );
}
