import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions as TlsConnectionOptions } from "node:tls";
import type { MessageSerializer } from "../../wire/serializer.js";
import { connectFailure, speaksNoTls } from "../connect-failure.js";
import { Connection } from "../connections.js";
import { Endings } from "../endings.js";
import { LivenessTimer } from "../liveness.js";
import { tlsInfoOf } from "../tls.js";
import type { Transport } from "../transport.js";
import { UnsentTotal } from "../unsent.js";
import { WriteScheduler } from "../write-queue.js";
import type { ConnectRawSocketOptions, Place } from "./client.js";
import { createFrameEncoder } from "./frame.js";
import {
  announce,
  announcedBytes,
  type HandshakeFault,
  MOST_BYTES,
  readAnswer,
  readHandshake,
  UNSUPPORTED_SERIALIZER,
} from "./handshake.js";
import { RawSocket } from "./raw-socket.js";
import { RawSocketTransport } from "./raw-transport.js";

const DEFAULT_PING_MS = 10_000;
const NO_ANSWER = "no answer within";

/** All connections opened by this process share a scheduler. They are not cut for unsent bytes. */
const scheduler = new WriteScheduler();
const endings = new Endings(scheduler);
const unsent = new UnsentTotal(Number.POSITIVE_INFINITY);

/** Opens a RawSocket. Skips serializers that the router does not support. */
export async function open(url: string, place: Place, options: ConnectRawSocketOptions): Promise<Transport> {
  const { serializers } = options;
  const protocolFault = (error: Error) => schemeFault(place, error);
  for (const [index, serializer] of serializers.entries()) {
    try {
      return await attempt(place, serializer, options);
    } catch (error) {
      const isLast = index === serializers.length - 1;
      if (!isLast && error instanceof Refusal && error.code === UNSUPPORTED_SERIALIZER) continue;
      throw connectFailure(url, { ...options, protocolFault }, error as Error); // `attempt` rejects only with errors
    }
  }
  throw new TypeError("serializers: expected at least one"); // unreachable: `connect` has checked it
}

/** Explains an error that is caused by the wrong scheme: TLS on a port without it, or the reverse. */
function schemeFault(place: Place, error: Error): string | undefined {
  if (speaksNoTls(error)) return "the port does not use TLS; use rs:, or set `tls` on the router's listener";
  if (!("secure" in place)) return undefined;
  if (place.secure)
    return /before secure TLS/.test(error.message)
      ? `${error.message}; if the port does not use TLS, use rs:`
      : undefined;
  return error.message.startsWith(NO_ANSWER) ? `${error.message}; if the port uses TLS, use rss:` : undefined; // a TLS server waits for more bytes
}

/** A router's answer that ends the attempt. */
class Refusal extends Error {
  readonly code: number | undefined;

  constructor({ why, code }: HandshakeFault) {
    super(why);
    this.code = code;
  }
}

function attempt(place: Place, serializer: MessageSerializer, options: ConnectRawSocketOptions): Promise<Transport> {
  const { signal, connectTimeoutMs = 10_000 } = options;
  const maxMessageBytes = announcedBytes(options.maxMessageBytes ?? MOST_BYTES);
  return new Promise((resolve, reject) => {
    const socket = connectTo(place, options);
    const connection = new Connection(socket);
    const giveUp = () => connection.destroy("aborted");
    const settled = () => signal.removeEventListener("abort", giveUp);
    connection.expect(connectTimeoutMs, `${NO_ANSWER} ${connectTimeoutMs} ms`);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    socket.once("error", reject);
    socket.once("close", () => {
      settled();
      reject(new Error(connection.endReason ?? "the connection was closed before the router answered"));
    });
    socket.once(
      "end",
      () =>
        connection.state === "handshake" && connection.destroy("the router ended the connection before it answered"),
    );
    socket.once("secure" in place && place.secure ? "secureConnect" : "connect", () => {
      socket.write(announce({ serializer, maxMessageBytes }));
    });
    readHandshake(socket, (octets) => {
      const answer = readAnswer(octets, serializer);
      if (typeof answer !== "number") {
        reject(new Refusal(answer));
        return connection.destroy(answer.why);
      }
      settled();
      resolve(transportOver(connection, { serializer, options, maxMessageBytes, maxSendBytes: answer }));
    });
  });
}

function connectTo(place: Place, { tls }: ConnectRawSocketOptions): Socket {
  if ("path" in place) return connectTcp({ path: place.path, allowHalfOpen: true });
  const { host, port, secure } = place;
  if (!secure) return connectTcp({ host, port, noDelay: true, allowHalfOpen: true });
  const name = isIP(host) ? {} : { servername: host };
  const given: TlsConnectionOptions & { allowHalfOpen: boolean } = { ...name, ...tls, host, port, allowHalfOpen: true };
  return connectTls(given).setNoDelay();
}

/** The result of the handshake. */
interface Agreement {
  readonly serializer: MessageSerializer;
  readonly options: ConnectRawSocketOptions;
  readonly maxMessageBytes: number;
  readonly maxSendBytes: number;
}

function transportOver(connection: Connection, { options, serializer, ...sizes }: Agreement): Transport {
  const { pingIntervalMs, awaitsAnswer, onError = (error) => console.error(error) } = options;
  const socket = new RawSocket({
    connection,
    scheduler,
    unsent,
    endings,
    maxUnsentBytes: Number.POSITIVE_INFINITY,
    maxMessageBytes: sizes.maxMessageBytes,
    pingsAll: pingIntervalMs !== undefined,
    awaitsAnswer,
    report: onError,
  });
  connection.opened();
  const timer = new LivenessTimer(pingIntervalMs ?? DEFAULT_PING_MS);
  timer.add(socket.liveness);
  connection.socket.once("close", () => timer.stop());
  const info = { kind: "rawsocket", tls: tlsInfoOf(connection.socket, "client") };
  return new RawSocketTransport({ info, socket, serializer, encoder: createFrameEncoder(serializer), ...sizes });
}
