import type { Offline } from "wampact";

export interface SettingsProps {
  readonly bidder: string;
  readonly setBidder: (name: string) => void;
  readonly offline: Offline;
  readonly setOffline: (offline: Offline) => void;
}

/** Settings: the bidder's name, and the handling of bids without a connection. */
export function Settings({ bidder, setBidder, offline, setOffline }: SettingsProps) {
  const choice = (value: "fail" | "wait", words: string) => (
    <label>
      <input type="radio" name="offline" value={value} checked={offline === value} onChange={() => setOffline(value)} />
      <span>{words}</span>
    </label>
  );
  return (
    <section className="settings" aria-label="Your bids">
      <label className="field">
        <span>You bid as</span>
        <input
          value={bidder}
          maxLength={30}
          autoComplete="nickname"
          onChange={({ target }) => setBidder(target.value)}
        />
      </label>
      <fieldset className="choice">
        <legend>Bids without a connection</legend>
        <div>
          {choice("fail", "fail at once")}
          {choice("wait", "wait for it")}
        </div>
      </fieldset>
    </section>
  );
}
