/** Entry `wampact/http`: what a router serves over HTTP beside WebSockets. */

export type { CorsRules, HttpExchange, HttpHost, HttpPart, HttpService } from "../transport/http/part.js";
export { type LongPollOptions, longPoll } from "../transport/longpoll/listener.js";
export { httpBridge } from "./bridge.js";
export type { HttpBridgeOptions } from "./options.js";
