/** Logs: what is written of a router's events, how much of it, and to whom. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { expect, type TestContext, test } from "vitest";
import { createLog, type LogOptions, type LogRecord } from "wampact/operations";
import { connect } from "wampact/peer";
import { anonymous, createRouter, hashTicket, type RouterConfig, ticket } from "wampact/router";
import { createFakeClock } from "../../src/testing/clock.js";
import { FrameClient, SERIALIZERS } from "../support/frames.js";
import { connectPeer, failureOf, Inbox } from "../support/peers.js";
import { CLIENT_DETAILS, REALM, startRouter } from "../support/raw.js";

const [JSON_SERIALIZER] = SERIALIZERS as [(typeof SERIALIZERS)[0]];

/** A destination that keeps what is written. */
function memory() {
  const texts: string[] = [];
  return { write: (text: string) => void texts.push(text), lines: () => texts.join("").split("\n").slice(0, -1) };
}

/** A listening router with a log whose records are awaited one by one. */
async function logged(t: TestContext, config: Partial<RouterConfig> = {}, options: LogOptions = {}) {
  const records = new Inbox<LogRecord>();
  const log = await createLog({ onLog: records.push, ...options });
  const router = createRouter({ realms: [{ name: REALM }], observer: log.observer, onError: log.onError, ...config });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  return { log, router, url, records };
}

test("one line tells of the life of a connection: from where, who, how long, why it ended, how much", async (t) => {
  const clock = createFakeClock();
  const { url, records } = await logged(t, { clock }, { clock });
  expect(await records.next()).toMatchObject({ level: "info", message: `listening on ${url}` });
  const peer = await connect({ url, realm: REALM });
  await peer.publish("com.example.topic", [], {}, { acknowledge: true });
  const { authid, id } = peer.session as { authid: string; id: number };
  await clock.advance(90_000);
  await peer.close();
  const { message, fields, level, code } = await records.next();
  expect(message).toMatch(
    new RegExp(
      `^session ${id} of "${authid}" \\(role "anonymous"\\) in ${REALM} from 127\\.0\\.0\\.1 ended after 1 min 30 s by its client: wamp\\.close\\.\\w+; received 3 messages \\([\\d.]+ kB\\), sent 2 messages \\([\\d.]+ kB\\)$`,
    ),
  );
  expect({ level, code }).toEqual({ level: "info", code: undefined });
  expect(fields).toMatchObject({
    event: "left",
    realm: REALM,
    session: id,
    authid,
    durationMs: 90_000,
    address: "127.0.0.1",
  });
  expect(records.values).toEqual([]);
});

test("the level can be changed while the router runs", async (t) => {
  const { log, url, records } = await logged(t);
  await records.next();
  log.level = "debug";
  const peer = await connectPeer(t, { url });
  expect(await records.next()).toMatchObject({
    level: "debug",
    fields: { event: "joined", session: peer.session?.id },
  });
  log.level = "silent";
  log.error("E_FAULT", "nobody hears this");
  log.level = "error";
  log.warn("W_TEST", "nor this");
  log.error("E_FAULT", "but this");
  expect(await records.next()).toMatchObject({ level: "error", message: "but this" });
  expect(() => {
    log.level = "loud" as never;
  }).toThrow('level: expected "debug" or "info" or "warn" or "error" or "silent", got "loud"');
});

test("what is refused again and again is written five times, and then counted for ten seconds", async (t) => {
  const clock = createFakeClock();
  const records: LogRecord[] = [];
  const log = await createLog({ clock, onLog: (record) => records.push(record) });
  const router = startRouter(t, { realms: [{ name: REALM, roles: { anonymous: {} } }], observer: log.observer });
  const client = await router.join();
  for (let count = 0; count < 317; count++)
    client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: `com.example.topic${count}` });
  await client.settle();
  expect(records).toHaveLength(5);
  expect(records[0]).toMatchObject({
    level: "warn",
    code: "W_DENIED",
    message: expect.stringMatching(
      /^PUBLISH of session \d+ of ".+" .* was denied: .*is not allowed to publish "com\.example\.topic0"/,
    ),
  });
  await clock.advance(10_000);
  expect(records.slice(5)).toEqual([
    {
      atMs: 10_000,
      level: "warn",
      code: "W_DENIED",
      message: `… and 312 more in 10 s (${REALM})`,
      fields: { count: 312, seconds: 10 },
    },
  ]);
  client.send({ type: "PUBLISH", request: client.next(), options: {}, topic: "com.example.later" });
  await client.settle();
  expect(records).toHaveLength(7);
  await log.close();
  expect(records).toHaveLength(7); // nothing was held
});

test("close tells what was counted and not told yet", async () => {
  const records: LogRecord[] = [];
  const log = await createLog({ onLog: (record) => records.push(record) });
  const why = "no";
  for (let count = 0; count < 8; count++)
    log.observer({ type: "refused", info: { kind: "websocket", remoteAddress: "192.0.2.1" }, reason: "http_404", why });
  await log.close();
  expect(records.map(({ message }) => message)).toEqual([
    ...Array(5).fill("a connection from 192.0.2.1 was refused: no"),
    "… and 3 more in 10 s",
  ]);
});

test("a login that is refused is told with the names that the client has claimed, in quotes", async () => {
  const records: LogRecord[] = [];
  const log = await createLog({ onLog: (record) => records.push(record) });
  const event = { type: "refused", info: { kind: "websocket", remoteAddress: "192.0.2.1" }, reason: "a.b" } as const;
  log.observer({ ...event, why: "no", claim: { realm: "com.app", authid: 'ada"\u001b\n' } });
  log.observer({ ...event, why: "no", claim: { realm: "com.app" } });
  expect(records.map(({ message }) => message)).toEqual([
    'a connection from 192.0.2.1 was refused ("ada\\"\\u{1b}\\u{a}" at realm "com.app"): no',
    'a connection from 192.0.2.1 was refused (at realm "com.app"): no',
  ]);
  expect(records[0]?.fields).toMatchObject({ realm: "com.app", authid: 'ada"\\u{1b}\\u{a}' });
});

/** Characters that a terminal would interpret or hide. */
const EVIL = "a\u001b]0;title\u0007\u001b[31m\r\nERROR\u009b2J\u202eb\u200b\u2028c";

test("what clients have chosen is quoted and cut, and no terminal acts on it", async (t) => {
  const text = memory();
  const json = memory();
  const logs = [
    await createLog({ destination: text, format: "text" }),
    await createLog({ destination: json, format: "json" }),
  ];
  const authid = `${EVIL}"x${"y".repeat(10_000)}`;
  const auth = [anonymous()];
  const router = startRouter(t, {
    realms: [{ name: REALM, auth, policies: [{ join: () => ({ authid }) }], roles: { anonymous: {} } }],
    observer: logs.map((log) => log.observer),
  });
  const client = await router.join();
  client.send({ type: "CALL", request: client.next(), options: {}, procedure: `com.${EVIL}` });
  await client.receive("ERROR");
  const stranger = router.open();
  stranger.send({ type: "HELLO", realm: EVIL, details: CLIENT_DETAILS });
  await stranger.receive("ABORT");
  client.send({ type: "ABORT", details: { message: EVIL }, reason: EVIL });
  for (const log of logs) log.warn("W_TEST", `\ud800${EVIL}`, { text: `\ud800${EVIL}` });
  await Promise.all(logs.map((log) => log.close()));
  expect(text.lines()).toHaveLength(4); // denied, refused, left, warned
  for (const line of [...text.lines(), ...json.lines()]) {
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(line.length).toBeLessThan(3_000);
  }
  expect(text.lines()[0]).toContain('of "a\\u{1b}]0;title\\u{7}');
  for (const line of json.lines()) {
    for (const value of Object.values(JSON.parse(line)))
      expect(String(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  }
});

test("no log holds a payload, a header or a secret", async (t) => {
  const [SECRET, PAYLOAD] = ["hunter2-is-the-secret", "payload-of-the-application"];
  const destination = memory();
  const log = await createLog({ destination, format: "json", level: "debug" });
  const principals = { ada: { ticket: await hashTicket("another-secret-of-ada"), role: "user" } };
  const router = createRouter({
    realms: [{ name: REALM, auth: [ticket({ principals }), anonymous()], enforce: [] }],
    observer: log.observer,
    onError: log.onError,
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const secretUrl = `${url}?token=${SECRET}`;
  const client = await FrameClient.open(t, secretUrl, JSON_SERIALIZER);
  client.sendList([1, REALM, { ...CLIENT_DETAILS, authid: "ada", authmethods: ["ticket"] }]);
  await client.receive("CHALLENGE");
  client.sendList([5, SECRET, {}]);
  await client.end();
  const other = await FrameClient.join(t, url, JSON_SERIALIZER);
  other.sendList([48, 1, {}, "com.example.nothing", [PAYLOAD], { key: PAYLOAD }]);
  await other.receive("ERROR");
  other.sendList([16, 2, { acknowledge: "yes" }, "com.example.topic", [PAYLOAD]]);
  await other.end();
  await router.close({ drainMs: 0 });
  await log.close();
  const all = destination.lines().join("\n");
  expect(all).toContain("W_REFUSED");
  expect(all).toContain("W_VIOLATION");
  for (const hidden of [SECRET, PAYLOAD, "another-secret"]) expect(all).not.toContain(hidden);
});

test("a fault is told with its stack and the ID that whoever asked has been told", async (t) => {
  const { url, records } = await logged(t, {
    realms: [
      {
        name: REALM,
        policies: [
          {
            call() {
              throw new TypeError("broken policy", { cause: new Error("the cause") });
            },
          },
        ],
      },
    ],
  });
  await records.next();
  const peer = await connectPeer(t, { url });
  const failure = (await failureOf(peer.call("com.example.procedure"))) as { kwargs: { correlation_id: string } };
  const { code, level, message, fields } = await records.next();
  expect({ code, level, message }).toEqual({
    code: "E_FAULT",
    level: "error",
    message: "internal error: TypeError: broken policy",
  });
  expect(fields.correlationId).toBe(failure.kwargs.correlation_id);
  expect(fields.stack).toMatch(/^TypeError: broken policy\n {4}at [\s\S]*\ncaused by: Error: the cause\n/);
});

test("the text format has time, level, code and message, and a stack below them", async () => {
  const destination = memory();
  const log = await createLog({
    destination,
    format: "text",
    clock: createFakeClock({ now: Date.UTC(2026, 10, 26, 7) }),
  });
  log.info("up", { port: 8080 });
  log.warn("W_TEST", "look at this");
  log.onError(new Error("broken"));
  await log.close();
  const [first, second, third, ...stack] = destination.lines();
  expect([first, second, third]).toEqual([
    "2026-11-26T07:00:00.000Z info  up",
    "2026-11-26T07:00:00.000Z warn  W_TEST look at this",
    "2026-11-26T07:00:00.000Z error E_FAULT internal error: Error: broken",
  ]);
  expect(stack[0]).toBe("  Error: broken");
  expect(stack[1]).toMatch(/^ {6}at /);
});

test("the default is text on a terminal, and one JSON object a line elsewhere, as pino writes it", async () => {
  const [terminal, pipe, own] = [{ ...memory(), isTTY: true }, memory(), memory()];
  for (const destination of [terminal, pipe]) {
    const log = await createLog({ destination });
    log.warn("W_TEST", "look", { port: 1 });
    await log.close();
  }
  pino({}, own).warn({ code: "W_TEST", port: 1 }, "look");
  expect(terminal.lines()[0]).toContain(" warn  W_TEST look");
  const [ours, theirs] = [pipe, own].map(({ lines }) => JSON.parse(lines()[0] as string));
  expect(ours).toEqual({ ...theirs, time: expect.any(Number) });
});

test("pino writes what it is given, and follows the level", async () => {
  const destination = memory();
  const log = await createLog({ format: "pino", pino: { base: { service: "router" } }, destination });
  log.debug("not told");
  log.level = "debug";
  log.debug("told");
  log.warn("W_TEST", "look", { port: 1 });
  await log.close();
  expect(destination.lines().map((line) => JSON.parse(line))).toMatchObject([
    { level: 20, service: "router", msg: "told" },
    { level: 40, service: "router", code: "W_TEST", port: 1, msg: "look" },
  ]);
});

test("a logger of the application is given everything, its level included", async () => {
  const destination = memory();
  const logger = pino({ base: null }, destination);
  const log = await createLog({ logger, level: "warn" });
  log.info("not told");
  log.error("E_FAULT", "told");
  await log.close();
  expect(logger.level).toBe("warn");
  expect(destination.lines().map((line) => JSON.parse(line))).toMatchObject([
    { level: 50, code: "E_FAULT", msg: "told" },
  ]);
});

test("a destination that is too slow or fails costs lines, which are counted, and nothing else", async () => {
  const texts: string[] = [];
  const slow = { writableLength: 0, write: (text: string) => void texts.push(text) };
  const log = await createLog({ destination: slow, format: "text" });
  slow.writableLength = 1024 * 1024;
  for (let count = 0; count < 3; count++) log.info("lost");
  slow.writableLength = 0;
  log.info("told");
  await log.close();
  expect(texts.join("")).toMatch(
    /^\S+ warn {2}W_LOG_LOST 3 lines of this log were lost because .*\n\S+ info {2}told\n$/,
  );

  let broken = true;
  const failing = await createLog({
    format: "text",
    destination: {
      write(text) {
        if (broken) throw new Error("EPIPE");
        texts.push(text);
      },
    },
  });
  failing.info("lost");
  await failing.close();
  broken = false;
  failing.info("told");
  await failing.close();
  expect(texts.at(-1)).toMatch(/W_LOG_LOST 1 lines/);
});

test("what onLog throws harms neither the router nor the log", async (t) => {
  const printed: unknown[] = [];
  const { error } = console;
  console.error = (...words) => void printed.push(words);
  t.onTestFinished(() => {
    console.error = error;
  });
  const { url } = await logged(
    t,
    {},
    {
      onLog() {
        throw new Error("broken log");
      },
    },
  );
  const peer = await connectPeer(t, { url });
  await peer.call("wamp.session.count");
  expect(printed).toHaveLength(1);
});

test.for([
  [{ level: "loud" }, 'level: expected "debug" or'],
  [{ colour: true }, "colour: unknown option"],
  [{ onLog: () => {}, destination: process.stderr }, "onLog and destination: set only one of them"],
  [{ onLog: () => {}, format: "json" }, "format: onLog determines the format"],
  [{ logger: {} }, "logger: expected a logger such as an instance of pino"],
  [{ pino: {} }, 'pino: applies only to the format "pino"'],
] as const)("%o is refused: %s", async ([options, words]) => {
  expect(String(await failureOf(createLog(options as never)))).toContain(words);
});

test("docs/ explains each code of the sources once, and no other", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const guides = ["observability.md", "configuration.md"].map((file) => readFileSync(join(root, "docs", file), "utf8"));
  const explained = [...guides.join("\n").matchAll(/^\| `([WE]_[A-Z_]+)` \|/gm)].map(([, code]) => code);
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(root, "src", file), "utf8"));
  const used = sources.flatMap((source) => [...source.matchAll(/\b([WE]_[A-Z_]+)\b/g)].map(([, code]) => code));
  expect(explained.sort()).toEqual([...new Set(used)].sort());
});

test("fields of the log are in every entry, and a worker is named in text", async () => {
  for (const [format, line] of [
    ["json", expect.stringContaining('"worker":2,"msg":"it runs"')],
    ["text", expect.stringMatching(/ info {2}worker 2: it runs$/)],
  ] as const) {
    const destination = memory();
    const log = await createLog({ format, destination, fields: { worker: 2 } });
    log.info("it runs");
    await log.close();
    expect(destination.lines()).toEqual([line]);
  }
});
