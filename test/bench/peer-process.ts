/**
 * A peer under measurement, in a process of its own: the kind of client and what it does come as arguments. It says `ready`, calls for
 * as long as it is told to, and answers what it is called with.
 */
import { createClient, procedure, serve, topic } from "wampact";
import { connect } from "wampact/peer";
import * as z from "zod";
import { createCalculatorClient } from "../../schemas/generated/calculator.gen.js";
import { joinMinimal } from "./minimal-client.js";

/** The measured peer: `plain` is `wampact` without batches, `minimal` the smallest possible client on `ws`. */
export type PeerKind = "wampact" | "plain" | "typed" | "autobahn" | "wampy" | "minimal";

const [kind, url = ""] = process.argv.slice(2) as [PeerKind, string];
const realm = "com.bench";
const IN_FLIGHT = 64;

const contract = {
  add2: procedure("com.app.add2", { input: z.object({ a: z.number(), b: z.number() }), output: z.number() }),
};

const topics = {
  event: topic("com.app.event", { event: z.object({ a: z.number(), b: z.number(), text: z.string() }) }),
};

/** The sum over all events. */
let sum = 0;
const add = (event: { readonly a?: unknown }): void => {
  sum += event.a as number;
};

/** Joins as a client of each kind, and returns what calls `add2` with 2 and 3. */
const JOINS: Readonly<Record<PeerKind, () => Promise<() => PromiseLike<unknown>>>> = {
  wampact: joinWampact,
  plain: joinPlain,
  typed: joinTyped,
  autobahn: joinAutobahn,
  wampy: joinWampy,
  minimal: () => joinMinimal(url, realm, add),
};

const call = await JOINS[kind]();
process.send?.("ready");
process.on("disconnect", () => process.exit());
process.on("message", async ({ runMs }: { runMs: number }) => {
  const end = Date.now() + runMs;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (Date.now() < end) {
      await call();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  process.send?.({ calls, sum });
});

/** Each message in a frame of its own. */
function joinPlain(): Promise<() => PromiseLike<unknown>> {
  return joinWampact(false);
}

async function joinWampact(batches = true): Promise<() => PromiseLike<unknown>> {
  const peer = await connect({ url, realm, callStacks: false, batches }); // as in production
  await peer.register("com.app.add2", ({ kwargs }) => (kwargs.a as number) + (kwargs.b as number));
  await peer.subscribe("com.app.event", ({ kwargs }) => add(kwargs));
  await peer.subscribe("com.app.done", () => peer.call("com.app.done"));
  return () => peer.call("com.app.add2", [], { a: 2, b: 3 });
}

async function joinTyped(): Promise<() => PromiseLike<unknown>> {
  const peer = await connect({ url, realm, callStacks: false });
  await serve(peer, contract, { add2: ({ a, b }) => a + b });
  await createClient(peer, topics).event.subscribe(({ data }) => add(data));
  await peer.subscribe("com.app.done", () => peer.call("com.app.done"));
  const client = createCalculatorClient(peer);
  return () => client.add2({ a: 2, b: 3 });
}

async function joinAutobahn(): Promise<() => PromiseLike<unknown>> {
  console.warn = () => {}; // it keeps what it finds, and logs its own close with it
  const { default: autobahn } = await import("autobahn");
  const session = await new Promise<import("autobahn").Session>((resolve) => {
    const connection = new autobahn.Connection({ url, realm, max_retries: 0 });
    connection.onopen = resolve;
    connection.open();
  });
  await session.register("com.app.add2", (_args?: unknown[], kwargs?: { a: number; b: number }) =>
    kwargs ? kwargs.a + kwargs.b : 0,
  );
  await session.subscribe("com.app.event", (_args, kwargs) => add(kwargs));
  await session.subscribe("com.app.done", () => session.call("com.app.done"));
  return () => session.call("com.app.add2", [], { a: 2, b: 3 }) as unknown as Promise<unknown>;
}

async function joinWampy(): Promise<() => PromiseLike<unknown>> {
  const { Wampy } = await import("wampy");
  const { WebSocket } = await import("ws");
  const client = new Wampy(url, { realm, ws: WebSocket as never, autoReconnect: false });
  await client.connect();
  await client.register("com.app.add2", ({ argsDict = {} }) => ({
    argsList: [Number(argsDict.a) + Number(argsDict.b)],
  }));
  await client.subscribe("com.app.event", ({ argsDict = {} }) => add(argsDict));
  await client.subscribe("com.app.done", () => void client.call("com.app.done"));
  return () => client.call("com.app.add2", { argsDict: { a: 2, b: 3 } });
}
