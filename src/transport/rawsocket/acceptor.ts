import { Socket } from "node:net";
import type { MessageSerializer } from "../../wire/serializer.js";
import type { Connection, Connections } from "../connections.js";
import type { FrameEncoder } from "../frame-encoder.js";
import type { ListenerHost } from "../listener.js";
import { OpenSockets } from "../open-sockets.js";
import { timerMs } from "../timer.js";
import { tlsInfoOf } from "../tls.js";
import type { PeerInfo } from "../transport.js";
import { createFrameEncoder } from "./frame.js";
import {
  type Announcement,
  announce,
  announcedBytes,
  type HandshakeFault,
  LEAST_BYTES,
  MOST_BYTES,
  readHandshake,
  readOpening,
  refuse,
  TOO_MANY_CONNECTIONS,
  UNACCEPTABLE_LENGTH,
} from "./handshake.js";
import type { RawSocketSettings } from "./options.js";
import { RawSocket } from "./raw-socket.js";
import { RawSocketTransport } from "./raw-transport.js";

/** The parts of an acceptor. */
export interface AcceptorParts {
  readonly host: ListenerHost;
  readonly connections: Connections;
}

/** Performs the RawSocket handshake with connections and owns them afterwards. */
export class RawSocketAcceptor {
  readonly #settings: RawSocketSettings;
  readonly #host: ListenerHost;
  readonly #open: OpenSockets;
  readonly #maxMessageBytes: number;
  readonly #keepAliveMs: number;
  readonly #encoders: ReadonlyMap<MessageSerializer, FrameEncoder>;

  constructor(settings: RawSocketSettings, { host, connections }: AcceptorParts) {
    const { pingIntervalMs = 10_000 } = settings;
    this.#settings = settings;
    this.#host = host;
    this.#open = new OpenSockets(connections, pingIntervalMs);
    this.#maxMessageBytes = announcedBytes(settings.maxMessageBytes ?? MOST_BYTES);
    this.#keepAliveMs = pingIntervalMs;
    this.#encoders = new Map(host.serializers.map((serializer) => [serializer, createFrameEncoder(serializer)]));
  }

  /** Takes ownership of a connection from its first byte. Never throws. */
  take(connection: Connection): void {
    const { socket } = connection;
    this.#guard(connection, () => {
      if (connection.state === "closed") return;
      if (connection.isLost) return connection.destroy("the connection was reset");
      socket.once("end", () => connection.state === "handshake" && connection.end());
      readHandshake(socket, (octets) => this.#guard(connection, () => this.#read(connection, octets)));
    });
  }

  /** Ends all connections. Resolves when the listener's connections are gone. */
  close(): Promise<void> {
    return this.#open.close();
  }

  #read(connection: Connection, octets: Uint8Array): void {
    const opening = this.#judge(readOpening(octets, this.#host.serializers));
    if ("why" in opening) return this.#refuse(connection, opening);
    connection.held();
    this.#host.admit(() =>
      this.#guard(connection, () => {
        if (connection.state !== "handshake") return; // it ended while waiting
        const fault = this.#crowded();
        if (fault) this.#refuse(connection, fault);
        else this.#accept(connection, opening);
      }),
    );
  }

  #judge(opening: Announcement | HandshakeFault): Announcement | HandshakeFault {
    if ("why" in opening) return opening;
    const { minClientMessageBytes: least = LEAST_BYTES } = this.#settings;
    if (opening.maxMessageBytes >= least) return this.#crowded() ?? opening;
    return {
      code: UNACCEPTABLE_LENGTH,
      why: `it accepts messages of at most ${opening.maxMessageBytes} bytes; the minimum is ${least}`,
    };
  }

  /** Returns why no further connection is accepted now. */
  #crowded(): HandshakeFault | undefined {
    const { refusal } = this.#host;
    if (refusal !== undefined) return { code: TOO_MANY_CONNECTIONS, why: refusal };
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#settings;
    if (this.#open.size < maxConnections) return undefined;
    return { code: TOO_MANY_CONNECTIONS, why: `the limit of ${maxConnections} connections is reached` };
  }

  #refuse(connection: Connection, { code, why }: HandshakeFault): void {
    this.#host.refused(infoOf(connection), why, code === undefined ? "rawsocket" : `rawsocket_${code}`);
    if (code === undefined) connection.destroy(why);
    else connection.end(refuse(code));
  }

  #accept(connection: Connection, { serializer, maxMessageBytes: maxSendBytes }: Announcement): void {
    const maxMessageBytes = this.#maxMessageBytes;
    const { pingIntervalMs, maxUnsentBytes = 64 * 1024 * 1024 } = this.#settings;
    if (connection.socket instanceof Socket && Number.isFinite(this.#keepAliveMs))
      connection.socket.setKeepAlive(true, timerMs(this.#keepAliveMs));
    connection.socket.write(announce({ serializer, maxMessageBytes }));
    const socket = new RawSocket({
      connection,
      scheduler: this.#open.scheduler,
      unsent: this.#host.unsent,
      endings: this.#open.endings,
      maxMessageBytes,
      maxUnsentBytes,
      pingsAll: pingIntervalMs !== undefined,
      report: (error) => this.#host.report(error),
    });
    this.#open.add(connection, socket);
    const encoder = this.#encoders.get(serializer) as FrameEncoder; // every serializer has one
    const info = infoOf(connection);
    this.#host.accept(new RawSocketTransport({ info, socket, serializer, encoder, maxMessageBytes, maxSendBytes }));
  }

  /** Runs a function. An exception ends this connection, not the process. */
  #guard(connection: Connection, run: () => void): void {
    try {
      run();
    } catch (error) {
      connection.destroy("internal error");
      this.#host.report(error);
    }
  }
}

function infoOf({ remoteAddress, socket }: Connection): PeerInfo {
  return { kind: "rawsocket", remoteAddress, tls: tlsInfoOf(socket, "router") };
}
