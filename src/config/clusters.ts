import { resolve } from "node:path";
import type { NatsClusterOptions, NatsCredentials, NatsTls } from "../cluster/nats/options.js";
import type { Cluster } from "../router/realm-link.js";
import { given } from "./given.js";
import { type ReferenceContext, readText, secretOf } from "./references.js";
import type { ClusterSettings } from "./settings.js";
import { isInstalled } from "./stores.js";

/** A cluster to join, and the router's name in it. */
export interface PreparedCluster {
  readonly cluster: Cluster;
  readonly node: string;
}

/** Creates the cluster of the settings. Adds a problem and returns `undefined` if they are not valid. */
export async function clusterOf(
  settings: ClusterSettings,
  context: ReferenceContext,
): Promise<PreparedCluster | undefined> {
  const { problems } = context;
  if (!isInstalled("@nats-io/transport-node"))
    problems.add(
      "cluster",
      "the NATS packages are not installed: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv",
    );
  const { natsCluster, natsSettings } = await import("../cluster/nats/nats-cluster.js");
  return problems.attempt(
    "cluster",
    () => {
      const options = natsOptions(settings, context);
      const { node } = natsSettings(options);
      return { node, cluster: natsCluster({ ...options, node }) };
    },
    "natsCluster",
  );
}

function natsOptions(settings: ClusterSettings, context: ReferenceContext): NatsClusterOptions {
  const { type: _, servers, node, credentials, tls, ...others } = settings;
  return {
    ...others,
    ...(servers !== undefined && { servers: serversOf(servers, context) }),
    ...(node !== undefined && { node: readText(node, "cluster.node", context) }),
    ...(credentials && { credentials: credentialsOf(credentials, context) }),
    ...(tls && { tls: tlsOf(tls, context) }),
  };
}

function serversOf(
  servers: NonNullable<ClusterSettings["servers"]>,
  context: ReferenceContext,
): string | readonly string[] {
  if (typeof servers === "object" && "env" in servers) {
    const urls = readText(servers, "cluster.servers", context).split(",");
    return urls.length === 1 ? (urls[0] as string) : urls;
  }
  for (const url of [servers].flat())
    if (url.includes("@"))
      context.problems.add(
        "cluster.servers",
        'a URL with a user does not belong in a configuration; set credentials, or { "env": "NAME" }',
      );
  return servers;
}

function credentialsOf(
  credentials: NonNullable<ClusterSettings["credentials"]>,
  context: ReferenceContext,
): NatsCredentials {
  const read = (reference: Parameters<typeof readText>[0], name: string) =>
    readText(reference, `cluster.credentials.${name}`, context);
  if ("nkeySeed" in credentials) return { nkeySeed: read(credentials.nkeySeed, "nkeySeed") };
  if ("token" in credentials) return { token: read(credentials.token, "token") };
  if ("user" in credentials) return { user: credentials.user, password: read(credentials.password, "password") };
  secretOf(credentials, "cluster.credentials.file", context); // read again for each connection
  return { file: resolve(context.dir, credentials.file) };
}

function tlsOf({ caFile, certFile, keyFile }: NatsTls, context: ReferenceContext): NatsTls {
  const absolute = (file: string | undefined, name: string) => {
    if (file === undefined) return undefined;
    secretOf({ file }, `cluster.tls.${name}`, context);
    return resolve(context.dir, file);
  };
  return given({
    caFile: absolute(caFile, "caFile"),
    certFile: absolute(certFile, "certFile"),
    keyFile: absolute(keyFile, "keyFile"),
  });
}
