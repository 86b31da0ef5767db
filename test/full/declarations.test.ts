import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript-5.9";
import { expect, test } from "vitest";
import { contract, createProject } from "../support/project.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const SHOP = contract(`
  export const Address = z.object({ street: z.string(), zip: z.string().default("") });
  const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
  export const soldOut = error("com.shop.error.sold_out", z.object({ sku: z.string(), at: isoDate }));
  export const find = procedure("com.shop.find", { input: z.object({ text: z.string(), limit: z.int().default(10) }), output: z.array(Address) });
  export const order = procedure("com.shop.{branch}.order", {
    input: z.object({ sku: z.string(), to: Address.optional(), tags: z.record(z.string(), z.int().default(1)) }),
    output: z.discriminatedUnion("kind", [z.object({ kind: z.literal("now") }), z.object({ kind: z.literal("later"), at: isoDate })]),
    errors: { soldOut }, params: { branch: branded("Branch", z.string()) },
  });
  export const add = procedure("com.shop.add", { input: z.tuple([z.int(), Address]), output: z.tuple([z.int(), z.string().optional()]) });
  export const watch = procedure("com.shop.watch", { progress: z.object({ left: z.int().default(0) }), errors: { soldOut } });
  export const upload = procedure("com.shop.upload", { chunks: z.object({ a: isoDate }), output: z.looseObject({ n: z.int() }) });
  export const stock = topic("com.shop.{branch}.stock", { event: z.object({ left: z.int().default(0), to: Address }) });
  export const news = topic("com.shop.news", { event: z.union([Address, z.string()]) });
`);

/** Every public shape, inferred: nothing here has a type of its own. */
function consumer(client: string): string {
  return `
    export const found = () => client.find({ text: "tea" });
    export const foundSafe = () => client.find({ text: "tea" }).safe();
    export const ordered = (branch: string) => client.order({ branch }, { sku: "tea", tags: {} });
    export const orderedSafe = async (branch: string) => await client.order({ branch }, { sku: "tea", tags: {} }).safe();
    export const added = () => client.add(1, { street: "" });
    export const watched = () => client.watch();
    export const looped = async function* () { for await (const tick of client.watch()) yield tick; };
    export const uploaded = () => client.upload([{ a: new Date() }]).result;
    export const failed = async () => { const outcome = await client.watch().safe(); return outcome.ok ? undefined : outcome.error; };
    export const guarded = (error: unknown) => (client.watch.isError(error) ? error : undefined);
    export const guardedCode = (error: unknown) => (client.order.isError(error, "soldOut") ? error.data : undefined);
    export const { find, order, add, watch, upload, stock, news } = client;
    export const list: unknown[] = [];
    export const heard = () => client.stock.subscribe({}, (event) => list.push(event));
    export const heardNews = () => client.news.subscribe((event) => list.push(event));
    export const heardAsync = () => client.news.subscribe(async (event) => list.push(event));
    export const events = () => client.stock.events({});
    export const past = () => client.news.history();
    export const published = () => client.stock.publish({ branch: "a" }, { to: { street: "" } });
    export class Shop { readonly client = ${client}; readonly calls = [this.client.find({ text: "" }), this.client.watch()] as const; }
  `;
}

const HANDLERS = `{
  find: ({ limit }, ctx) => [{ street: ctx.procedure, zip: String(limit) }],
  order: (_, { params, errors }) => { if (params.branch) throw errors.soldOut({ sku: "", at: new Date() }); return { kind: "now" as const }; },
  add: (n: number) => [n, "x"] as [number, string],
  async *watch() { yield { left: 1 }; },
  async upload({ chunks }) { for await (const _ of chunks); return { n: 1 }; },
}`;

const FILES = {
  "package.json": '{ "type": "module" }',
  "schemas/shop.ts": SHOP,
  "src/generated.ts": `
    import { connect } from "wampact";
    import { createShopClient, serveShop, type ShopHandlers } from "../schemas/generated/shop.gen.js";
    export const peer = await connect({ realm: "com.shop", url: "ws://127.0.0.1/ws" });
    export const client = createShopClient(peer);
    export const served = () => serveShop(peer, ${HANDLERS});
    export const handlers = ${HANDLERS} satisfies ShopHandlers;
    ${consumer("createShopClient(peer)")}`,
  "src/inferred.ts": `
    import { connect, createClient, type InferredHandlers, serve } from "wampact";
    import * as shop from "../schemas/shop.js";
    export const peer = await connect({ realm: "com.shop", url: "ws://127.0.0.1/ws" });
    export const client = createClient(peer, shop);
    export const served = () => serve(peer, shop, ${HANDLERS});
    export const context = (ctx: Parameters<InferredHandlers<typeof shop>["order"]>[1]) => ({ ...ctx });
    export const makers = (ctx: Parameters<InferredHandlers<typeof shop>["order"]>[1]) => ctx.errors;
    export const params = (ctx: Parameters<InferredHandlers<typeof shop>["order"]>[1]) => ctx.params;
    export const sent = (given: Parameters<(typeof client)["order"]>) => given;
    ${consumer("createClient(peer, shop)")}`,
  "src/rest.ts": `
    import { connect, isError, isWampError, json, result, retry, uriOf, WampError, type Middleware } from "wampact";
    import { createRouter, memoryStore, websocket, anonymous } from "wampact/router";
    import { createFakeClock, createTestRouter, mockService, sampleOf } from "wampact/testing";
    import { cbor } from "wampact/cbor";
    import { msgpack } from "wampact/msgpack";
    import { endToEnd } from "wampact/encryption";
    import { lmdbStore } from "wampact/lmdb";
    import { createLog, createMetrics, startAdmin } from "wampact/operations";
    import { generate, diffContracts, lockContracts, watchContracts, writeDocuments } from "wampact/codegen";
    import { find, stock, soldOut } from "../schemas/shop.js";
    export { find, stock, soldOut };
    export const peer = await connect({ realm: "com.shop", url: "ws://127.0.0.1/ws" });
    export const called = () => peer.call("com.a");
    export const calledSafe = () => peer.call("com.a").safe();
    export const registered = () => peer.register("com.a", (invocation) => invocation);
    export const subscribed = () => peer.subscribe("com.a", (event) => { console.log(event); });
    export const events = () => peer.events("com.a");
    export const published = () => peer.publish("com.a");
    export const states = () => peer.states();
    export const { session, state, clock, onError } = peer;
    export const failure = (error: unknown) => (isError(error) ? error : undefined);
    export const timeout = (error: unknown) => (isError(error, "timeout") ? error : undefined);
    export const invalid = (error: unknown) => (isError(error, "invalidInput") ? error : undefined);
    export const declared = (error: unknown) => (isError(error, "soldOut") ? error.data : undefined);
    export const wamp = (error: unknown) => (isWampError(error) ? error : new WampError("com.a"));
    export const again = retry();
    export const layer = (async (call, next) => next({ at: call.kind })) satisfies Middleware<unknown>;
    export const both = () => result([1], {});
    export const serializers = [json(), cbor(), msgpack()];
    export const uri = () => uriOf(find, {});
    export const router = createRouter({ realms: [{ name: "com.shop" }] });
    export const listening = () => router.listen({ port: 0 });
    export const status = () => [router.status(), router.storeStats("com.shop"), router.totals("com.shop")];
    export const metrics = createMetrics();
    export const log = await createLog();
    export const admin = () => startAdmin({ router, metrics });
    export const attached = () => router.attach();
    export const stores = () => [memoryStore(), lmdbStore({ path: "x" })];
    export const listeners = () => websocket({ port: 0 });
    export const method = () => anonymous();
    export const tools = { createFakeClock, createTestRouter, mockService, sampleOf, endToEnd, generate, diffContracts, lockContracts, watchContracts, writeDocuments };
  `,
};

test.for([
  "typescript-5.9",
  "typescript-6.0",
  "typescript",
] as const)("every public shape can be exported without a type of its own: %s emits its declarations", async (compiler, t) => {
  const project = createProject(t, FILES);
  await project.generate();
  project.write(
    "tsconfig.json",
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        module: "nodenext",
        lib: ["es2023", "esnext.disposable", "dom", "dom.asynciterable"],
        strict: true,
        declaration: true,
        emitDeclarationOnly: true,
        outDir: "dist",
        rootDir: ".",
        types: [],
        skipLibCheck: true,
      },
      include: ["schemas", "src"],
    }),
  );
  const tsc = `${ROOT}node_modules/${compiler}/bin/tsc`;
  const { stdout } = spawnSync(process.execPath, [tsc, "--project", project.dir], {
    cwd: project.dir,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  expect(project.read("dist/src/generated.d.ts")).not.toMatch(/dist\/src|\bany\b/);
});

/** Aliases that only compute types: what they give never has their name. */
const COMPUTING =
  /^src\/typed\/(inferred|sent)\.d\.ts |^src\/contract\/(fitting-wire\.d\.ts |contract\.d\.ts (Refused|Plain\w+)$)/;

test("every type that a public signature leads to is exported by an entry of the package", () => {
  const { exports } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
    exports: Record<string, { types?: string }>;
  };
  const entries = Object.values(exports).flatMap(({ types }) => (types ? [`${ROOT}${types.slice(2)}`] : []));
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: ["node"],
  });
  const checker = program.getTypeChecker();
  const own = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const exported = new Set<ts.Symbol>();
  const exportAll = (module: ts.Symbol | undefined): void => {
    for (const symbol of module ? checker.getExportsOfModule(module).map(own) : []) {
      exported.add(symbol);
      if (symbol.flags & ts.SymbolFlags.ValueModule) exportAll(symbol); // export * as messages
    }
  };
  for (const entry of entries) exportAll(checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile));

  const hidden = new Set<string>();
  const seen = new Set<ts.Symbol>();
  const visit = (symbol: ts.Symbol): void => {
    if (seen.has(symbol)) return;
    seen.add(symbol);
    for (const declaration of symbol.declarations ?? []) {
      const [, file] = declaration.getSourceFile().fileName.split("/dist/");
      if (file === undefined) return; // not ours
      const isType =
        ts.isInterfaceDeclaration(declaration) ||
        ts.isClassDeclaration(declaration) ||
        ts.isTypeAliasDeclaration(declaration);
      if (isType && !exported.has(symbol)) hidden.add(`${file} ${symbol.name}`);
      walk(declaration);
    }
  };
  const walk = (node: ts.Node): void => {
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : ts.isTypeQueryNode(node)
          ? node.exprName
          : undefined;
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol && !(symbol.flags & ts.SymbolFlags.TypeParameter)) visit(own(symbol));
    ts.forEachChild(node, walk);
  };
  for (const symbol of [...exported]) visit(symbol);
  expect(exported.size).toBeGreaterThan(100);
  expect([...hidden].filter((each) => !COMPUTING.test(each))).toEqual([]);
});
