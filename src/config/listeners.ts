import type { Listener } from "../transport/listener.js";
import type { TlsOptions } from "../transport/tls-options.js";
import { websocket } from "../transport/websocket/listener.js";
import { type ReferenceContext, readFileText, readPort, readText } from "./references.js";
import type { ListenerSettings, TlsSettings, WebSocketSettings } from "./settings.js";

/** A listener that is ready to listen. */
export interface PreparedListener {
  readonly type: ListenerSettings["type"];
  readonly host: string;
  readonly port: number;
  /** Keys and certificates, read. */
  readonly tls: TlsOptions | undefined;
  readonly listener: Listener;
}

/** Makes a listener of its settings. What cannot be is a problem, and no listener. */
export function listenerOf(
  settings: ListenerSettings,
  { path, ...context }: ReferenceContext & { readonly path: string },
): PreparedListener | undefined {
  return context.problems.attempt(path, () => {
    const host = readText(settings.host ?? "127.0.0.1", `${path}.host`, context);
    const port = readPort(settings.port ?? 8080, `${path}.port`, context);
    const tls = settings.tls && tlsOf(settings.tls, `${path}.tls`, context);
    const listener = MAKERS[settings.type](settings, { host, port, ...(tls && { tls }) });
    return { type: settings.type, host, port, tls, listener };
  });
}

/** Where it listens, with what was read. */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsOptions;
}

const MAKERS: { readonly [Type in ListenerSettings["type"]]: (settings: ListenerSettings, place: Place) => Listener } =
  {
    websocket({ type: _, pingIntervalMs, ...settings }: WebSocketSettings, place) {
      return websocket({
        ...settings,
        ...place,
        ...(pingIntervalMs !== undefined && { pingIntervalMs: pingIntervalMs || Number.POSITIVE_INFINITY }),
      });
    },
  };

function tlsOf(
  { cert, key, ca, passphrase, ...others }: TlsSettings,
  path: string,
  context: ReferenceContext,
): TlsOptions {
  return {
    ...others,
    cert: readFileText(cert, `${path}.cert`, context),
    key: readFileText(key, `${path}.key`, context),
    ...(ca && { ca: readFileText(ca, `${path}.ca`, context) }),
    ...(passphrase && { passphrase: readText(passphrase, `${path}.passphrase`, context) }),
  };
}
