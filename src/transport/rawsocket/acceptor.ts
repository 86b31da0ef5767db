import { Socket } from "node:net";
import type { Serializer } from "../../wire/serializer.js";
import { natural, positive, type SettingRule, type SettingRules } from "../../wire/settings.js";
import type { Connection, Connections } from "../connections.js";
import type { FrameEncoder } from "../frame-encoder.js";
import type { ListenerHost } from "../listener.js";
import { GOING_DOWN, OpenSockets } from "../open-sockets.js";
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
import { RawSocket } from "./raw-socket.js";
import { RawSocketTransport } from "./raw-transport.js";

/** How a router speaks RawSocket with its clients. */
export interface RawSocketSettings {
  /**
   * Largest message accepted, in bytes, from 512 to 2^24; a larger one ends its session. Rounded down to a power of two, since the handshake
   * says no other. Default 2^24, 16 MiB.
   */
  readonly maxMessageBytes?: number;
  /** The least that a client has to receive, in bytes; one that announces less is refused with error 2. Default 512: all are taken. */
  readonly minClientMessageBytes?: number;
  /** Connections at once; a further one is refused with error 4. Default: no limit. */
  readonly maxConnections?: number;
  /** Unsent bytes beyond which a connection that does not read is cut. Default 64 MiB. */
  readonly maxUnsentBytes?: number;
  /**
   * How often a connection is pinged, in milliseconds; one that stays silent for two of them is cut, and one that owes an answer after 5 s
   * of silence. `Infinity`: never. Default 10,000, and only for clients that are known to answer: those of this library, and those that have
   * sent a ping or pong. Others, such as autobahn-python, break when they are pinged; TCP's keep-alive watches over them.
   */
  readonly pingIntervalMs?: number;
}

const size: SettingRule = {
  expected: `an integer from ${LEAST_BYTES} to ${MOST_BYTES}`,
  accepts: (value) => natural.accepts(value) && (value as number) >= LEAST_BYTES && (value as number) <= MOST_BYTES,
};

export const RAW_SOCKET_RULES: SettingRules<RawSocketSettings> = {
  maxMessageBytes: size,
  minClientMessageBytes: size,
  maxConnections: positive,
  maxUnsentBytes: positive,
  pingIntervalMs: positive,
};

/** What an acceptor works for. */
export interface AcceptorParts {
  readonly host: ListenerHost;
  readonly connections: Connections;
}

/** Leads connections through the RawSocket handshake, and owns them from then on. */
export class RawSocketAcceptor {
  readonly #settings: RawSocketSettings;
  readonly #host: ListenerHost;
  readonly #open: OpenSockets;
  readonly #maxMessageBytes: number;
  readonly #keepAliveMs: number;
  readonly #encoders: ReadonlyMap<Serializer, FrameEncoder>;

  constructor(settings: RawSocketSettings, { host, connections }: AcceptorParts) {
    const { pingIntervalMs = 10_000 } = settings;
    this.#settings = settings;
    this.#host = host;
    this.#open = new OpenSockets(connections, pingIntervalMs);
    this.#maxMessageBytes = announcedBytes(settings.maxMessageBytes ?? MOST_BYTES);
    this.#keepAliveMs = pingIntervalMs;
    this.#encoders = new Map(host.serializers.map((serializer) => [serializer, createFrameEncoder(serializer)]));
  }

  /** Takes a connection over, from its first byte. It never throws. */
  take(connection: Connection): void {
    const { socket } = connection;
    this.#guard(connection, () => {
      if (connection.isLost) return connection.destroy("the connection was reset");
      socket.once("end", () => connection.state === "handshake" && connection.end());
      readHandshake(socket, (octets) => this.#guard(connection, () => this.#read(connection, octets)));
    });
  }

  /** Ends all connections. Resolves when those of the listener are gone. */
  close(): Promise<void> {
    return this.#open.close();
  }

  #read(connection: Connection, octets: Uint8Array): void {
    const opening = this.#judge(readOpening(octets, this.#host.serializers));
    if ("why" in opening) return this.#refuse(connection, opening);
    connection.held();
    this.#host.admit(() =>
      this.#guard(connection, () => {
        if (connection.state !== "handshake") return; // it ended while it waited
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
    return { code: UNACCEPTABLE_LENGTH, why: `it receives ${opening.maxMessageBytes} bytes at most, of ${least}` };
  }

  /** Why no further connection is taken now. */
  #crowded(): HandshakeFault | undefined {
    if (this.#host.draining) return { code: TOO_MANY_CONNECTIONS, why: GOING_DOWN };
    const { maxConnections = Number.POSITIVE_INFINITY } = this.#settings;
    if (this.#open.size < maxConnections) return undefined;
    return { code: TOO_MANY_CONNECTIONS, why: `there are ${this.#open.size} connections, as many as may be` };
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
    const encoder = this.#encoders.get(serializer) as FrameEncoder; // there is one for each
    const info = infoOf(connection);
    this.#host.accept(new RawSocketTransport({ info, socket, serializer, encoder, maxMessageBytes, maxSendBytes }));
  }

  /** An exception ends this connection, not the process. */
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
