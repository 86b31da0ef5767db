import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

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

/** Sizes in kB of 1,000 bytes, gzip at its best: what they may not exceed, so that nothing grows unnoticed. */
test.for([
  { name: "untyped peer", code: PEER, external: ["zod"], most: 26.3 },
  { name: "untyped caller", code: CALLER, external: ["zod"], most: 23.4 },
  { name: "client runtime without zod", code: CLIENT, external: ["zod"], most: 34.3 },
  { name: "browser bundle with a contract and zod/mini", code: APP, external: [], most: 38.9 },
])("$name: at most $most kB", async ({ name, code, external, most }) => {
  const size = await sizeOf(code, external);
  console.log(`${name}: ${size.toFixed(1)} kB`);
  expect(size).toBeLessThanOrEqual(most);
});

test.for(["msgpack", "cbor"])("%s adds at most 6.4 kB", async (serializer) => {
  const without = await sizeOf(CLIENT, ["zod"]);
  const added = (await sizeOf(`${CLIENT}\nexport { ${serializer} } from "wampact/${serializer}";`, ["zod"])) - without;
  console.log(`${serializer} adds ${added.toFixed(1)} kB`);
  expect(added).toBeLessThanOrEqual(6.4);
});

/** Without the packages that only some logins load. */
const LOADED = ["zod", "hash-wasm", "@mongodb-js/saslprep"];

test.for([
  ["ticket", 0.6],
  ["wampcra", 1.4],
  ["cryptosign", 2],
  ["scram", 2.8],
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

async function sizeOf(code: string, external: readonly string[]): Promise<number> {
  const { outputFiles } = await bundled(code, external);
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length / 1_000;
}

function bundled(contents: string, external: readonly string[]) {
  return build({
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: [...external, ...external.map((name) => `${name}/*`)],
    metafile: true,
    write: false,
  });
}
