import type { Kvm } from "@nats-io/kv";

/** The parts of the NATS packages that are used. */
export interface NatsPackages {
  readonly transport: typeof import("@nats-io/transport-node");
  readonly jetstream: typeof import("@nats-io/jetstream");
  readonly Kvm: typeof Kvm;
}

const INSTALL = "npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv";

/** Loads the packages that only clusters on NATS need. Rejects with the command that installs them. */
export async function loadNats(): Promise<NatsPackages> {
  try {
    const [transport, jetstream, { Kvm }] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
      import("@nats-io/kv"),
    ]);
    return { transport, jetstream, Kvm };
  } catch (error) {
    throw new Error(`natsCluster needs the NATS packages: ${INSTALL}`, { cause: error });
  }
}
