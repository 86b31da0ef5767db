import { ENDED, FAILED, FROM_CLIENT, FROM_ROUTER, type SessionMoves } from "./states.js";

/** The state table of the router. */
export const ROUTER_MOVES: SessionMoves = {
  CLOSED: { receives: { HELLO: "ESTABLISHING" }, sends: { ABORT: "FAILED" } },
  ESTABLISHING: {
    receives: { ABORT: "CLOSED" },
    sends: { CHALLENGE: "AUTHENTICATING", WELCOME: "ESTABLISHED", ABORT: "FAILED" },
  },
  AUTHENTICATING: { receives: { AUTHENTICATE: "ESTABLISHING", ABORT: "CLOSED" }, sends: { ABORT: "FAILED" } },
  ESTABLISHED: { receives: FROM_CLIENT, sends: { ...FROM_ROUTER, ABORT: "FAILED" } },
  CLOSING: { receives: { ABORT: "CLOSED" }, sends: { GOODBYE: "CLOSED" }, dropsRest: true },
  SHUTTING_DOWN: { receives: ENDED, sends: { ABORT: "FAILED" }, dropsRest: true },
  FAILED,
};
