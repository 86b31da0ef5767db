import { useConnection } from "wampact/react";

const WORDS = {
  connecting: "Connecting",
  ready: "Live",
  waiting: "Offline",
  left: "Closed",
  closed: "Closed",
} as const;

/** Shows the state of the connection, in the corner. */
export function ConnectionBadge() {
  const { state } = useConnection();
  return (
    <p className="badge" data-state={state}>
      <span className="dot" aria-hidden="true" />
      {WORDS[state]}
    </p>
  );
}

/** Announces a lost connection, and its return. The region is always present, so that screen readers notice changes. */
export function ConnectionBanner() {
  const { state, wasReady, reconnect } = useConnection();
  const isLost = state !== "ready" && (wasReady || state === "closed");
  return (
    <div role="status" className="banner" data-shown={isLost}>
      {isLost && (
        <>
          <p>
            <strong>The connection is lost.</strong>{" "}
            {state === "closed" ? "The auction house has closed it." : "Prices may have moved; we keep trying."}
          </p>
          <button type="button" onClick={reconnect}>
            Try now
          </button>
        </>
      )}
    </div>
  );
}
