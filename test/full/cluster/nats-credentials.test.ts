/** How routers log in to a real NATS server: files of credentials, nkeys with permissions, certificates. */
import { writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { expect, type TestContext } from "vitest";
import { type NatsClusterOptions, natsCluster, natsStore } from "wampact/nats";
import { createRouter, type Router } from "wampact/router";
import { freePort } from "../../support/empty-folder.js";
import { type NatsServer, startNats } from "../../support/nats.js";
import { createNatsOperator } from "../../support/nats-jwt.js";
import { failureOf, Inbox, join } from "../../support/peers.js";
import { createProject } from "../../support/project.js";
import { REALM } from "../../support/raw.js";
import { cert, key } from "../../support/tls.js";
import { withNats } from "../../support/with-nats.js";

const TOPIC = "com.app.kept";

/** A folder, and a server with a configuration of its own in it. */
async function startConfigured(
  t: TestContext,
  config: string,
): Promise<{ readonly nats: NatsServer; file(name: string, text: string): string }> {
  const { dir } = createProject(t, {});
  const file = (name: string, text: string) => {
    writeFileSync(joinPath(dir, name), text);
    return joinPath(dir, name);
  };
  const conf = file("nats.conf", `jetstream { store_dir: "${dir}/data" }\n${config}`);
  return { nats: await startNats(t, ["--config", conf], { port: await freePort() }), file };
}

/** A router that has joined. Whatever goes wrong there later fails the test. */
async function startRouter(t: TestContext, options: NatsClusterOptions): Promise<Router> {
  const faults: unknown[] = [];
  const router = createRouter({
    realms: [{ name: REALM, store: natsStore(), history: [{ topic: TOPIC }] }],
    cluster: natsCluster({ leaseMs: 1_500, ...options }),
    onError: (error) => faults.push(error),
  });
  t.onTestFinished(async () => {
    await router.close({ drainMs: 0 });
    expect(faults.map(String)).toEqual([]);
  });
  await router.listen({ port: 0 });
  return router;
}

/** Calls, events, retained events and histories go from one router to the other. */
async function expectOneRealm(
  t: TestContext,
  [first, second]: readonly [Router, Router],
  value: string,
): Promise<void> {
  const [here, there] = await Promise.all([join(t, first), join(t, second)]);
  const registration = await here.register("com.app.echo", ({ args }) => args[0]);
  expect((await there.call("com.app.echo", [value])).args).toEqual([value]);
  await registration.unregister();
  await here.publish(TOPIC, [value], {}, { retain: true, acknowledge: true });
  const inbox = new Inbox<unknown>();
  await there.subscribe(TOPIC, ({ args }) => inbox.push(args[0]), { getRetained: true });
  expect(await inbox.next()).toBe(value);
  const [id] = (await there.call("wamp.subscription.lookup", [TOPIC])).args;
  const { args } = await there.call("wamp.subscription.get_events", [id]);
  expect(args.at(-1)).toMatchObject({ args: [value] });
}

withNats(
  "a file of credentials: routers log in with it, and with the one that has replaced it when NATS was started again",
  async (t) => {
    const operator = createNatsOperator();
    const { nats, file } = await startConfigured(t, operator.config);
    const credentials = { file: file("router.creds", operator.credentials("first")) };
    const routers = (await Promise.all(
      ["a", "b"].map((node) => startRouter(t, { servers: nats.url, node, credentials })),
    )) as [Router, Router];
    await expectOneRealm(t, routers, "first");
    const strange = { file: file("strange.creds", createNatsOperator().credentials("stranger")) };
    expect(String(await failureOf(refused(t, { servers: nats.url, credentials: strange })))).toMatch(
      /^Error: NATS at nats:\/\/127\.0\.0\.1:\d+ refuses the credentials: /,
    );
    await nats.kill();
    file("router.creds", operator.credentials("second"));
    await nats.start();
    await expect
      .poll(() => routers.map((router) => router.status().cluster?.state), { timeout: 20_000 })
      .toEqual(["joined", "joined"]);
    await expectOneRealm(t, routers, "second");
  },
);

withNats(
  "nkeys with the permissions of docs/clustering.md: routers do all that they have to, each in its own name alone",
  async (t) => {
    const users = new Map(["a", "b"].map((node) => [node, nkeys.createUser()]));
    const { nats } = await startConfigured(
      t,
      `authorization { users: [ ${[...users].map(([node, keys]) => userOf(node, keys.getPublicKey())).join("\n")} ] }`,
    );
    const seedOf = (node: string) => Buffer.from(users.get(node)?.getSeed() ?? []).toString();
    const routers = (await Promise.all(
      ["a", "b"].map((node) => startRouter(t, { servers: nats.url, node, credentials: { nkeySeed: seedOf(node) } })),
    )) as [Router, Router];
    await expectOneRealm(t, routers, "kept");
    const seed = Buffer.from(nkeys.createUser().getSeed()).toString();
    expect(String(await failureOf(refused(t, { servers: nats.url, credentials: { nkeySeed: seed } })))).toMatch(
      /refuses the credentials: /,
    );
  },
);

withNats("a certificate: NATS that asks for one takes the router's, and nobody without", async (t) => {
  const { dir } = createProject(t, { "cert.pem": cert, "key.pem": key });
  const [certFile, keyFile] = [joinPath(dir, "cert.pem"), joinPath(dir, "key.pem")];
  const nats = await startNats(t, [
    ...["-js", "--tls", "--tlscert", certFile, "--tlskey", keyFile],
    ...["--tlsverify", "--tlscacert", certFile],
  ]);
  const tls = { caFile: certFile, certFile, keyFile };
  const routers = (await Promise.all(["a", "b"].map((node) => startRouter(t, { servers: nats.url, node, tls })))) as [
    Router,
    Router,
  ];
  await expectOneRealm(t, routers, "kept");
  expect(String(await failureOf(refused(t, { servers: nats.url, tls: { caFile: certFile } })))).toMatch(
    /^Error: cannot reach NATS at nats:\/\/127\.0\.0\.1:\d+: .*, or give natsCluster\.tls a certFile, where NATS asks for a certificate$/,
  );
});

/** A user of NATS for one router of the cluster "wampact", as docs/clustering.md has it. */
function userOf(node: string, nkey: string): string {
  const publish = [
    `wampact.wampact.*.${node}`,
    ...["$KV.wampact_wampact.>", "$JS.API.INFO", "$JS.API.*.*.KV_wampact_wampact", "$JS.API.*.*.KV_wampact_wampact.>"],
    ...["$JS.API.STREAM.MSG.GET.KV_wampact_wampact", "$JS.FC.KV_wampact_wampact.>"],
    ...["wampact_kept.wampact.>", "$JS.API.STREAM.INFO.*", "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.UPDATE.*"],
    "$JS.API.CONSUMER.>",
  ];
  const subscribe = [`wampact.wampact.${node}.*`, "wampact.wampact.all.*", `_INBOX_wampact_wampact_${node}.>`];
  return `{ nkey: ${nkey}, permissions: { publish: ${JSON.stringify(publish)}, subscribe: ${JSON.stringify(subscribe)} } }`;
}

/** Starts a router that cannot join. */
async function refused(t: TestContext, options: NatsClusterOptions): Promise<void> {
  const router = createRouter({ realms: [{ name: REALM }], cluster: natsCluster(options), onError: () => {} });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  await router.listen({ port: 0 });
}
