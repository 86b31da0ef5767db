import { createRequire } from "node:module";
import type { Cluster, JoinableCluster } from "../../router/realm-link.js";
import { withClusterSettings } from "../agreement.js";
import { CarriedEngine } from "../carried-engine.js";
import { Member } from "../member.js";
import { NatsCarrier } from "./nats-carrier.js";
import { type NatsClusterOptions, natsSettings } from "./options.js";

export { natsSettings };

const { version } = createRequire(import.meta.url)("wampact/package.json") as { version: string };

/** A router in a cluster on NATS. */
export class NatsMember extends Member {
  readonly carrier: NatsCarrier;

  constructor(carrier: NatsCarrier, ...member: ConstructorParameters<typeof Member>) {
    super(...member);
    this.carrier = carrier;
  }
}

/**
 * Joins routers to one realm over NATS: `createRouter({ realms, cluster: natsCluster({ servers }) })`. Throws `TypeError` for an
 * unknown option, for an invalid value, and for a server beyond this machine without TLS or credentials.
 */
export function natsCluster(options: NatsClusterOptions = {}): Cluster {
  const settings = natsSettings(options);
  const cluster: JoinableCluster = {
    kind: "nats",
    member(host) {
      const { clock, random, report } = host;
      const { node, leaseMs, isolated, preferLocal } = settings;
      const carrier = new NatsCarrier(settings, report);
      return new NatsMember(
        carrier,
        new CarriedEngine(carrier, { clock, random, report, leaseMs }),
        { node, version, closesIsolated: isolated === "close", prefersOwn: preferLocal },
        { ...host, settings: withClusterSettings(host.settings, { leaseMs }) },
      );
    },
  };
  return cluster;
}
