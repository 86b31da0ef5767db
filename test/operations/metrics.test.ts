/** Metrics of a router, as a scrape gives them: read by a parser that knows nothing of us. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import parse, { type Sample } from "parse-prometheus-text-format";
import { expect, type TestContext, test, vi } from "vitest";
import { createMetrics, type MetricsOptions, startAdmin } from "wampact/operations";
import { createRouter, type RouterConfig } from "wampact/router";
import { mergedMetrics } from "../../src/operations/metrics/merged.js";
import { FrameClient, SERIALIZERS } from "../support/frames.js";
import { connectPeer, createGate, failureOf } from "../support/peers.js";
import { CLIENT_DETAILS, REALM } from "../support/raw.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const [JSON_SERIALIZER] = SERIALIZERS as [(typeof SERIALIZERS)[0]];

interface Scrape {
  readonly text: string;
  readonly families: ReadonlyMap<string, readonly Sample[]>;
  /** The sample that has these labels; a value that is not there is 0. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** A listening router with an admin listener, which is scraped by HTTP. */
async function start(t: TestContext, options: MetricsOptions = {}, config: Partial<RouterConfig> = {}) {
  const metrics = createMetrics(options);
  const router = createRouter({ realms: [{ name: REALM }], meter: metrics, onError: () => {}, ...config });
  const admin = await startAdmin({ router, metrics });
  t.onTestFinished(async () => {
    await router.close({ drainMs: 0 });
    await admin.close();
    metrics.close();
  });
  const { url } = await router.listen({ maxUnsentBytes: 200_000 });
  const scrape = async (): Promise<Scrape> => {
    const response = await fetch(`${admin.url}/metrics`);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    // The package merges the samples of a histogram whatever their labels; as untyped ones each stays as it is.
    const families = new Map<string, Sample[]>();
    for (const { name, metrics } of parse(text.replaceAll(" histogram\n", " untyped\n")))
      families.set(name, [...(families.get(name) ?? []), ...metrics]);
    const value = (name: string, labels: Readonly<Record<string, string>> = {}) => {
      const samples = families.get(name) ?? [];
      const found = samples.find((each) =>
        Object.entries(labels).every(([label, text]) => each.labels?.[label] === text),
      );
      return Number(found?.value ?? 0);
    };
    return { text, families, value };
  };
  return { router, url, scrape };
}

test("calls are counted by procedure and outcome, with the time that they took", async (t) => {
  const { url, scrape } = await start(t);
  const [callee, caller] = [await connectPeer(t, { url, onError: () => {} }), await connectPeer(t, { url })];
  await callee.register("com.example.add", ({ args: [a, b] }) => (a as number) + (b as number));
  await callee.register(
    "com.example.tree.",
    () => {
      throw new Error("broken");
    },
    { match: "prefix" },
  );
  for (let count = 0; count < 3; count++) await caller.call("com.example.add", [count, 1]);
  await failureOf(caller.call("com.example.tree.leaf"));
  await failureOf(caller.call("com.example.nothing"));
  await caller.call("wamp.session.count");
  const { value } = await scrape();
  const calls = (procedure: string, outcome: string) =>
    value("wampact_calls_total", { realm: REALM, procedure, outcome });
  expect(calls("com.example.add", "ok")).toBe(3);
  expect(calls("com.example.tree.", "wamp.error.runtime_error")).toBe(1);
  expect(calls("wamp.", "ok")).toBeGreaterThanOrEqual(1);
  expect(value("wampact_calls_refused_total", { realm: REALM, outcome: "wamp.error.no_such_procedure" })).toBe(1);
  const duration = (part: string, labels = {}) =>
    value(`wampact_call_duration_seconds_${part}`, { realm: REALM, procedure: "com.example.add", ...labels });
  expect(duration("count")).toBe(3);
  expect(duration("sum")).toBeGreaterThan(0);
  expect([duration("bucket", { le: "30" }), duration("bucket", { le: "+Inf" })]).toEqual([3, 3]);
});

test("while many calls are under way some are timed, which stand for the others", async (t) => {
  const { url, scrape } = await start(t);
  const [callee, caller] = [await connectPeer(t, { url }), await connectPeer(t, { url })];
  const gate = createGate();
  await callee.register("com.example.slow", () => gate.promise);
  const calls = Array.from({ length: 100 }, () => caller.call("com.example.slow"));
  await vi.waitUntil(async () => (await scrape()).value("wampact_pending_calls", { realm: REALM }) === 100);
  gate.open();
  await Promise.all(calls);
  const { value } = await scrape();
  const labels = { realm: REALM, procedure: "com.example.slow" };
  expect(value("wampact_calls_total", { ...labels, outcome: "ok" })).toBe(100);
  expect(value("wampact_call_duration_seconds_count", labels)).toBe(100); // 4 of their own, and 6 for 16 each
});

test("procedures beyond the bound are counted as other, in all realms together", async (t) => {
  const realms = [{ name: REALM }, { name: "com.other" }];
  const { url, scrape } = await start(t, { maxProcedures: 2 }, { realms });
  for (const { name } of realms) {
    const peer = await connectPeer(t, { url, realm: name });
    for (let count = 0; count < 3; count++) {
      await peer.register(`com.example.p${count}`, () => "done");
      await peer.call(`com.example.p${count}`);
    }
  }
  const { families, value } = await scrape();
  const names = families.get("wampact_call_duration_seconds_count")?.map(({ labels }) => labels?.procedure);
  expect(new Set(names)).toEqual(new Set(["wamp.", "com.example.p0", "com.example.p1", "other"]));
  const others = (realm: string) => value("wampact_calls_total", { realm, procedure: "other", outcome: "ok" });
  expect([others(REALM), others("com.other")]).toEqual([1, 3]);
});

test("only procedures that are named have series of their own, where some are", async (t) => {
  const { url, scrape } = await start(t, { procedures: ["com.example.named"] });
  const peer = await connectPeer(t, { url });
  for (const name of ["com.example.first", "com.example.named"]) {
    await peer.register(name, () => "done");
    await peer.call(name);
  }
  const { value } = await scrape();
  expect(value("wampact_calls_total", { procedure: "com.example.named", outcome: "ok" })).toBe(1);
  expect(value("wampact_calls_total", { procedure: "other", outcome: "ok" })).toBe(1);
});

test("an error of the application is one outcome, whatever its URI", async (t) => {
  const { url, scrape } = await start(t);
  const client = await FrameClient.join(t, url, JSON_SERIALIZER);
  client.sendList([64, 1, {}, "com.example.fails"]);
  await client.receive("REGISTERED");
  for (let count = 0; count < 60; count++) {
    client.sendList([48, 2 + count, {}, "com.example.fails"]);
    const { request } = await client.receive("INVOCATION");
    client.sendList([8, 68, request, {}, `com.example.error.e${count}`]);
    await client.receive("ERROR");
  }
  const { value, families } = await scrape();
  const labels = { procedure: "com.example.fails", outcome: "application_error" };
  expect(value("wampact_calls_total", labels)).toBe(60);
  expect(families.get("wampact_calls_total")?.length).toBeLessThan(10);
});

test("messages, bytes, events and sessions are counted", async (t) => {
  const { url, scrape } = await start(t);
  const [one, other] = [await connectPeer(t, { url }), await connectPeer(t, { url })];
  for (const peer of [one, other]) await peer.subscribe("com.example.topic", () => {});
  const before = await scrape();
  await one.publish("com.example.topic", ["x".repeat(1_000)], {}, { acknowledge: true });
  const { value } = await scrape();
  expect(value("wampact_received_messages_total", { type: "PUBLISH" })).toBe(1);
  expect(value("wampact_received_message_bytes_total", { type: "PUBLISH" })).toBeGreaterThan(1_000);
  expect(value("wampact_sent_messages_total", { type: "EVENT" })).toBe(1); // not to its publisher
  const events = (name: string) => value(name, { realm: REALM }) - before.value(name, { realm: REALM });
  expect([events("wampact_events_published_total"), events("wampact_events_sent_total")]).toEqual([1, 1]);
  expect(value("wampact_sessions", { realm: REALM, role: "anonymous" })).toBe(2);
  expect(value("wampact_connections")).toBe(2);
  expect(value("wampact_subscriptions", { realm: REALM })).toBe(1);
  await other.close();
  const after = await scrape();
  expect(after.value("wampact_sessions", { realm: REALM, role: "anonymous" })).toBe(1);
  expect(after.value("wampact_sessions_ended_total", { realm: REALM, by: "client" })).toBe(1);
});

test("refusals, denials, limits, cuts and faults are counted by reason", async (t) => {
  const { url, scrape, router } = await start(
    t,
    {},
    {
      realms: [
        {
          name: REALM,
          roles: {
            anonymous: { permissions: [{ uri: "com.example.", match: "prefix", allow: ["subscribe", "publish"] }] },
          },
          limits: { session: { maxSubscriptions: 1 } },
          policies: [
            {
              publish({ uri }) {
                if (uri === "com.example.broken") throw new Error("broken policy");
              },
            },
          ],
        },
      ],
    },
  );
  const client = await FrameClient.join(t, url, JSON_SERIALIZER);
  client.sendList([32, 1, {}, "com.example.one"]);
  await client.receive("SUBSCRIBED");
  for (const list of [
    [32, 2, {}, "com.example.two"],
    [48, 3, {}, "com.other"],
    [16, 4, { acknowledge: true }, "com.example.broken"],
  ]) {
    client.sendList(list);
    await client.receive("ERROR");
  }
  const refused = await FrameClient.open(t, url, JSON_SERIALIZER);
  refused.sendList([1, "com.nowhere", CLIENT_DETAILS]);
  await refused.end();
  client.ws.pause();
  const publisher = await FrameClient.join(t, url, JSON_SERIALIZER);
  for (let request = 1; router.totals(REALM).cut === 0; request++) {
    publisher.sendList([16, request, { acknowledge: true }, "com.example.one", ["x".repeat(50_000)]]);
    await publisher.receive("PUBLISHED");
  }
  const { value } = await scrape();
  expect(value("wampact_requests_limited_total", { realm: REALM, limit: "session.maxSubscriptions" })).toBe(1);
  expect(value("wampact_requests_denied_total", { realm: REALM, request: "CALL" })).toBe(1);
  expect(value("wampact_calls_refused_total", { realm: REALM, outcome: "wamp.error.not_authorized" })).toBe(1);
  expect(value("wampact_connections_refused_total", { reason: "wamp.error.no_such_realm" })).toBe(1);
  expect(value("wampact_sessions_cut_total", { realm: REALM, cause: "slow" })).toBe(1);
  expect(value("wampact_faults_total")).toBe(1);
});

test("what an event store keeps is told", async (t) => {
  const { url, scrape } = await start(t, {}, { realms: [{ name: REALM, history: [{ topic: "com.example.topic" }] }] });
  const peer = await connectPeer(t, { url });
  await peer.publish("com.example.topic", ["kept"], {}, { acknowledge: true, retain: true });
  const { value } = await scrape();
  expect(value("wampact_store_retained_events", { realm: REALM })).toBe(1);
  expect(value("wampact_store_history_events", { realm: REALM })).toBe(1);
  expect(value("wampact_store_history_bytes", { realm: REALM })).toBeGreaterThan(0);
});

test("labels hold whatever texts others choose, and a bounded number of them", async (t) => {
  const EVIL = 'a"b\\c\nd';
  let role = 0;
  const { url, scrape } = await start(
    t,
    {},
    { realms: [{ name: REALM, policies: [{ join: () => ({ authrole: role === 0 ? EVIL : `role${role}` }) }] }] },
  );
  for (; role < 60; role++) await FrameClient.join(t, url, JSON_SERIALIZER);
  const { families, text, value } = await scrape();
  const roles = families.get("wampact_sessions") ?? [];
  expect(roles).toHaveLength(51);
  expect(value("wampact_sessions", { role: "other" })).toBe(10);
  expect(text).toContain('role="a\\"b\\\\c\\nd"');
});

test("the process is measured, unless it is not asked for", async (t) => {
  const { scrape } = await start(t);
  const until = performance.now() + 60;
  while (performance.now() < until); // holds the event loop up
  await new Promise((resolve) => setImmediate(resolve));
  const { value } = await scrape();
  expect(value("process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(value("nodejs_heap_size_used_bytes")).toBeGreaterThan(1e6);
  expect(value("nodejs_eventloop_active_seconds_total")).toBeGreaterThan(0);
  const delays = (le: string) => value("nodejs_eventloop_delay_seconds_bucket", { le });
  expect(delays("+Inf") - delays("0.02")).toBeGreaterThan(0);
  expect((await scrape()).text).not.toContain("nodejs_gc_");
  const { scrape: collected } = await start(t, { gc: true });
  expect((await collected()).value("nodejs_gc_duration_seconds_bucket", { kind: "major", le: "+Inf" })).toBeTypeOf(
    "number",
  );
  expect((await collected()).text).toContain('nodejs_gc_duration_seconds_count{kind="minor"} ');
  const { scrape: bare } = await start(t, { process: false });
  expect((await bare()).text).not.toMatch(/^(nodejs|process)_/m);
});

test("each metric has help and a type, stands once, and is explained in docs/observability.md", async (t) => {
  const { scrape, url } = await start(t);
  await (await connectPeer(t, { url })).call("wamp.session.count");
  const { text } = await scrape();
  const names = [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)].map(([, name]) => name as string);
  expect(new Set(names).size).toBe(names.length);
  expect([...text.matchAll(/^# HELP (\S+) .+\.$/gm)].map(([, name]) => name)).toEqual(names);
  for (const line of text.split("\n").filter((each) => each && !each.startsWith("#"))) {
    const name = (line.match(/^[a-z_]+/)?.[0] as string).replace(/_(?:bucket|sum|count)$/, "");
    expect(
      names.filter((each) => each === name || `${each}_total` === name),
      line,
    ).toHaveLength(1);
  }
  const docs = readFileSync(`${ROOT}docs/observability.md`, "utf8");
  const missing = names.filter((name) => !docs.includes(`\`${name}\``) && !/^process_cpu_(?:user|system)_/.test(name));
  expect(missing).toEqual([]);
});

test("each metric of the dashboard is there, and each of the router's is on it", async (t) => {
  const { scrape, url } = await start(t);
  await (await connectPeer(t, { url })).call("wamp.session.count");
  const { families, text } = await scrape();
  const dashboard = JSON.parse(readFileSync(`${ROOT}examples/operations/grafana-dashboard.json`, "utf8")) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const used = new Set(
    dashboard.panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr }) => expr.match(/\b(?:wampact|nodejs|process)_[a-z_]+/g) ?? []),
    ),
  );
  expect(used.size).toBeGreaterThan(30);
  expect([...used].filter((name) => !families.has(name))).toEqual([]);
  const shown = [...used].map((name) => name.replace(/_(?:bucket|sum|count)$/, ""));
  const own = [...text.matchAll(/^# TYPE (wampact_\S+)/gm)].map(([, name]) => name as string);
  expect(
    own.filter((name) => !shown.includes(name) && !["wampact_listeners", "wampact_draining"].includes(name)),
  ).toEqual([]);
});

test.for([
  [{ procedures: "com.example" }, "procedures: expected a list of registered URIs and patterns"],
  [{ maxProcedures: -1 }, "maxProcedures: expected a non-negative integer"],
  [{ prefix: "x" }, "prefix: unknown option"],
] as const)("%o is refused: %s", ([options, words]) => {
  expect(() => createMetrics(options as never)).toThrow(words);
});

test("the metrics of several processes are one scrape: each metric once, its samples told apart by a label", async (t) => {
  const [one, other] = [await start(t), await start(t)];
  await connectPeer(t, { url: one.url });
  const texts = await Promise.all([one, other].map(async ({ scrape }) => (await scrape()).text));
  const merged = mergedMetrics("worker", [
    { label: "1", text: texts[0] ?? "" },
    { label: "2", text: texts[1] ?? "" },
  ]);
  const names = [...merged.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
  const samples = parse(merged.replaceAll(" histogram\n", " untyped\n")).find(
    ({ name }) => name === "wampact_sessions",
  );
  expect(samples?.metrics.map(({ labels, value }) => [labels?.worker, value])).toEqual([["1", "1"]]);
  expect(merged).toMatch(/^wampact_connections\{worker="1"\} 1\nwampact_connections\{worker="2"\} 0$/m);
  expect(merged.split("\n").filter((line) => line !== "" && !/^#|worker="[12]"/.test(line))).toEqual([]);
});
