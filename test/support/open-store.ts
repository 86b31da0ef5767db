/** A child process of the damaged file's tests: opens stores, reads all of each and writes to it, and prints what becomes of it. */
import { lmdbStore } from "wampact/lmdb";
import { Payload } from "../../src/wire/payload.js";

const [path = "", ...realms] = process.argv.slice(2);
const open = lmdbStore({ path, sync: false });
for (const realm of realms) process.stdout.write(`${realm} ${outcomeOf(realm)}\n`);

function outcomeOf(realm: string): string {
  try {
    const store = open(realm);
    const key = { topic: "a", match: "exact" } as const;
    const publications = [...store.history(key)].map(({ publication }) => publication);
    for (const topic of store.retainedTopics("")) store.retained(topic);
    const event = { topic: "a", atMs: 0, details: {}, payload: Payload.of(["x".repeat(5_000)]), lists: {} };
    for (let publication = 1; publication <= 20; publication++) {
      store.retain({ ...event, publication, topic: `t${publication}` });
      store.append(key, { ...event, publication: 1e9 + publication }, 1_000);
    }
    store.close();
    return `opened ${publications.length}`;
  } catch (error) {
    return `refused ${(error as Error).message}`;
  }
}
