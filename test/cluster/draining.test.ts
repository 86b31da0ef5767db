/** A router of a cluster that is told to end, as a process of its own. */
import { expect } from "vitest";
import { natsCluster } from "wampact/nats";
import { createRouter } from "wampact/router";
import { startCliRouter } from "../support/cli.js";
import { startNats } from "../support/nats.js";
import { connectPeer } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { createProject } from "../support/project.js";
import { REALM } from "../support/raw.js";
import { withNats } from "../support/with-nats.js";

withNats("SIGTERM of one of two routers with callees loses no call that another router sends", async (t) => {
  skipOnWindows(t, "it has no signals");
  const nats = await startNats(t);
  const { dir } = createProject(t, {});
  const start = (node: string) =>
    startCliRouter(t, dir, ["--realm", REALM, "--port", "0", "--cluster", nats.url, "--node", node]);
  const [leaving, staying] = await Promise.all([start("r1"), start("r2")]);
  const counts = { leaving: 0, staying: 0 };
  for (const [name, { url }] of [["leaving", leaving] as const, ["staying", staying] as const]) {
    const callee = await connectPeer(t, { url, realm: REALM, reconnect: false, onError: () => {} });
    const handler = ({ args }: { readonly args: readonly unknown[] }) => {
      counts[name]++;
      return args[0];
    };
    await callee.register("com.app.echo", handler, { invoke: "roundrobin" });
  }
  const router = createRouter({ realms: [{ name: REALM }], cluster: natsCluster({ servers: nats.url, node: "r3" }) });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const caller = await connectPeer(t, { url: (await router.listen({ port: 0 })).url, realm: REALM });

  const outcomes: Promise<unknown>[] = [];
  let hasEnded = false;
  let after = 0;
  const keepCalling = async () => {
    while (after < 100) {
      const number = outcomes.length;
      const outcome = caller.call("com.app.echo", [number]).then(
        ({ args }) => args[0] === number || args,
        (error: unknown) => String(error),
      );
      outcomes.push(outcome);
      await outcome;
      if (hasEnded) after++;
      if (number === 1_000) leaving.signal("SIGTERM");
    }
  };
  const callers = Array.from({ length: 20 }, keepCalling);
  expect(await leaving.ended).toBe(0);
  hasEnded = true;
  await Promise.all(callers);
  const all = await Promise.all(outcomes);
  expect(all.filter((outcome) => outcome !== true)).toEqual([]);
  expect(counts.leaving).toBeGreaterThan(400);
  expect(counts.leaving + counts.staying).toBe(all.length);
});
