/** Our side of the runs: a router that all log in to, and a peer of ours that they call, are called by, and talk with. */
import { connect, type Peer, result, type Serializer } from "wampact/peer";
import { createRouter, cryptosign, hashCraSecret, hashTicket, type Router, ticket, wampcra } from "wampact/router";

export const REALM = "com.interop";
export const AUTHID = "ada";
const SECRET = "correct horse";
const SEED = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const PUBKEY = "1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d";
const role = "friend";

/** The credentials that a client presents for each method, as autobahn-python expects them. */
export const LOGINS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ticket: { ticket: SECRET },
  wampcra: { secret: SECRET },
  cryptosign: { privkey: SEED },
};

export async function startRouter(): Promise<Router> {
  return createRouter({
    realms: [
      {
        name: REALM,
        authorize: () => true,
        auth: [
          ticket({ principals: { [AUTHID]: { role, ticket: await hashTicket(SECRET) } } }),
          wampcra({ principals: { [AUTHID]: { role, key: await hashCraSecret(SECRET) } } }),
          cryptosign({ principals: { [AUTHID]: { role, pubkey: PUBKEY } } }),
        ],
      },
    ],
  });
}

/** Serves the procedures that the steps of client.py call. */
export async function serveSteps(peer: Peer): Promise<void> {
  const prefix = "com.interop.";
  let heard: unknown;
  let started = () => {};
  let canceled: Promise<boolean> = Promise.resolve(false);
  let hasStarted = new Promise<void>((resolve) => {
    started = resolve;
  });
  await peer.subscribe(`${prefix}news`, ({ args }) => {
    heard = args[0];
  });
  await peer.register(`${prefix}heard`, () => heard);
  await peer.register(`${prefix}echo`, ({ args, kwargs }) => result(args, kwargs));
  await peer.register(
    `${prefix}call_back`,
    async ({ args }) => (await peer.call(`${prefix}foreign.add`, args)).args[0],
  );
  await peer.register(`${prefix}say`, async ({ args }) => {
    await peer.publish(`${prefix}replies`, args, {}, { acknowledge: true });
  });
  await peer.register(`${prefix}count`, ({ args: [from], progress }) => {
    for (let left = from as number; left > 0; left--) progress([left]);
    return "done";
  });
  await peer.register(`${prefix}never`, ({ signal }) => {
    canceled = new Promise((resolve) => signal.addEventListener("abort", () => resolve(true)));
    started();
    return canceled;
  });
  await peer.register(`${prefix}started`, () => hasStarted);
  await peer.register(`${prefix}was_canceled`, async () => {
    const was = await canceled;
    hasStarted = new Promise((resolve) => {
      started = resolve;
    });
    return was;
  });
}

/** Our peer, logged in as they are. */
export async function connectHost(url: string, serializers: readonly Serializer[]): Promise<Peer> {
  const { ticket: byTicket } = await import("wampact/auth/ticket");
  return connect({ url, realm: REALM, serializers, auth: [byTicket({ authid: AUTHID, ticket: SECRET })] });
}
