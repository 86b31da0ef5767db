/** Entry `wampact/longpoll`: the client's end of WAMP over HTTP long-poll. */
export type { ClientTransport, ClientTransportOptions } from "./transport/client-transport.js";
export { type LongPollOptions, longPoll } from "./transport/longpoll/client.js";
export type { ConnectWebSocketOptions } from "./transport/websocket/websocket.js";
