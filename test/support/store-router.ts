/** A child process of the durable store's test: a router on a port that it prints, until it is killed. */
import { lmdbStore } from "wampact/lmdb";
import { createRouter } from "wampact/router";

const [path = "", sync] = process.argv.slice(2);
const router = createRouter({
  realms: [
    {
      name: "com.example",
      store: lmdbStore({ path, sync: sync === "sync" }),
      history: [{ topic: "com.example.kept.", match: "prefix", limit: 100_000 }],
    },
  ],
});
const { url } = await router.listen();
process.stdout.write(`${url}\n`);
