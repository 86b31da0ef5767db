import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connect, createClient, type Middleware, procedure, retry, serve } from "wampact";
import { createRouter, type Router } from "wampact/router";
import * as z from "zod";
import { createFolder, removeFolder } from "../support/folder.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const dir = createFolder(join(ROOT, "test"));
const REALM = "com.example";
const contract = {
  whoami: procedure("com.example.whoami", { output: z.string(), idempotent: true }),
};

interface User {
  readonly user: { readonly name: string; readonly isAdmin: boolean };
}

/** The middleware of the page, as it stands there. */
let page: { readonly timed: Middleware; readonly authenticated: Middleware<User> };
let router: Router;

beforeAll(async () => {
  const text = readFileSync(join(ROOT, "docs/middleware.md"), "utf8");
  const snippets = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  const [timed = "", , authenticated = ""] = snippets;
  const declared = authenticated.slice(0, authenticated.indexOf("await serveCalculator("));
  writeFileSync(join(dir, "page.ts"), `${timed}\n${declared}\nexport { authenticated };\n`);
  page = await import(pathToFileURL(join(dir, "page.ts")).href);
  router = createRouter({ realms: [{ name: REALM }] });
  await serve(
    await connect({ transport: router.attach(), realm: REALM }),
    contract,
    { whoami: (ctx) => `${ctx.user.name} ${ctx.user.isAdmin}` },
    { use: [page.authenticated] as const },
  );
});
afterAll(async () => {
  await router.close();
  removeFolder(dir);
});

async function ask(identity: Parameters<Router["attach"]>[0] | undefined, disclose: boolean): Promise<string> {
  const { url } = await router.listen({ port: 0 });
  const anonymous = { url, realm: REALM, reconnect: false } as const;
  await using peer = await connect(identity ? { transport: router.attach(identity), realm: REALM } : anonymous);
  const outcome = await createClient(peer, contract).whoami({ disclose }).safe();
  return outcome.ok ? outcome.value : outcome.error.code;
}

test("the page's authenticated lets members through, and neither who is anonymous nor who is not disclosed", async () => {
  expect(await ask({ authid: "ada", authrole: "admin" }, true)).toBe("ada true");
  expect(await ask({ authid: "bob", authrole: "member" }, true)).toBe("bob false");
  expect(await ask({ authid: "eve", authrole: "guest" }, true)).toBe("notAuthorized");
  expect(await ask(undefined, true)).toBe("notAuthorized"); // with an authid, and disclosed
  expect(await ask({ authid: "ada", authrole: "admin" }, false)).toBe("notAuthorized");
});

test("the page's timed tells kind, URI and time of a call that succeeds and of one that fails", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const peer = await connect({ transport: router.attach({ authid: "ada", authrole: "member" }), realm: REALM });
  const client = createClient(peer, contract, { use: [page.timed] });
  await client.whoami({ disclose: true });
  await client.whoami().safe();
  const told = log.mock.calls;
  log.mockRestore();
  expect(told).toEqual([
    ["call", "com.example.whoami", expect.any(Number)],
    ["call", "com.example.whoami", expect.any(Number)],
  ]);
  await peer.close();
});

test("the page's retries come back to a procedure that was not there", async () => {
  const late = { hello: procedure("com.example.hello", { output: z.string(), idempotent: true }) };
  const [callee, caller] = await Promise.all([
    connect({ transport: router.attach(), realm: REALM }),
    connect({ transport: router.attach(), realm: REALM }),
  ]);
  const call = createClient(caller, late, { use: [retry({ attempts: 5, minMs: 50, maxMs: 2_000 })] }).hello();
  await serve(callee, late, { hello: () => "here" });
  expect(await call).toBe("here");
  await Promise.all([callee.close(), caller.close()]);
});
