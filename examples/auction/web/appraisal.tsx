import { useId } from "react";
import { type FailureOf, useCall, useClient } from "wampact/react";
import { createAuctionClient, type LotId, type NoSuchLotError } from "../../../schemas/generated/auction.gen.js";
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
        {error && `${inWords(error)} `}
        <button type="button" className="link" onClick={() => call({ lot })}>
          {status === "success" ? "Appraise again" : "Ask for an appraisal"}
          <span className="visually-hidden">{status === "success" ? `: ${title}` : ` of ${title}`}</span>
        </button>
      </p>
    </div>
  );
}

/** Returns the text for a failure. */
function inWords(error: FailureOf<NoSuchLotError>): string {
  switch (error.code) {
    case "canceled":
      return "Stopped.";
    case "noSuchLot":
      return "This lot was taken back.";
    case "disconnected":
      return error.sent ? "The connection broke during the appraisal." : "There is no connection to an expert.";
    case "timeout":
    case "unavailable":
    case "noSuchProcedure":
      return "No expert answers. Try again in a moment.";
    default:
      return `The appraisal failed: ${error.message}.`;
  }
}
