/** Entry point `wampact/longpoll`: the client's end of WAMP over HTTP long-poll. */
export type { ClientTransport, TransportAttempt } from "./transport/client-transport.js";
export { type LongPollOptions, longPoll } from "./transport/longpoll/client.js";
export type { UpgradeHeaders } from "./transport/websocket/websocket.js";
