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

/** The properties of `WampactProvider`. */
export interface WampactProviderProps {
  /**
   * A function that creates a peer, such as `() => createPeer({ url, realm })`, or a peer of the application. The provider starts the
   * peer when it mounts, never on a server. When it unmounts, it closes a peer that it has created, and leaves the application's peer
   * open. Only the first value is used; another `key` creates another connection.
   */
  readonly peer: PeerSource;
  /** Shown while a component suspends that has no Suspense boundary of its own. Default: nothing. */
  readonly fallback?: ReactNode;
  readonly children?: ReactNode;
}

/**
 * Provides a connection for the components inside it.
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
    // A component that suspends without a boundary would suspend the provider too, which then never connects.
    createElement(Suspense, { fallback }, children),
  );
}

/** Returns the connection of the nearest provider. Throws `Error` if there is none. */
export function useConnectionStore(): Connection {
  const connection = useContext(ConnectionContext);
  if (!connection) throw new Error("there is no WampactProvider around this component; put one near the root");
  return connection;
}

/**
 * Returns the peer of the provider. It may have no session yet: requests then wait or fail as its `offline` says. It is another
 * peer after the provider was hidden and shown again, and after `reconnect` of a closed one. Throws `Error` outside of a provider.
 */
export function usePeer<P = Peer>(): P {
  const { subscribe, peer } = useConnectionStore();
  return useSyncExternalStore(subscribe, peer, peer) as P; // the application has given it to the provider
}

/** The state of a connection, and a function to restore it. */
export interface ConnectionView extends ConnectionStatus {
  /** Connects at once: ends a wait early, and replaces a closed peer that the provider created. */
  readonly reconnect: () => void;
}

/**
 * Returns the state of the connection, for example for a banner. On the server it is `connecting`. Throws `Error` outside of a
 * provider.
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
 * Returns the typed client of a contract: one for all components of the provider. `create` is a generated function, or a function
 * that is defined outside of components. Throws `Error` outside of a provider.
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
