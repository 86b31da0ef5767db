/** A child process of `sessions.test.ts`, run with --expose-gc: prints the retained heap after each cycle, in bytes. */
import { setTimeout as delay } from "node:timers/promises";
import { createRouter } from "wampact/router";
import { runSessions } from "../support/sessions.js";

const realm = "com.example";
const router = createRouter({ realms: [{ name: realm }], maxHandshakesPerSecond: Number.POSITIVE_INFINITY });
const { url } = await router.listen();
for (let cycle = 0; cycle < 4; cycle++) {
  await runSessions(router, { url, realm, count: 2_500 });
  while (router.stats(realm).sessions > 0) await delay(5);
  for (let pass = 0; pass < 5; pass++) {
    await delay(20);
    globalThis.gc?.();
  }
  process.stdout.write(`${process.memoryUsage().heapUsed} ${JSON.stringify(router.stats(realm))}\n`);
}
await router.close({ drainMs: 0 });
