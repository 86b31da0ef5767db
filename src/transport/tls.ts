import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { TlsInfo } from "./transport.js";

const EXPORTED_BYTES = 32;

/** What is known of the TLS below a connection; `undefined` where there is none. `end` says whose socket it is. */
export function tlsInfoOf(socket: Duplex | undefined, end: "client" | "router"): TlsInfo | undefined {
  if (!socket || !isTls(socket)) return undefined;
  return { channelId: (kind) => (kind === "tls-exporter" ? exported(socket) : finished(socket, end)) };
}

/** Whether TLS is below a connection. Asked for by a property, so that a process without TLS does not load it. */
export function isTls(socket: Duplex): socket is TLSSocket {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

/** Spec: RFC 9266. Below TLS 1.3 it would take the extended master secret, which Node does not tell of. */
function exported(socket: TLSSocket): Uint8Array | undefined {
  if (socket.destroyed || socket.getProtocol() !== "TLSv1.3") return undefined;
  return socket.exportKeyingMaterial(EXPORTED_BYTES, "EXPORTER-Channel-Binding", Buffer.alloc(0));
}

/** The client's Finished message. Spec: RFC 5929, section 3; for TLS up to 1.2, and not in resumed sessions (RFC 7627). */
function finished(socket: TLSSocket, end: "client" | "router"): Uint8Array | undefined {
  if (socket.destroyed || socket.getProtocol() === "TLSv1.3" || socket.isSessionReused()) return undefined;
  return end === "client" ? socket.getFinished() : socket.getPeerFinished();
}
