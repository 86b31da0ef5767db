import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Authenticator, ConnectionOptions, NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import { wordsOf } from "./faults.js";
import type { NatsSettings } from "./options.js";
import type { NatsPackages } from "./packages.js";
import { LEAST_PAYLOAD } from "./payload-size.js";

/** The time that a router waits for NATS when it starts, in milliseconds. The two are often started together. */
const FIRST_CONNECTION_MS = 10_000;
/** The delay between two attempts, in milliseconds. */
const RETRY_MS = 250;
/** The oldest server with a correct compare-and-set on several servers. */
const OLDEST: readonly number[] = [2, 10, 23];

/** Connects to NATS, and keeps trying for a limited time if no server answers. Rejects with a reason. */
export async function connectNats(settings: NatsSettings, packages: NatsPackages): Promise<NatsConnection> {
  const { transport } = packages;
  const options = connectionOptions(settings, packages);
  const deadline = performance.now() + FIRST_CONNECTION_MS;
  for (;;) {
    try {
      const connection = await transport.connect(options);
      const refusal = refusalOf(connection);
      if (!refusal) return connection;
      await connection.close();
      throw new Refused(`${placeOf(settings)} ${refusal}`);
    } catch (error) {
      if (error instanceof Refused) throw error;
      const { AuthorizationError, errors } = { ...transport, ...transport.errors };
      const isRefused = error instanceof AuthorizationError || error instanceof errors.AuthorizationError;
      if (isRefused)
        throw new Error(`${placeOf(settings)} refuses the credentials: ${wordsOf(error)}`, { cause: error });
      if (performance.now() >= deadline)
        throw new Error(
          `cannot reach ${placeOf(settings)}: ${wordsOf(error)}; start nats-server -js, or correct natsCluster.servers${hintOf(settings)}`,
          {
            cause: error,
          },
        );
      await pause(RETRY_MS);
    }
  }
}

/** Returns a hint about certificates: a server that asks for one gives no reason to a client without one. */
function hintOf({ tls }: NatsSettings): string {
  return tls && tls.certFile === undefined
    ? ", or give natsCluster.tls a certFile, where NATS asks for a certificate"
    : "";
}

/** NATS answers, but cannot be used. */
class Refused extends Error {}

function connectionOptions(
  settings: NatsSettings,
  { transport }: NatsPackages,
): NodeConnectionOptions & ConnectionOptions {
  const { servers, tls, node, name } = settings;
  const credentials = settings.credentials ?? credentialsIn(servers);
  return {
    servers: servers.map(withoutUser),
    name: `wampact ${name} ${node}`,
    inboxPrefix: `_INBOX_wampact_${name}_${node}`, // so that permissions can name it
    timeout: FIRST_CONNECTION_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    pingInterval: 5_000,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true, // credentials may be renewed while NATS is away
    ...(tls && { tls }),
    ...(credentials && authentication(credentials, transport)),
  };
}

function authentication(
  credentials: NonNullable<NatsSettings["credentials"]>,
  { credsAuthenticator, nkeyAuthenticator }: NatsPackages["transport"],
):
  | { readonly authenticator: Authenticator }
  | { readonly user: string; readonly pass: string }
  | { readonly token: string } {
  if ("token" in credentials) return credentials;
  if ("user" in credentials) return { user: credentials.user, pass: credentials.password };
  const bytes = (text: string) => new TextEncoder().encode(text);
  if ("nkeySeed" in credentials) return { authenticator: nkeyAuthenticator(bytes(credentials.nkeySeed)) };
  return { authenticator: credsAuthenticator(() => readFileSync(credentials.file)) };
}

/** Returns the user that a URL names; the client ignores it there. */
function credentialsIn(servers: readonly string[]): NatsSettings["credentials"] {
  for (const url of servers) {
    const [, user = "", password] = /^(?:\w+:\/\/)?([^@/:]*)(?::([^@/]*))?@/.exec(url) ?? [];
    if (user === "") continue;
    if (password === undefined) return { token: decodeURIComponent(user) };
    return { user: decodeURIComponent(user), password: decodeURIComponent(password) };
  }
  return undefined;
}

function withoutUser(url: string): string {
  return url.replace(/^(\w+:\/\/)?.*@/, "$1");
}

/** Returns the reason why a server cannot carry a cluster. */
function refusalOf({ info }: NatsConnection): string | undefined {
  if (!info) return undefined;
  if (!isAtLeast(info.version, OLDEST))
    return `is NATS ${info.version}: a cluster needs ${OLDEST.join(".")} or newer, since older ones may accept two writes where one must fail`;
  if (info.max_payload < LEAST_PAYLOAD)
    return `takes messages of ${info.max_payload} bytes: a cluster needs max_payload of ${LEAST_PAYLOAD} or more`;
  return info.jetstream ? undefined : "has no JetStream: start it with -js";
}

/** Returns whether a version of NATS is a given one or newer. */
export function isAtLeast(version: string, oldest: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [index, least] of oldest.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

/** Returns the servers without the users in their URLs. */
export function placeOf({ servers }: Pick<NatsSettings, "servers">): string {
  return `NATS at ${servers.map(withoutUser).join(", ")}`;
}
