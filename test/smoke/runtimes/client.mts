/**
 * The client of the smoke test: `client.mjs <url>`, compiled, in Node, Bun or Deno. Calls, gets a declared error, progress and an event, reconnects and calls
 * again. Prints "ok" at the end; an exception ends it with another exit code than 0.
 */
import { deepStrictEqual } from "node:assert";
import process from "node:process";
import { connect, createClient } from "wampact";
import * as contract from "./contract.mjs";

const [url = ""] = process.argv.slice(2);
const peer = await connect({ url, realm: "com.smoke" });
const client = createClient(peer, contract);

deepStrictEqual(await client.divide({ a: 6, b: 3 }), { quotient: 2 });

const outcome = await client.divide({ a: 1, b: 0 }).safe();
if (outcome.ok || outcome.error.code !== "divideByZero") throw new Error("a declared error arrives as such");
deepStrictEqual(outcome.error.data, { numerator: 1 });

const counting = client.count({ to: 3 });
const progress: number[] = [];
for await (const { at } of counting) progress.push(at);
deepStrictEqual([progress, await counting], [[1, 2, 3], { counted: 3 }]);

const heard = new Promise((resolve) =>
  client.said.subscribe(({ data }) => resolve(data)).then(() => client.say({ text: "hello" })),
);
deepStrictEqual(await heard, { text: "hello" });

await client.restart();
for await (const { state } of peer.states()) if (state !== "ready") break;
for await (const { state } of peer.states()) if (state === "ready") break;
deepStrictEqual(await client.divide({ a: 8, b: 2 }), { quotient: 4 });

await peer.close();
console.log("ok");
