import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { expect, test } from "vitest";
import { createProject } from "../support/project.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PEER = 'export { connect } from "wampact/peer";';
const CALLER = 'export { connect } from "wampact/caller";';
const CLIENT = 'export { connect } from "wampact/peer";\nexport { bindClient } from "wampact";';
const APP = `
  import { bindClient, procedure } from "wampact";
  import { connect } from "wampact/peer";
  import * as z from "zod/mini";
  const contract = { add2: procedure("com.app.add2", { input: z.object({ a: z.number(), b: z.number() }), output: z.number() }) };
  const client = bindClient(await connect({ url: "ws://127.0.0.1:8080/ws", realm: "com.app" }), contract);
  console.log(await client.add2({ a: 2, b: 3 }));`;

/** The condition of production builds of Vite and webpack, which have it without a setting. */
const PRODUCTION = ["production"];

/**
 * Sizes in kB of 1,000 bytes, gzip at its best: what they may not exceed, so that nothing grows unnoticed. `most` is for production bundles,
 * `explained` for those without the condition, whose errors explain themselves.
 */
test.for([
  { name: "untyped peer", code: PEER, external: ["zod"], most: 22.8, explained: 25.6 },
  { name: "untyped caller", code: CALLER, external: ["zod"], most: 19.4, explained: 22 },
  { name: "client runtime without zod", code: CLIENT, external: ["zod"], most: 31.1, explained: 33.8 },
  { name: "browser bundle with a contract and zod/mini", code: APP, external: [], most: 35.8, explained: 38.4 },
])("$name: at most $most kB, with explanations $explained kB", async ({ name, code, external, most, explained }) => {
  const [size, whole] = [await sizeOf(code, external), await sizeOf(code, external, [])];
  console.log(`${name}: ${size.toFixed(1)} kB, with explanations ${whole.toFixed(1)} kB`);
  expect(size).toBeLessThanOrEqual(most);
  expect(whole).toBeLessThanOrEqual(explained);
});

test.for([
  ["msgpack", 6.9],
  ["cbor", 7.1],
] as const)("%s adds at most %s kB", async ([serializer, most]) => {
  const without = await sizeOf(CLIENT, ["zod"]);
  const added = (await sizeOf(`${CLIENT}\nexport { ${serializer} } from "wampact/${serializer}";`, ["zod"])) - without;
  console.log(`${serializer} adds ${added.toFixed(1)} kB`);
  expect(added).toBeLessThanOrEqual(most);
});

test("long-poll adds at most 2.1 kB", async () => {
  const added =
    (await sizeOf(`${PEER}\nexport { longPoll } from "wampact/longpoll";`, ["zod"])) - (await sizeOf(PEER, ["zod"]));
  console.log(`long-poll adds ${added.toFixed(1)} kB`);
  expect(added).toBeLessThanOrEqual(2.1);
});

/** Without the packages that only some logins load. */
const LOADED = ["zod", "hash-wasm", "@mongodb-js/saslprep"];

test.for([
  ["ticket", 0.4],
  ["wampcra", 1.1],
  ["cryptosign", 1.7],
  ["scram", 2.2],
] as const)("the login by %s adds at most %s kB", async ([method, most]) => {
  const withMethod = `${PEER}\nexport { ${method} } from "wampact/auth/${method}";`;
  const added = (await sizeOf(withMethod, LOADED)) - (await sizeOf(PEER, LOADED));
  console.log(`${method} adds ${added.toFixed(1)} kB`);
  expect(added).toBeLessThanOrEqual(most);
});

test("the runtime of clients holds nothing of the router, the generator or Node", async () => {
  const { metafile } = await bundled(CLIENT, ["zod"]);
  const inputs = Object.keys(metafile.inputs).filter(
    (input) =>
      !/^dist\/src\/(auth|contract|peer|session|transport|typed|wire)\/|^dist\/src\/index\.js$|^<stdin>$/.test(input),
  );
  expect(inputs).toEqual([]);
});

/** An application of a contract of 20 procedures and a topic, over a peer of one entry. */
test.for([
  { client: "shop.thin.gen.js", entry: "wampact/caller", most: 22.9, explained: 25.7 },
  { client: "shop.thin.gen.js", entry: "wampact/peer", most: 26.4, explained: 29.2 },
  { client: "shop.gen.js", entry: "wampact/caller", most: 34.9, explained: 37.6 },
  { client: "shop.gen.js", entry: "wampact/peer", most: 38.3, explained: 41 },
])("$client over $entry: at most $most kB, with explanations $explained kB", async (app, t) => {
  const { client, entry, most, explained } = app;
  const shop = readFileSync(`${ROOT}test/support/shop-contract.ts`, "utf8");
  const project = createProject(t, { "schemas/shop.ts": shop });
  await project.generate({ thin: true });
  const code = `
    import { createShopClient } from "./${relative(ROOT, project.dir)}/schemas/generated/${client}";
    import { connect } from "${entry}";
    const shop = createShopClient(await connect({ url: "ws://127.0.0.1:8080/ws", realm: "com.shop" }));
    await shop.priced.subscribe(({ data }) => console.log(data.price));
    console.log(await shop.article({ id: "a" }));`;
  const { metafile, outputFiles } = await bundled(code, []);
  const [size, whole] = [kB(outputFiles[0]?.contents ?? ""), await sizeOf(code, [], [])];
  console.log(`${client} over ${entry}: ${size.toFixed(1)} kB, with explanations ${whole.toFixed(1)} kB`);
  expect(size).toBeLessThanOrEqual(most);
  expect(whole).toBeLessThanOrEqual(explained);
  const modules = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([name, { bytesInOutput }]) => (bytesInOutput > 0 ? [name] : [])),
  );
  if (entry === "wampact/caller") {
    expect(modules.filter((name) => /invocation|registration|payload-schemes|full-peer|login/.test(name))).toEqual([]);
  }
  if (client === "shop.thin.gen.js") {
    const unused = /schema-walk|history|contract\/params|layer|middleware|sent-chunks|async-map/;
    expect(modules.filter((name) => unused.test(name))).toEqual([]);
    expect(Object.keys(metafile.inputs).filter((name) => /\bzod\b/.test(name))).toEqual([]); // not even looked for
  }
});

/** The parts of the full peer that are features of their own, by their modules. */
const FEATURES: Readonly<Record<string, readonly string[]>> = {
  "answering calls": [
    "invocations",
    "running-invocation",
    "registrations",
    "registration-entry",
    "register-options",
    "reply",
  ],
  "payload schemes": ["payload-schemes"],
  authentication: ["login"],
  "batches of messages": ["batches/text", "batch-splitter", "outgoing-batch"],
  "the offline queue": ["offline-queue", "offline"],
  heartbeats: ["heartbeat", "page"],
  reconnecting: ["reconnection", "backoff"],
  "loops over events and states": ["events", "state-loop"],
  "chunks of a call": ["chunk-sender"],
  "integers beyond 2^53 and nesting depth": ["json-depth", "json-integers"],
};

test("what each feature adds to the full peer", async () => {
  const whole = await sizeOf(PEER, ["zod"]);
  for (const [feature, modules] of Object.entries(FEATURES)) {
    const without = kB((await bundled(PEER, ["zod"], PRODUCTION, leavingOut(modules))).outputFiles[0]?.contents ?? "");
    console.log(`${feature}: ${(whole - without).toFixed(2)} kB`);
    expect(whole - without, feature).toBeGreaterThan(0); // else a module was renamed
  }
});

/** Takes modules of the package for empty ones: what such a bundle lacks in size is theirs. */
function leavingOut(modules: readonly string[]): Plugin {
  const filter = new RegExp(`/dist/src/.*/(${modules.join("|")})\\.js$`);
  return {
    name: "leaving-out",
    setup: ({ onLoad }) => onLoad({ filter }, () => ({ contents: "module.exports = globalThis;", loader: "js" })),
  };
}

function kB(contents: string | Uint8Array): number {
  return gzipSync(contents, { level: 9 }).length / 1_000;
}

async function sizeOf(code: string, external: readonly string[], conditions: string[] = PRODUCTION): Promise<number> {
  const { outputFiles } = await bundled(code, external, conditions);
  return kB(outputFiles[0]?.contents ?? "");
}

function bundled(contents: string, external: readonly string[], conditions: string[] = PRODUCTION, plugin?: Plugin) {
  return build({
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions,
    external: [...external, ...external.map((name) => `${name}/*`)],
    metafile: true,
    write: false,
    logLevel: "error",
    ...(plugin && { plugins: [plugin] }),
  });
}
