/** `POST /call` and `POST /publish`: what goes in, what comes out, and with which status. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { procedure } from "wampact";
import { type Invocation, result, WampError } from "wampact/peer";
import * as z from "zod";
import { ask, listen, post, rawSocket, startBridge } from "../support/http.js";
import { createGate, Inbox, join } from "../support/peers.js";
import { REALM } from "../support/raw.js";

test("a call goes to the callee with its arguments, and comes back with the result", async (t) => {
  const { base, peer } = await startBridge(t);
  await peer.register("com.example.echo", ({ args, kwargs }: Invocation) => result(args, kwargs));
  const body = { args: [1, "two", [null, true]], kwargs: { a: { b: 1.5 } } };
  const answer = await post(`${base}/call/com.example.echo`, body);
  expect(answer).toMatchObject({ status: 200, body });
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(await post(`${base}/call/com.example.echo`, [1, 2])).toMatchObject({ body: { args: [1, 2], kwargs: {} } });
  expect(await post(`${base}/call/com.example.echo`, "")).toMatchObject({ body: { args: [], kwargs: {} } });
  const { text } = await raw(`${base}/call/com.example.echo`, '{"args":[18446744073709551615,"\\u0000AQI=",-0.0]}');
  expect(text).toBe('{"args":[18446744073709551615,"\\u0000AQI=",-0.0],"kwargs":{}}\n');
});

async function raw(url: string, body: string) {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return { text: await response.text() };
}

test("a member called __proto__ is data like any other", async (t) => {
  const { base, peer } = await startBridge(t);
  const seen = new Inbox<Readonly<Record<string, unknown>>>();
  await peer.register("com.example.keep", ({ kwargs }) => seen.push(kwargs));
  await post(`${base}/call/com.example.keep`, '{"kwargs":{"__proto__":{"admin":true},"constructor":1}}');
  const kwargs = await seen.next();
  expect(Object.keys(kwargs)).toEqual(["__proto__", "constructor"]);
  expect(kwargs.admin).toBeUndefined();
  expect(await post(`${base}/call/com.example.keep`, '{"__proto__":{"args":[1]}}')).toMatchObject({ status: 400 });
  expect(await post(`${base}/call/com.example.keep`, '{"options":{"__proto__":{"timeout":1}}}')).toMatchObject({
    status: 400,
  });
  expect(await post(`http://127.0.0.1:${new URL(base).port}/api/__proto__/call/x`)).toMatchObject({ status: 404 });
  expect(await post(`${base}/constructor/x`)).toMatchObject({ status: 404 });
});

const ERRORS: readonly (readonly [string, number])[] = [
  ["wamp.error.invalid_argument", 400],
  ["wamp.error.not_authorized", 403],
  ["wamp.error.no_such_procedure", 404],
  ["wamp.error.payload_size_exceeded", 413],
  ["wampact.error.limit_exceeded", 429],
  ["wamp.error.timeout", 504],
  ["wamp.error.network_failure", 503],
  ["com.example.error.broken", 500],
  ["constructor", 500],
];

test("errors have the status of their URI, and all that the callee has said", async (t) => {
  const { base, peer } = await startBridge(t);
  await peer.register("com.example.fail", ({ args: [uri] }) => {
    throw new WampError(String(uri), { args: ["why"], kwargs: { more: 1 } });
  });
  for (const [uri, status] of ERRORS) {
    const answer = await post(`${base}/call/com.example.fail`, [uri]);
    expect(answer, uri).toMatchObject({ status, body: { error: uri, args: ["why"], kwargs: { more: 1 } } });
  }
});

test("procedures and realms that are not there are 404, and URIs that cannot be 400", async (t) => {
  const { base, port } = await startBridge(t);
  expect(await post(`${base}/call/com.example.none`)).toMatchObject({
    status: 404,
    body: { error: "wamp.error.no_such_procedure" },
  });
  expect(await post(`${base}/call/com..none`)).toMatchObject({
    status: 400,
    body: { error: "wamp.error.invalid_uri" },
  });
  expect(await post(`${base}/call/`)).toMatchObject({ status: 400 });
  const other = `http://127.0.0.1:${port}/api/com.other/call/com.example.none`;
  expect(await post(other)).toMatchObject({ status: 404, body: { error: "wamp.error.no_such_realm" } });
});

test("realms that are not listed are not served", async (t) => {
  const { base } = await startBridge(t, { bridge: { realms: ["com.other"], path: "/bridge" } });
  expect(await post(`${base.replace("/api", "/bridge")}/call/wamp.session.count`)).toMatchObject({ status: 404 });
  expect(await post(`${base}/call/wamp.session.count`)).toMatchObject({ status: 426 });
});

test("URIs are percent-decoded, each as one segment", async (t) => {
  const { base, peer } = await startBridge(t);
  await peer.register("com.example.a/b?ü", () => "found");
  expect(await post(`${base}/call/${encodeURIComponent("com.example.a/b?ü")}`)).toMatchObject({
    body: { args: ["found"] },
  });
});

const WRONG_BODIES: readonly (readonly [string, string])[] = [
  ["no JSON", "{"],
  ["two values", "{},{}"],
  ["a list that is closed before", "1],[2"],
  ["a number", "1"],
  ["null", "null"],
  ["an unknown key", '{"a":1}'],
  ["args of another type", '{"args":{}}'],
  ["kwargs of another type", '{"kwargs":[]}'],
  ["an unknown option", '{"options":{"acknowledge":true}}'],
  ["an option of another type", '{"options":{"timeout":"1"}}'],
  ["an integer beyond 64 bits", "[123456789012345678901234567890]"],
  ["half a surrogate pair", '["\\ud800"]'],
  ["half a surrogate pair in a key", '{"kwargs":{"a":{"\\udfff":1}}}'],
  ["half a surrogate pair in an option", '{"options":{"rkey":"\\ud800"}}'],
  ["one level too many", `{"args":${"[".repeat(129)}${"]".repeat(129)}}`],
  ["too deep", `{"args":${"[".repeat(200)}${"]".repeat(200)}}`],
];

test.for(WRONG_BODIES)("a body with %s is refused with 400 and words", async ([, body], t) => {
  const faults: unknown[] = [];
  const { base, peer } = await startBridge(t, { router: { onError: (error) => void faults.push(error) } });
  let calls = 0;
  await peer.register("com.example.count", () => ++calls);
  expect(await post(`${base}/call/com.example.count`, body)).toMatchObject({
    status: 400,
    body: { error: "wamp.error.invalid_argument", args: [expect.any(String)] },
  });
  expect([calls, faults]).toEqual([0, []]);
});

test("UTF-8 that is none is refused", async (t) => {
  const { base } = await startBridge(t);
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.from('["\xff"]', "latin1"),
  };
  expect(await ask(`${base}/call/com.example.x`, init)).toMatchObject({ status: 400 });
});

test("a body that is compressed is refused with 415", async (t) => {
  const { base } = await startBridge(t);
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": "gzip" },
    body: gzipSync("[1]"),
  };
  expect(await ask(`${base}/call/com.example.x`, init)).toMatchObject({
    status: 415,
    body: { args: [expect.stringContaining("Content-Encoding")] },
  });
});

test("what the router does not have is 404, for procedures of the meta API, too", async (t) => {
  const { base } = await startBridge(t);
  for (const [uri, error] of [
    ["wamp.session.get", "session"],
    ["wamp.subscription.get", "subscription"],
    ["wamp.registration.get", "registration"],
  ])
    expect(await post(`${base}/call/${uri}`, [1])).toMatchObject({
      status: 404,
      body: { error: `wamp.error.no_such_${error}` },
    });
});

test("a body above the listener's limit is refused with 413, announced or not", async (t) => {
  const { base } = await startBridge(t, { listen: { maxMessageBytes: 1_000 } });
  const large = JSON.stringify(["x".repeat(2_000)]);
  expect(await post(`${base}/call/com.example.x`, large)).toMatchObject({
    status: 413,
    body: { error: "wamp.error.payload_size_exceeded" },
  });
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(large));
      controller.close();
    },
  });
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: stream,
    duplex: "half",
  } as RequestInit;
  expect(await ask(`${base}/call/com.example.x`, init)).toMatchObject({ status: 413 });
});

test("contracts that the realm enforces hold for HTTP clients", async (t) => {
  const contract = {
    square: procedure("com.example.square", { input: z.object({ n: z.number() }), output: z.number() }),
  };
  const { base, peer } = await startBridge(t, { realm: { enforce: [contract] } });
  await peer.register("com.example.square", ({ kwargs: { n } }) => (n as number) ** 2);
  expect(await post(`${base}/call/com.example.square`, { kwargs: { n: 3 } })).toMatchObject({
    status: 200,
    body: { args: [9] },
  });
  expect(await post(`${base}/call/com.example.square`, { kwargs: { n: "3" } })).toMatchObject({
    status: 400,
    body: { error: "wamp.error.invalid_argument" },
  });
});

test("roles hold for HTTP clients, and limits", async (t) => {
  const { base, peer } = await startBridge(t, {
    realm: {
      roles: { anonymous: { permissions: [{ uri: "com.example.open", allow: ["call"] }] } },
      limits: { session: { maxPendingCalls: 0 } },
    },
  });
  expect(await post(`${base}/call/com.example.secret`)).toMatchObject({
    status: 403,
    body: { error: "wamp.error.not_authorized" },
  });
  await peer.register("com.example.open", () => 1);
  expect(await post(`${base}/call/com.example.open`)).toMatchObject({ status: 429 });
  expect(await post(`${base}/publish/com.example.topic`)).toMatchObject({ status: 403 });
});

test("a result that JSON has nothing for is an error, and no fault of the router", async (t) => {
  const faults: unknown[] = [];
  const { base, peer } = await startBridge(t, { router: { onError: (error) => void faults.push(error) } });
  await peer.register("com.example.nan", () => Number.NaN);
  expect(await post(`${base}/call/com.example.nan`)).toMatchObject({
    status: 400,
    body: { error: "wamp.error.invalid_argument", args: [expect.stringContaining("NaN")] },
  });
  expect(faults).toEqual([]);
});

test("calls without credentials do not wait for the turn that handshakes have", async (t) => {
  const { base, router } = await startBridge(t, { router: { maxHandshakesPerSecond: 0.001 } });
  for (let at = 0; at < 20; at++) expect(await post(`${base}/call/wamp.session.count`)).toMatchObject({ status: 200 });
  expect(router.status().waitingHandshakes).toBe(0);
});

test("a call that takes too long is 504, by its own limit and by that of the bridge", async (t) => {
  const { base, peer } = await startBridge(t, { bridge: { callTimeoutMs: 50 } });
  const aborted = new Inbox<boolean>();
  await peer.register(
    "com.example.slow",
    ({ signal }) => new Promise(() => signal.addEventListener("abort", () => aborted.push(true))),
  );
  expect(await post(`${base}/call/com.example.slow`)).toMatchObject({
    status: 504,
    body: { error: "wamp.error.timeout" },
  });
  expect(await post(`${base}/call/com.example.slow`, { options: { timeout: 5 } })).toMatchObject({ status: 504 });
  await aborted.next();
});

test("a client that goes away cancels its call", async (t) => {
  const { base, peer, port } = await startBridge(t);
  const [called, cancelled] = [createGate(), createGate<unknown>()];
  await peer.register("com.example.slow", ({ signal }) => {
    signal.addEventListener("abort", () => cancelled.open((signal.reason as WampError).uri));
    called.open();
    return new Promise(() => {});
  });
  const { socket } = await rawSocket(t, port);
  socket.write(
    `POST ${new URL(base).pathname}/call/com.example.slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  await called.promise;
  socket.destroy();
  expect(await cancelled.promise).toBe("wamp.error.canceled");
});

test("progress is a stream of events where the client asks for one", async (t) => {
  const { base, peer } = await startBridge(t);
  await peer.register("com.example.count", ({ args: [to], progress }) => {
    for (let at = 1; at < (to as number); at++) progress([at], { at });
    if (to === 3) throw new WampError("com.example.error.three", { args: ["no"] });
    return to;
  });
  const request = (to: number) => ({
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify([to]),
  });
  const four = await listen(t, `${base}/call/com.example.count`, request(4));
  expect(four.response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  for (const at of [1, 2, 3])
    expect(await four.events.next()).toEqual({ event: "progress", data: { args: [at], kwargs: { at } } });
  expect(await four.events.next()).toEqual({ event: "result", data: { args: [4], kwargs: {} } });
  await four.ended;
  const three = await listen(t, `${base}/call/com.example.count`, request(3));
  await three.events.next();
  await three.events.next();
  expect(await three.events.next()).toEqual({
    event: "error",
    data: { error: "com.example.error.three", args: ["no"], kwargs: {} },
  });
  expect(await post(`${base}/call/com.example.none`, {}, { accept: "text/event-stream" })).toMatchObject({
    status: 404,
  });
});

test("a publication is answered when the broker has it, with its ID", async (t) => {
  const { base, peer } = await startBridge(t);
  const events = new Inbox<unknown>();
  await peer.subscribe("com.example.topic", ({ args, kwargs, publication }) =>
    events.push({ args, kwargs, publication }),
  );
  const answer = await post(`${base}/publish/com.example.topic`, { args: [1], kwargs: { a: 2 } });
  expect(answer).toMatchObject({ status: 200, body: { publication: expect.any(Number) } });
  expect(await events.next()).toEqual({ args: [1], kwargs: { a: 2 }, ...(answer.body as object) });
  const excluded = { args: [2], options: { exclude_authrole: ["trusted"] } };
  expect(await post(`${base}/publish/com.example.topic`, excluded)).toMatchObject({ status: 200 });
  await post(`${base}/publish/com.example.topic`, [3]);
  expect(await events.next()).toMatchObject({ args: [3] });
});

test("each request without credentials is a session of its own, which ends with it", async (t) => {
  const { base, router } = await startBridge(t);
  const callers = new Inbox<unknown>();
  const callee = await join(t, router);
  await callee.register("com.example.who", ({ caller }) => callers.push(caller?.session), { discloseCaller: true });
  await post(`${base}/call/com.example.who`);
  await post(`${base}/call/com.example.who`);
  expect(await callers.next()).not.toBe(await callers.next());
  await expect.poll(() => router.sessions(REALM).length).toBe(2);
});
