import type { Clock } from "../session/clock.js";
import type { PeerInfo, Transport } from "../transport/transport.js";
import type { SessionLogin } from "./auth/client-auth.js";
import type { Offline } from "./offline.js";
import type { PeerParts } from "./parts.js";
import type { ReconnectPolicy } from "./reconnection.js";

/** The parameters for opening a transport. */
export interface Opening {
  /** The number of the attempt, from 0. It selects one of several URLs. */
  readonly attempt: number;
  /** Cancels the attempt. */
  readonly signal: AbortSignal;
  /** Returns whether the router owes an answer. */
  awaitsAnswer(): boolean;
}

/** The settings of a peer, checked and with their defaults. */
export interface Supervision extends Omit<PeerParts, "login" | "messages"> {
  readonly realm: string;
  /** Starts a login; `undefined` for none. */
  readonly beginLogin: ((info: PeerInfo) => Promise<SessionLogin>) | undefined;
  open(opening: Opening): Promise<Transport>;
  readonly connectTimeoutMs: number;
  /** `false`: a lost connection closes the peer. */
  readonly reconnect: ReconnectPolicy | false;
  /** Silence after which the peer checks whether the router is alive, in milliseconds; 0 for never. */
  readonly heartbeatMs: number;
  /** The default for calls and publications; `undefined` leaves it to them. */
  readonly offline: Offline | undefined;
  readonly callStacks: boolean;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}
