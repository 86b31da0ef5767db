/** Schemas that answer later, where a value must be there at once: such as show at run time only are told with the member and the part. */
import { expect, test } from "vitest";
import { createClient, error, procedure, serve, topic } from "wampact";
import * as z from "zod";
import { failureOf, Inbox } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

/** No `async` function, and yet a promise. */
const Later = z.string().refine(() => Promise.resolve(true));

const contract = {
  byParam: procedure("com.example.{x}.by_param", { params: { x: Later }, output: z.string() }),
  progressing: procedure("com.example.progressing", { progress: Later, output: z.string() }),
  failing: procedure("com.example.failing", { errors: { odd: error("com.example.odd", Later) } }),
  news: topic("com.example.{x}.news", { params: { x: Later }, event: z.string() }),
  fine: procedure("com.example.fine", { input: z.object({ a: Later }), output: z.array(Later) }),
};
const words = (what: string) => `${what}: its schema is asynchronous; URI parameters, progress and error data need`;

test("an asynchronous URI parameter is told to who calls, publishes and subscribes", async (t) => {
  const { consumer } = await startTyped(t);
  const client = createClient(consumer, contract);
  for (const [use, what] of [
    [async () => client.byParam({ x: "a" }), "com.example.{x}.by_param params.x"],
    [async () => client.news.publish({ x: "a" }, "b"), "com.example.{x}.news params.x"],
    [async () => client.news.subscribe({ x: "a" }, () => {}), "com.example.{x}.news params.x"],
  ] as const) {
    const failure = await failureOf(use());
    expect(failure).toBeInstanceOf(TypeError);
    expect((failure as Error).message).toContain(words(what));
  }
});

test("an asynchronous URI parameter of what arrives is told to onError", async (t) => {
  const { service, consumer, raw, told } = await startTyped(t);
  const { byParam } = contract;
  await serve(service, { byParam }, { byParam: () => "never" });
  raw.call("com.example.a.by_param");
  expect((await raw.receive("ERROR")).error).toBe("wamp.error.runtime_error");
  const events = new Inbox<unknown>();
  await createClient(consumer, contract).news.subscribe({}, events.push);
  await raw.publish("com.example.a.news", {}, ["b"]);
  await expect.poll(() => told).toHaveLength(2);
  const [failed, dropped] = told as readonly Error[];
  expect(String(failed?.cause)).toContain(words("com.example.{x}.by_param params.x"));
  expect(String(dropped)).toContain(words("com.example.{x}.news params.x"));
});

test("asynchronous progress and error data are told to the handler", async (t) => {
  const { service, consumer } = await startTyped(t);
  const seen = new Inbox<unknown>();
  const { progressing, failing } = contract;
  await serve(
    service,
    { progressing, failing },
    {
      async progressing(ctx) {
        seen.push(await failureOf((async () => ctx.progress("half"))()));
        return "done";
      },
      async failing(ctx) {
        seen.push(await failureOf((async () => ctx.errors.odd("data"))()));
      },
    },
  );
  const client = createClient(consumer, contract);
  expect(await client.progressing()).toBe("done");
  await client.failing();
  for (const what of ["com.example.progressing progress", "com.example.odd data"]) {
    const failure = (await seen.next()) as Error;
    expect(failure).toBeInstanceOf(TypeError);
    expect(failure.message).toContain(words(what));
  }
});

test("an async check that rejects fails its call, from the first one on, and nothing is left unhandled", async (t) => {
  const { service, consumer } = await startTyped(t);
  const Rejecting = z.string().refine(async () => {
    throw new Error("the database is away");
  });
  const checked = procedure("com.example.checked", { input: z.object({ a: Rejecting }), output: z.string() });
  await serve(service, { checked }, { checked: () => "never" });
  const client = createClient(consumer, { checked });
  expect(await client.checked({ a: "x" }).safe()).toMatchObject({
    error: { code: "exception", message: expect.stringContaining("the database is away") },
  });
});

test("asynchronous inputs and results work", async (t) => {
  const { service, consumer } = await startTyped(t);
  const { fine } = contract;
  await serve(service, { fine }, { fine: ({ a }) => [a] });
  expect(await createClient(consumer, { fine }).fine({ a: "x" })).toEqual(["x"]);
});
