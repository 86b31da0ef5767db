import { WampError } from "../../wire/error.js";
import { isDict } from "../../wire/fields.js";
import type { Serializer } from "../../wire/serializer.js";
import { callback, checkSettings, positive, type SettingRules } from "../../wire/settings.js";
import { NOT_AUTHORIZED } from "../../wire/uris.js";
import { BatchSplitter } from "../batch-splitter.js";
import type { ClientTransport, TransportAttempt } from "../client-transport.js";
import { SocketTransport } from "../socket.js";
import type { Transport } from "../transport.js";
import { framingOf, subprotocolOf, type WebSocketData, webSocketBytes, webSocketData } from "../websocket/websocket.js";
import { ClientLongPoll, SEND_TIMEOUT_MS } from "./client-socket.js";
import { type Posted, Requests, textOf, wordsOf } from "./requests.js";

/** Options of a peer's long-poll transport. */
export interface LongPollOptions {
  /** Makes requests, for example the `fetch` of an HTTP library with its own certificates or proxy. Default: the platform's. */
  readonly fetch?: typeof fetch;
  /**
   * The maximum wait for the answer to a request for messages, in milliseconds. A wampact router answers within 10 s. Default
   * 45,000.
   */
  readonly pollTimeoutMs?: number;
}

const RULES: SettingRules<LongPollOptions> = { fetch: callback, pollTimeoutMs: positive };
const DEFAULT_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Lets `connect` use `http:` and `https:` URLs of a router's long-poll, for networks that refuse WebSockets. Throws `TypeError` for
 * an unknown option and for an invalid value. Spec: Advanced Profile, "HTTP Longpoll Transport".
 *
 * ```ts
 * const url = ["wss://app.example/ws", "https://app.example/lp"]; // tried in turn
 * const peer = await connect({ url, realm: "com.app", transports: [longPoll()] });
 * ```
 */
export function longPoll(options: LongPollOptions = {}): ClientTransport {
  checkSettings(options, RULES, "longPoll");
  return {
    takes: (url) => /^https?:\/\/[^/]/.test(url),
    open: (url, connecting) => open(url.replace(/\/+$/, ""), connecting, options),
  };
}

async function open(
  url: string,
  connecting: TransportAttempt,
  { fetch: given = fetch, pollTimeoutMs = 45_000 }: LongPollOptions,
): Promise<Transport> {
  const { protocols, serializers, headers, tls, signal, maxMessageBytes = DEFAULT_MESSAGE_BYTES } = connecting;
  if (tls) throw new TypeError("tls: fetch takes no TLS options; give longPoll() a `fetch` that has them");
  const requests = new Requests(given, (typeof headers === "function" ? await headers() : headers) ?? {});
  const body = JSON.stringify({ protocols });
  const answer = await requests.post(`${url}/open`, { body, signal, timeoutMs: SEND_TIMEOUT_MS }).catch((error) => {
    throw new Error(`cannot connect to ${url}: ${causeOf(error)}`, { cause: error });
  });
  if (answer.status !== 200) throw refused(url, answer, typeof headers === "function");
  const { protocol, transport } = agreement(url, textOf(answer), protocols);
  const serializer = serializers.find((each) => protocol.startsWith(subprotocolOf(each))) as Serializer; // it was offered
  const framing = framingOf(serializer, protocol);
  const base = `${url}/${encodeURIComponent(transport)}`;
  return new SocketTransport<WebSocketData>({
    info: { kind: "longpoll" },
    socket: new ClientLongPoll(requests, { url: base, protocol, framing, maxMessageBytes, pollTimeoutMs }),
    serializer,
    maxMessageBytes,
    batches: framing && new BatchSplitter(framing),
    frame: (message) => webSocketData(serializer, message, framing),
    bytesOf: webSocketBytes,
  });
}

/** Returns the error for a refusal. A 403 is final, as with WebSockets, unless the next attempt has other headers. */
function refused(url: string, answer: Posted, makesHeaders: boolean): Error {
  const message = `${url}/open was answered with ${wordsOf(answer)}`;
  return answer.status === 403 && !makesHeaders
    ? new WampError(NOT_AUTHORIZED, { args: [textOf(answer).trim()], message })
    : new Error(message);
}

function agreement(url: string, text: string, protocols: readonly string[]) {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    given = undefined; // refused with a reason below
  }
  const { protocol, transport } = isDict(given) ? given : {};
  if (typeof protocol === "string" && protocols.includes(protocol) && typeof transport === "string")
    return { protocol, transport };
  throw new Error(
    `${url}/open: expected a transport and one of ${protocols.join(", ")}; check that this is a router's long-poll URL`,
  );
}

/** Returns the reason of a failed request. Node's fetch has it in the cause of its error. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
