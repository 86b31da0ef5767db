import { ENDED, FAILED, FROM_CLIENT, FROM_ROUTER, type SessionMoves } from "./states.js";

/** The state table of the client. */
export const CLIENT_MOVES: SessionMoves = {
  CLOSED: { receives: {}, sends: { HELLO: "ESTABLISHING" } },
  ESTABLISHING: {
    receives: { WELCOME: "ESTABLISHED", CHALLENGE: "AUTHENTICATING", ABORT: "CLOSED" },
    sends: { ABORT: "FAILED" },
  },
  AUTHENTICATING: { receives: { ABORT: "CLOSED" }, sends: { AUTHENTICATE: "ESTABLISHING", ABORT: "FAILED" } },
  ESTABLISHED: { receives: FROM_ROUTER, sends: { ...FROM_CLIENT, ABORT: "FAILED" } },
  CLOSING: { receives: ENDED, sends: {}, dropsRest: true },
  SHUTTING_DOWN: { receives: { ABORT: "CLOSED" }, sends: { GOODBYE: "CLOSED" }, dropsRest: true },
  FAILED,
};
