import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { TlsInfo } from "./transport.js";

const EXPORTED_BYTES = 32;

/** Returns the TLS properties of a connection; `undefined` without TLS. `end` is the side that owns the socket. */
export function tlsInfoOf(socket: Duplex | undefined, end: "client" | "router"): TlsInfo | undefined {
  if (!socket || !isTls(socket)) return undefined;
  return { channelId: (kind) => (kind === "tls-exporter" ? exported(socket) : finished(socket, end)) };
}

/** Returns whether a connection uses TLS. It checks a property, so that a process without TLS does not load it. */
export function isTls(socket: Duplex): socket is TLSSocket {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

/** Spec: RFC 9266. Before TLS 1.3 it requires the extended master secret, which Node does not report. */
function exported(socket: TLSSocket): Uint8Array | undefined {
  if (socket.destroyed || socket.getProtocol() !== "TLSv1.3") return undefined;
  return socket.exportKeyingMaterial(EXPORTED_BYTES, "EXPORTER-Channel-Binding", Buffer.alloc(0));
}

/** Returns the client's Finished message. Spec: RFC 5929, section 3; up to TLS 1.2, not for resumed sessions (RFC 7627). */
function finished(socket: TLSSocket, end: "client" | "router"): Uint8Array | undefined {
  if (socket.destroyed || socket.getProtocol() === "TLSv1.3" || socket.isSessionReused()) return undefined;
  return end === "client" ? socket.getFinished() : socket.getPeerFinished();
}
