import { useId } from "react";
import { useCall, useClient } from "wampact/react";
import { createAuctionClient, type LotId } from "../../../schemas/generated/auction.gen.js";
import { euros } from "./money.js";

/** A long call. Shows its progress while it runs. Unmounting cancels the call at the auction house, too. */
export function Appraisal({ lot, title }: { readonly lot: LotId; readonly title: string }) {
  const { appraise } = useClient(createAuctionClient);
  const { call, cancel, status, progress, data, error } = useCall(appraise);
  const label = useId();
  if (status === "pending") {
    return (
      <div className="appraisal">
        <div className="appraisal-head">
          <span id={label} aria-live="polite">
            {progress?.step ?? "Finding an expert"}…
          </span>
          <button type="button" className="link" onClick={cancel} aria-label={`Stop the appraisal of ${title}`}>
            Stop
          </button>
        </div>
        <progress aria-labelledby={label} max={1} value={progress?.share ?? 0} />
      </div>
    );
  }
  return (
    <div className="appraisal">
      <p aria-live="polite">
        {status === "success" && `Appraised at ${euros(data.low)} to ${euros(data.high)}. `}
        {error && (error.code === "canceled" ? "Stopped. " : `No appraisal: ${error.message}. `)}
        <button type="button" className="link" onClick={() => call({ lot })}>
          {status === "success" ? "Appraise again" : "Ask for an appraisal"}
          <span className="visually-hidden"> of {title}</span>
        </button>
      </p>
    </div>
  );
}
