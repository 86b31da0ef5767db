"use client";
import {
  type Context,
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  Suspense,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import type { Peer } from "../peer/types.js";
import { Connection, type ConnectionStatus, NOT_YET, type PeerSource } from "./connection.js";

const ConnectionContext: Context<Connection | undefined> = createContext<Connection | undefined>(undefined);

/** Properties of `WampactProvider`. */
export interface WampactProviderProps {
  /**
   * A function that creates a peer, such as `() => createPeer({ url, realm })`: the provider starts it when it is mounted, never on a
   * server, and closes it when it is gone. Or a peer of the application's own, which the provider leaves open. The first one given
   * counts; another `key` makes another connection.
   */
  readonly peer: PeerSource;
  /** Shown while a component suspends that has no Suspense boundary of its own. Default: nothing. */
  readonly fallback?: ReactNode;
  readonly children?: ReactNode;
}

/**
 * Gives the components in it a connection.
 *
 * ```tsx
 * const openPeer = () => createPeer({ url: "wss://example.com/ws", realm: "com.app" });
 * createRoot(element).render(<WampactProvider peer={openPeer}><App /></WampactProvider>);
 * ```
 */
export function WampactProvider({ peer, fallback = null, children }: WampactProviderProps): ReactElement {
  const [connection] = useState(() => new Connection(peer));
  useEffect(() => connection.retain(), [connection]);
  return createElement(
    ConnectionContext.Provider,
    { value: connection },
    // What suspends without a boundary would take the provider along, which then never connects.
    createElement(Suspense, { fallback }, children),
  );
}

/** The connection of the nearest provider. Throws `Error` where there is none. */
export function useConnectionStore(): Connection {
  const connection = useContext(ConnectionContext);
  if (!connection) throw new Error("there is no WampactProvider around this component; put one near the root");
  return connection;
}

/**
 * The peer of the provider, which may have no session yet: what is asked of it then waits or fails as its `offline` says. It is another
 * one after the provider was hidden and shown again, and after `reconnect` of a closed one. Throws `Error` outside of a provider.
 */
export function usePeer<P = Peer>(): P {
  const { subscribe, peer } = useConnectionStore();
  return useSyncExternalStore(subscribe, peer, peer) as P; // what the application has given to the provider
}

/** The state of a connection, and a way to make it again. */
export interface ConnectionView extends ConnectionStatus {
  /** Connects at once: cuts a wait short, and replaces a peer of the provider's that is closed. */
  readonly reconnect: () => void;
}

/**
 * The state of the connection, for a banner. On the server it is `connecting`. Throws `Error` outside of a provider.
 *
 * ```tsx
 * const { state, wasReady, reconnect } = useConnection();
 * if (state !== "ready" && wasReady) return <p role="status">Offline. <button onClick={reconnect}>Try now</button></p>;
 * ```
 */
export function useConnection(): ConnectionView {
  const { subscribe, status, reconnect } = useConnectionStore();
  const known = useSyncExternalStore(subscribe, status, notYet);
  return useMemo(() => ({ ...known, reconnect }), [known, reconnect]);
}

/**
 * The typed client of a contract: one for all components of the provider. `create` is a generated function, or one of yours that
 * stands outside of components. Throws `Error` outside of a provider.
 *
 * ```tsx
 * const api = useClient(createCalculatorClient);
 * ```
 */
export function useClient<Client extends object>(create: (peer: Peer) => Client): Client {
  const connection = useConnectionStore();
  usePeer(); // another peer, another client
  return connection.client(create);
}

function notYet(): ConnectionStatus {
  return NOT_YET;
}
