/** The files of examples/operations/cluster, held against each other, and run without containers: NATS, three routers, a service and a client. */
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect as connectNats, nkeyAuthenticator } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { wampcra } from "wampact/auth/wampcra";
import { startCliRouter } from "../support/cli.js";
import { freePort } from "../support/empty-folder.js";
import { temporary } from "../support/folder.js";
import { startNats } from "../support/nats.js";
import { connectPeer, type Finish } from "../support/peers.js";
import { cert, key } from "../support/tls.js";
import { withNats } from "../support/with-nats.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DIR = join(ROOT, "examples/operations/cluster");
const read = (name: string) => readFileSync(join(DIR, name), "utf8");
const config = JSON.parse(read("wampact.config.json"));
const SECRETS = { BACKEND_SECRET: "a-secret-of-the-test", ADMIN_TOKEN: "a-token-of-the-test" };
const NODES = ["r1", "r2", "r3"];

/** A folder with the secrets that keys.mjs makes, and the variables that it prints. */
function makeKeys(t: Finish): { readonly dir: string; readonly env: Readonly<Record<string, string>> } {
  const dir = temporary(t);
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"), "junction");
  writeFileSync(join(dir, "keys.mjs"), read("keys.mjs"));
  const { stdout, status } = spawnSync(process.execPath, ["keys.mjs"], { cwd: dir, encoding: "utf8" });
  expect(status).toBe(0);
  writeFileSync(join(dir, "secrets/nats.pem"), cert);
  writeFileSync(join(dir, "secrets/nats.key"), key, { mode: 0o600 });
  return {
    dir,
    env: Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split("=")),
    ),
  };
}

withNats(
  "three routers, NATS with TLS and keys, and its permissions are one realm; none can speak for another",
  async (t) => {
    const { dir, env } = makeKeys(t);
    const port = await freePort();
    const conf = read("nats.conf")
      .replace("0.0.0.0:4222", `127.0.0.1:${port}`)
      .replace('"/data"', `"${join(dir, "data")}"`)
      .replace("/run/secrets/nats-cert", join(dir, "secrets/nats.pem"))
      .replace("/run/secrets/nats-key", join(dir, "secrets/nats.key"));
    writeFileSync(join(dir, "nats.conf"), conf);
    await startNats(t, ["--config", join(dir, "nats.conf")], { port, env });
    const routers = await Promise.all(
      NODES.map(async (node) => {
        const file = `${node}.config.json`;
        const cluster = {
          ...config.cluster,
          servers: `tls://127.0.0.1:${port}`,
          credentials: { nkeySeed: { file: `secrets/${node}.seed` } },
          tls: { caFile: "secrets/nats.pem" },
        };
        const listeners = [{ ...config.listeners[0], port: 0 }];
        const local = { ...config, cluster, listeners, admin: { ...config.admin, port: 0 }, control: false };
        writeFileSync(join(dir, file), JSON.stringify(local));
        return startCliRouter(t, dir, ["--config", file], { ...SECRETS, NODE: node, WAMPACT_HOST: "127.0.0.1" });
      }),
    );
    const [first, second, third] = routers.map(({ url }) => url);
    const auth = [wampcra({ authid: "greeter", secret: SECRETS.BACKEND_SECRET })];
    const service = await connectPeer(t, { url: first ?? "", realm: "com.app", auth });
    await service.register("com.app.greet", ({ args }) => `Hello, ${args[0]}!`);
    const client = await connectPeer(t, { url: second ?? "", realm: "com.app" });
    expect((await client.call("com.app.greet", ["Ada"])).args).toEqual(["Hello, Ada!"]);
    const heard = new Promise((resolve) => void client.subscribe("com.app.news", ({ args }) => resolve(args[0])));
    const publisher = await connectPeer(t, { url: third ?? "", realm: "com.app", auth });
    await expect
      .poll(() => publisher.publish("com.app.news", ["now"]).then(() => Promise.race([heard, "not yet"])))
      .toBe("now");
    for (const router of routers) expect(router.output()).not.toContain("Permissions Violation");

    const seed = readFileSync(join(dir, "secrets/r3.seed"));
    const forger = await connectNats({
      servers: `tls://127.0.0.1:${port}`,
      tls: { ca: cert },
      authenticator: nkeyAuthenticator(seed),
      inboxPrefix: "_INBOX_wampact_wampact_r3",
    });
    t.onTestFinished(() => forger.close());
    const refused = new Promise<unknown>((resolve) => {
      void (async () => {
        for await (const status of forger.status()) if (status.type === "error") return resolve(status.error);
      })();
    });
    forger.publish("wampact.wampact.r2.r1", "forged");
    expect(String(await refused)).toContain('"wampact.wampact.r2.r1"');
  },
);

test("names, ports and secrets of the files go together", () => {
  const [compose, conf, caddy] = [read("compose.yaml"), read("nats.conf"), read("Caddyfile")];
  const { cluster, listeners, admin, drainMs } = config;
  expect(conf).toContain(`:${new URL(cluster.servers).port}"`);
  expect(compose).toContain(`\n  ${new URL(cluster.servers).hostname}:\n`);
  for (const node of NODES) {
    expect(compose).toContain(`NODE: ${node} }`);
    expect(compose).toContain(`[{ source: ${node}-seed, target: nats-seed }, nats-ca]`);
    expect(conf).toContain(`nkey: $NKEY_${node.toUpperCase()}\n`);
    expect(conf).toContain(`"wampact.${cluster.name ?? "wampact"}.*.${node}"`);
    expect(caddy).toContain(`${node}:${listeners[0].port}`);
  }
  expect(caddy).toContain(`health_port ${admin.port}`);
  expect(Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1]) * 1_000).toBeGreaterThan(drainMs);
  const secrets = [
    cluster.credentials.nkeySeed.file,
    cluster.tls.caFile,
    ...conf.matchAll(/"(\/run\/secrets\/[\w-]+)"/g),
  ];
  for (const secret of secrets.map((each) => (typeof each === "string" ? each : each[1]))) {
    const name = secret.replace("/run/secrets/", "");
    expect(compose).toMatch(new RegExp(`[ \\[](?:target: )?${name}[\\] ,}]`));
  }
});
