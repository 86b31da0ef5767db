import type { RoleName } from "../session/features.js";
import type { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";

/** What dealer and broker see of a session. They never see a socket. */
export interface RealmSession {
  readonly id: Id;
  readonly authid: string;
  readonly authrole: string;
  /** Whether the client has announced a feature for a role. */
  announces(role: RoleName, feature: string): boolean;
  /**
   * Sends a message; never calls back synchronously. Returns why this session cannot be given it, such as a value that
   * its serializer does not have; `undefined` when it was taken.
   */
  send(message: Message): WampError | undefined;
}

/** Time as the router's core knows it; handed in, so that tests can stand still. */
export interface Clock {
  /** Runs a function once, after so many milliseconds. Returns what calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

/** What the pure parts of the router are given from outside. */
export interface Surroundings {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly strictUris: boolean;
}
