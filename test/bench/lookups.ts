/** Costs that a client can cause for others: a call that is compared with many patterns, and a call behind many unanswered ones. */

import { json } from "../../src/wire/serializers/json.js";
import { BareClient } from "./load.js";
import { alternate, type Rounds } from "./rounds.js";
import { answerCalls, type Load, pump } from "./scenarios.js";
import { type Server, startServer } from "./servers.js";

/** Registrations, and a URI that none of them matches. */
export interface Lookup {
  readonly name: string;
  readonly match: "prefix" | "wildcard";
  readonly patterns: number;
  pattern(number: number): string;
  readonly uri: string;
  /** The most that a call may cost, in µs. */
  readonly goalUs: number;
  readonly long: true;
}

const BITS = 16;
const COMPONENTS = 64;
const LENGTHS = 8_000;

/** The patterns among which a URI is looked up. */
export const LOOKUPS: readonly Lookup[] = [
  {
    name: "lookup, 65,536 wildcards whose last component differs from the URI's",
    match: "wildcard",
    patterns: 2 ** BITS,
    pattern: (number) => [...components(number, BITS), "x"].join("."),
    uri: [...Array<string>(BITS).fill("a"), "y"].join("."),
    goalUs: 1_000,
    long: true,
  },
  {
    name: "lookup, 65,535 wildcards of 64 components, each of which excludes half of them",
    match: "wildcard",
    patterns: 2 ** BITS - 1, // not the one of blanks alone, which matches
    pattern: (number) => components(number + 1, COMPONENTS).join("."),
    uri: Array<string>(COMPONENTS).fill("b").join("."),
    goalUs: 1_000,
    long: true,
  },
  {
    name: "lookup, 8,000 prefixes of distinct length, a URI of 8 KB",
    match: "prefix",
    patterns: LENGTHS,
    pattern: (number) => `com.${"a".repeat(number)}b`,
    uri: `com.${"a".repeat(LENGTHS)}`,
    goalUs: 200,
    long: true,
  },
];

const serializer = json();

/** `a` for each bit of a number that is set, else a blank; the bits come again and again. */
function components(number: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => (number & (1 << (index % BITS)) ? "a" : ""));
}

/** CPU of the router in µs for a call of the URI, which is refused: with the patterns, and in an empty realm. */
export async function measureLookup(
  lookup: Lookup,
  rounds: Omit<Rounds, "starts">,
): Promise<{ readonly filled: readonly number[]; readonly empty: readonly number[] }> {
  const sides = [await lookupLoad(lookup, lookup.patterns), await lookupLoad(lookup, 0)];
  try {
    const [filled, empty] = await alternate(sides, rounds);
    return { filled, empty };
  } finally {
    for (const { load, server } of sides) {
      load.close();
      server.stop();
    }
  }
}

async function lookupLoad(
  { match, pattern, uri }: Lookup,
  patterns: number,
): Promise<{ readonly server: Server; readonly load: Load }> {
  const server = await startServer("router", {
    realm: { limits: { realm: { maxUriBytes: 16 * 1024 } } },
  });
  const callee = await BareClient.join(server.url, serializer);
  await callee.askAll(patterns, (number) => [64, number + 1, { match }, pattern(number)]);
  const caller = await BareClient.join(server.url, serializer);
  const close = () => {
    callee.close();
    caller.close();
  };
  return { server, load: { ...pump([caller], [48, {}, uri], 4), close } };
}

/**
 * How long a caller waits for the answer to an unrelated call, sent right behind many others, in milliseconds: others that are never
 * answered, and others that are answered at once.
 */
export async function behindMany(calls: number): Promise<{ readonly unanswered: number; readonly answered: number }> {
  const server = await startServer("router", {
    realm: { limits: { realm: { maxUriBytes: 16 * 1024 } } },
  });
  const silent = await BareClient.join(server.url, serializer);
  await silent.ask([64, 1, {}, "com.bench.silent"]);
  const callee = await answerCalls(server.url, { serializer, argument: "x" });
  try {
    await delayBehind(server.url, { calls, procedure: "com.bench.echo" }); // until the compiler has done most of its work
    const unanswered = await delayBehind(server.url, { calls, procedure: "com.bench.silent" });
    const answered = await delayBehind(server.url, { calls, procedure: "com.bench.echo" });
    return { unanswered, answered };
  } finally {
    silent.close();
    callee.close();
    server.stop();
  }
}

async function delayBehind(
  url: string,
  { calls, procedure }: { readonly calls: number; readonly procedure: string },
): Promise<number> {
  const caller = await BareClient.join(url, serializer);
  const frames = Array.from({ length: calls }, (_, index) => caller.frame([48, index + 1, {}, procedure]));
  const last = calls + 1;
  frames.push(caller.frame([48, last, {}, "wamp.session.count"]));
  const all = Buffer.concat(frames);
  const start = performance.now();
  const delay = new Promise<number>((resolve) => {
    caller.onPayloads((answer) => {
      if (answer.indexOf(`[50,${last},`) === 0) resolve(performance.now() - start);
    });
  });
  caller.socket.write(all);
  await delay;
  caller.close();
  return delay;
}
