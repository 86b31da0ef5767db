import { expect, test } from "vitest";
import { createClient, procedure, serve, topic, uriOf } from "wampact";
import * as z from "zod";
import { failureOf, Inbox } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

/** A whole number in a URI, which holds text. */
const Whole = z.codec(z.string().regex(/^\d+$/), z.number(), { decode: Number, encode: String });

const contract = {
  say: procedure("com.example.rooms.{room}.say", { input: z.string(), output: z.string() }),
  page: procedure("com.example.{shelf}.pages.{page}", { params: { page: Whole }, output: z.unknown() }),
  files: procedure("com.example.files.{...path}", { output: z.unknown() }),
  owned: procedure("com.example.{owner}.files.{...path}", { output: z.unknown() }),
  orderStatus: topic("com.example.orders.{order}.status.{line}", { params: { line: Whole }, event: z.string() }),
  logs: topic("com.example.logs.{...where}", { event: z.string() }),
};

test("parameters fill the URI of a call, and come back typed at the callee", async (t) => {
  const { service, consumer } = await startTyped(t);
  await serve(
    service,
    contract,
    {
      say: (text, { params, procedure }) => `${params.room}: ${text} (${procedure})`,
      page: ({ params }) => params,
    },
    { pick: ["say", "page"] },
  );
  const client = createClient(consumer, contract);
  expect(await client.say({ room: "kitchen" }, "hi")).toBe("kitchen: hi (com.example.rooms.kitchen.say)");
  expect(await client.page({ shelf: "top", page: 12 })).toEqual({ shelf: "top", page: 12 });
});

test("an open {...rest} is served as a prefix that keeps its dot, and holds the remainder", async (t) => {
  const { service, consumer, raw } = await startTyped(t);
  await serve(service, contract, { files: ({ params }) => params.path }, { pick: ["files"] });
  const client = createClient(consumer, contract);
  expect(await client.files({ path: "a.b.c" })).toBe("a.b.c");
  expect(await client.files({ path: "a" })).toBe("a");
  raw.call("com.example.filesystem");
  expect((await raw.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
});

test("params of serve fix what would be open: all of them an exact registration, some a pattern", async (t) => {
  const { service, consumer } = await startTyped(t);
  await serve(
    service,
    contract,
    {
      say: (text, { params }) => `${params.room}: ${text}`,
      page: ({ params, procedure }) => ({ ...params, procedure }),
      owned: ({ params }) => params,
    },
    {
      pick: ["say", "page", "owned"],
      params: { say: { room: "kitchen" }, page: { page: 3 }, owned: { owner: "ada" } },
    },
  );
  const client = createClient(consumer, contract);
  expect(await client.say({ room: "kitchen" }, "hi")).toBe("kitchen: hi");
  expect(await failureOf(client.say({ room: "hall" }, "hi"))).toMatchObject({ uri: "wamp.error.no_such_procedure" });
  expect(await client.page({ shelf: "top", page: 3 })).toEqual({
    shelf: "top",
    page: 3,
    procedure: "com.example.top.pages.3",
  });
  expect(await client.page({ shelf: "top", page: 4 }).safe()).toMatchObject({
    ok: false,
    error: { code: "noSuchProcedure" },
  });
  expect(await client.owned({ owner: "ada", path: "x.y" })).toEqual({ owner: "ada", path: "x.y" });
});

test("a parameter before an open {...rest} must be given, and serve says so", async (t) => {
  const { service } = await startTyped(t);
  expect(await failureOf(serve(service, contract, { owned: () => 1 }, { pick: ["owned"] }))).toMatchObject({
    uri: "wamp.error.invalid_argument",
    args: [expect.stringContaining("{owner} needs a value because {...path} is open")],
  });
});

test("a called URI whose parameters do not fit their schemas is answered invalid_argument", async (t) => {
  const { service, raw } = await startTyped(t);
  await serve(service, contract, { page: () => expect.unreachable() }, { pick: ["page"] });
  raw.call("com.example.top.pages.twelve");
  expect(await raw.receive("ERROR")).toMatchObject({
    error: "wamp.error.invalid_argument",
    kwargs: { issues: [{ path: [], code: "custom", message: "do not match their schemas" }] },
  });
});

test.for<[string, string]>([
  ["an empty string", ""],
  ["a dot", "a.b"],
  ["a blank", "a b"],
  ["a #", "a#b"],
])("a parameter that holds %s fails the call as invalidInput before anything is sent", async ([, room], t) => {
  const { consumer } = await startTyped(t);
  const outcome = await createClient(consumer, contract).say({ room }, "hi").safe();
  expect(outcome).toMatchObject({ ok: false, error: { code: "invalidInput", issues: [{ code: "custom" }] } });
});

test("a parameter that its schema refuses fails the call and names the parameter", async (t) => {
  const { consumer } = await startTyped(t);
  expect(await failureOf(createClient(consumer, contract).page({ shelf: "top", page: -1 }))).toMatchObject({
    uri: "wamp.error.invalid_argument",
    args: [expect.stringMatching(/^com\.example\.\{shelf\}\.pages\.\{page\} params\.page: expected /)],
  });
});

test("a missing parameter fails the call and names it", async (t) => {
  const { consumer } = await startTyped(t);
  const client = createClient(consumer, contract);
  expect(await failureOf(client.say({} as never, "hi"))).toMatchObject({
    args: ['com.example.rooms.{room}.say params: the parameter "room" is missing'],
  });
  expect(await failureOf(client.say(undefined as never, "hi"))).toMatchObject({ uri: "wamp.error.invalid_argument" });
});

test("subscribers fix some parameters and leave others open, and are told all of them typed", async (t) => {
  const { consumer, service } = await startTyped(t);
  const [every, one] = [new Inbox<unknown>(), new Inbox<unknown>()];
  const { orderStatus } = createClient(consumer, contract);
  await orderStatus.subscribe({}, ({ params, topic }) => every.push({ params, topic }));
  await orderStatus.subscribe({ order: "o1", line: 2 }, ({ params, topic }) => one.push({ params, topic }));
  const publisher = createClient(service, contract).orderStatus;
  await publisher.publish({ order: "o1", line: 1 }, "done");
  await publisher.publish({ order: "o1", line: 2 }, "done");
  expect(await every.next()).toEqual({ params: { order: "o1", line: 1 }, topic: "com.example.orders.o1.status.1" });
  const second = { params: { order: "o1", line: 2 }, topic: "com.example.orders.o1.status.2" };
  expect([await every.next(), await one.next()]).toEqual([second, second]);
});

test("an open {...rest} of a topic hears everything below it and nothing beside it", async (t) => {
  const { consumer, raw } = await startTyped(t);
  const events = new Inbox<unknown>();
  await createClient(consumer, contract).logs.subscribe({}, ({ params }) => events.push(params.where));
  await raw.publish("com.example.logs2.a", {}, ["not this"]);
  await raw.publish("com.example.logs.a.b", {}, ["this"]);
  expect(await events.next()).toBe("a.b");
});

test("an event whose topic's parameters do not fit goes to onInvalid", async (t) => {
  const { consumer, raw } = await startTyped(t);
  const invalid = new Inbox<unknown>();
  const client = createClient(consumer, contract, {
    onInvalid: (issues, event) => invalid.push([issues, event.topic]),
  });
  await client.orderStatus.subscribe({}, () => expect.unreachable());
  await raw.publish("com.example.orders.o1.status.first", {}, ["done"]);
  expect(await invalid.next()).toEqual([
    [{ path: ["params"], code: "custom", message: "the topic's parameters do not match their schemas" }],
    "com.example.orders.o1.status.first",
  ]);
});

test("uriOf gives the concrete URI, and a TypeError for parameters that do not fit", () => {
  expect(uriOf(contract.page, { shelf: "top", page: 12 })).toBe("com.example.top.pages.12");
  expect(() => uriOf(contract.page, { shelf: "top" })).toThrow(TypeError);
});
