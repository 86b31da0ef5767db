/** Entry point `wampact/http`: the HTTP services of a router besides WebSockets. */

export type { HttpPart } from "../transport/http/part.js";
export { type LongPollOptions, longPoll } from "../transport/longpoll/listener.js";
export { httpBridge } from "./bridge.js";
export type { HttpBridgeOptions } from "./options.js";
