/**
 * A child process of the durable store's tests: a router on a port that it prints, until it is killed. A number sent to it puts its
 * clock forward by so many milliseconds, and is sent back; so is each error that is reported.
 */
import { lmdbStore } from "wampact/lmdb";
import { createRouter } from "wampact/router";
import { SYSTEM_CLOCK } from "../../src/session/clock.js";

const [path = "", sync] = process.argv.slice(2);
let aheadMs = 0;
process.on("message", (ms: number) => {
  aheadMs += ms;
  process.send?.(ms);
});
const router = createRouter({
  realms: [
    {
      name: "com.example",
      store: lmdbStore({ path, sync: sync === "sync" }),
      history: [{ topic: "com.example.kept.", match: "prefix", limit: 100_000 }],
    },
  ],
  clock: { now: () => Date.now() + aheadMs, after: SYSTEM_CLOCK.after },
  onError: (error) => process.send?.(String(error)),
});
const { url } = await router.listen();
process.stdout.write(`${url}\n`);
