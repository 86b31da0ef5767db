/** Types of the inferred client and handlers, checked by the compiler and never run. */
import { expectTypeOf } from "vitest";
import {
  type Call,
  type CallFailure,
  createClient,
  error,
  type FailedCall,
  type Identity,
  type InferredHandlers,
  type Peer,
  type ProcedureDefinition,
  type PublishResult,
  procedure,
  type Service,
  type Subscription,
  serve,
  topic,
  type WampError,
} from "wampact";
import * as z from "zod";

declare const peer: Peer;

const IsoDate = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const Whole = z.codec(z.string(), z.number(), { decode: Number, encode: String });
const divideByZero = error("com.app.error.divide_by_zero", z.object({ numerator: z.number() }));
const expired = error("com.app.error.expired", z.object({ since: IsoDate, grace: z.number().default(0) }));

const contract = {
  add2: procedure("com.app.add2", { input: z.object({ a: z.number(), b: z.number() }), output: z.number() }),
  divide: procedure("com.app.divide", { output: z.number(), errors: { divideByZero, expired } }),
  countdown: procedure("com.app.countdown", {
    input: z.object({ from: z.number() }),
    progress: z.object({ left: z.number() }),
    output: z.void(),
  }),
  scale: procedure("com.app.scale", { input: z.tuple([z.number(), z.string()]), output: z.string() }),
  sum: procedure("com.app.sum", { input: z.tuple([z.number()], z.number()), output: z.number() }),
  maybe: procedure("com.app.maybe", { input: z.tuple([z.number(), z.string().optional()]) }),
  filled: procedure("com.app.filled", { input: z.tuple([z.number(), z.string().default("m")]) }),
  fixed: procedure("com.app.fixed", { input: z.tuple([z.number(), z.string()]).readonly() }),
  later: procedure("com.app.later", { input: z.lazy(() => z.tuple([z.number(), z.string()])) }),
  plan: procedure("com.app.plan", {
    input: z.object({ at: IsoDate, days: z.number().default(1), words: z.string().transform((text) => text.length) }),
    output: z.object({ at: IsoDate, days: z.number().default(1) }),
  }),
  say: procedure("com.app.rooms.{room}.say", { input: z.string() }),
  page: procedure("com.app.{shelf}.pages.{page}", { params: { page: Whole }, output: z.string() }),
  files: procedure("com.app.files.{...path}", { output: z.string() }),
  ping: procedure("com.app.ping", {}),
  news: topic("com.app.news", { event: z.object({ at: IsoDate, level: z.string().default("info") }) }),
  status: topic("com.app.orders.{order}.lines.{line}", { params: { line: Whole }, event: z.enum(["open", "done"]) }),
  divideByZero,
  helper: () => 1,
  LIMIT: 3,
};
const client = createClient(peer, contract);

// ── members ──
expectTypeOf<keyof typeof client>().toEqualTypeOf<
  | "add2"
  | "divide"
  | "countdown"
  | "scale"
  | "sum"
  | "maybe"
  | "filled"
  | "fixed"
  | "later"
  | "plan"
  | "say"
  | "page"
  | "files"
  | "ping"
  | "news"
  | "status"
>();
// @ts-expect-error a misspelt procedure
client.add3;
// @ts-expect-error an error is no member of a client
client.divideByZero;
// @ts-expect-error members are not to be replaced
client.ping = client.divide;

// ── calls ──
expectTypeOf(client.add2({ a: 1, b: 2 })).toEqualTypeOf<Call<number>>();
expectTypeOf(await client.add2({ a: 1, b: 2 }, { timeoutMs: 5 })).toEqualTypeOf<number>();
expectTypeOf(client.ping()).toEqualTypeOf<Call<void>>();
expectTypeOf(client.countdown({ from: 3 })).toEqualTypeOf<Call<void, { left: number }>>();
// @ts-expect-error a missing member
client.add2({ a: 1 });
// @ts-expect-error a member of a wrong type
client.add2({ a: 1, b: "2" });
// @ts-expect-error an unknown member
client.add2({ a: 1, b: 2, c: 3 });
// @ts-expect-error positional arguments for an object
client.add2(1, 2);
// @ts-expect-error no input
client.add2();
// @ts-expect-error an input where none is declared
client.ping({ a: 1 });
// @ts-expect-error a misspelt option
client.ping({ timeout: 5 });
// @ts-expect-error receiveProgress is the contract's to say
client.countdown({ from: 3 }, { receiveProgress: true });

for await (const tick of client.countdown({ from: 3 })) expectTypeOf(tick).toEqualTypeOf<{ left: number }>();
for await (const none of client.ping()) expectTypeOf(none).toBeNever();

// ── positional input ──
expectTypeOf(client.scale(2, "m")).toEqualTypeOf<Call<string>>();
expectTypeOf(client.scale(2, "m", { timeoutMs: 5 })).toEqualTypeOf<Call<string>>();
expectTypeOf(client.sum([1, 2, 3])).toEqualTypeOf<Call<number>>();
client.maybe([1]);
client.maybe([1, "a"]);
client.fixed(1, "a");
client.later(1, "a");
expectTypeOf<Parameters<typeof client.filled>[0]>().toExtend<readonly unknown[]>();
// @ts-expect-error positional arguments for a tuple with an optional item
client.maybe(1, "a");
// @ts-expect-error positional arguments for a tuple with a default
client.filled(1, "a");
// @ts-expect-error an array for positional arguments
client.scale([2, "m"]);
// @ts-expect-error too few of them
client.scale(2);
// @ts-expect-error positional arguments for a tuple with a rest
client.sum(1, 2, 3);

// ── the sender's and the receiver's view ──
client.plan({ at: new Date(), words: "a b" });
client.plan({ at: new Date(), days: 2, words: "a b" });
expectTypeOf(await client.plan({ at: new Date(), words: "" })).toEqualTypeOf<{ at: Date; days: number }>();
// @ts-expect-error the wire's text in place of the Date
client.plan({ at: "2026-01-01T00:00:00Z", words: "a b" });
// @ts-expect-error the transform's result in place of its input
client.plan({ at: new Date(), words: 2 });

// ── errors ──
const outcome = await client.divide().safe();
if (outcome.ok) expectTypeOf(outcome.value).toEqualTypeOf<number>();
else {
  expectTypeOf(outcome.error).toEqualTypeOf<
    | CallFailure
    | (FailedCall & {
        readonly code: "divideByZero";
        readonly uri: "com.app.error.divide_by_zero";
        readonly data: { numerator: number };
      })
    | (FailedCall & {
        readonly code: "expired";
        readonly uri: "com.app.error.expired";
        readonly data: { since: Date; grace: number };
      })
  >();
  if (outcome.error.code === "divideByZero") expectTypeOf(outcome.error.data.numerator).toEqualTypeOf<number>();
  if (outcome.error.code === "internal") expectTypeOf(outcome.error.correlationId).toEqualTypeOf<string>();
  // @ts-expect-error data belongs to declared errors
  outcome.error.data;
  // @ts-expect-error an error that is not declared
  outcome.error.code === "tooLate";
}
const plain = await client.ping().safe();
if (!plain.ok) expectTypeOf(plain.error).toEqualTypeOf<CallFailure>();

// ── URI parameters ──
expectTypeOf(client.say({ room: "a" }, "hi")).toEqualTypeOf<Call<void>>();
expectTypeOf(client.page({ shelf: "a", page: 3 })).toEqualTypeOf<Call<string>>();
expectTypeOf(client.files({ path: "a.b" })).toEqualTypeOf<Call<string>>();
// @ts-expect-error a wrong parameter name
client.say({ rom: "a" }, "hi");
// @ts-expect-error a missing parameter
client.page({ shelf: "a" });
// @ts-expect-error no parameters at all
client.say("hi");
// @ts-expect-error a parameter as the wire has it
client.page({ shelf: "a", page: "3" });
// @ts-expect-error the rest under another name
client.files({ rest: "a.b" });

// ── topics ──
client.news.subscribe((event) => {
  expectTypeOf(event.data).toEqualTypeOf<{ at: Date; level: string }>();
  expectTypeOf(event.dropped).toEqualTypeOf<number>();
  // @ts-expect-error a topic without parameters has none to tell
  event.params.order;
});
expectTypeOf(client.news.publish({ at: new Date() })).toEqualTypeOf<Promise<PublishResult>>();
expectTypeOf(
  client.news.publish({ at: new Date(), level: "warn" }, { acknowledge: true }),
).resolves.toEqualTypeOf<PublishResult>();
// @ts-expect-error a wrong event
client.news.publish({ at: 7 });
// @ts-expect-error parameters for a topic that has none
client.news.publish({}, { at: new Date() });
expectTypeOf(client.status.subscribe({}, () => {})).toEqualTypeOf<Promise<Subscription>>();
client.status.subscribe({ order: "o1" }, ({ data, params }) => {
  expectTypeOf(data).toEqualTypeOf<"open" | "done">();
  expectTypeOf(params).toEqualTypeOf<{ order: string; line: number }>();
});
client.status.publish({ order: "o1", line: 2 }, "done");
// @ts-expect-error a publisher leaves no parameter open
client.status.publish({ order: "o1" }, "done");
// @ts-expect-error a wrong event
client.status.publish({ order: "o1", line: 2 }, "gone");
// @ts-expect-error a wrong parameter name
client.status.subscribe({ oder: "o1" }, () => {});
// @ts-expect-error no parameters, not even open ones
client.status.subscribe(() => {});
for await (const { data, params } of client.status.events({ order: "o1" }, { queue: 5 })) {
  expectTypeOf(data).toEqualTypeOf<"open" | "done">();
  expectTypeOf(params.line).toEqualTypeOf<number>();
}

// ── handlers ──
type Handlers = InferredHandlers<typeof contract>;
const handlers: Handlers = {
  add2: ({ a, b }) => a + b,
  divide(ctx) {
    expectTypeOf(ctx.errors.divideByZero).toEqualTypeOf<(data: { numerator: number }) => WampError>();
    ctx.errors.expired({ since: new Date() });
    // @ts-expect-error the wire's text in place of the Date
    ctx.errors.expired({ since: "2026-01-01T00:00:00Z" });
    // @ts-expect-error an error that is not declared
    ctx.errors.tooLate;
    return 1;
  },
  async *countdown({ from }, { progress }) {
    progress({ left: from });
    // @ts-expect-error a wrong progress value
    progress({ right: from });
    yield { left: from };
  },
  scale(value, unit, ctx) {
    expectTypeOf(value).toEqualTypeOf<number>();
    expectTypeOf(unit).toEqualTypeOf<string>();
    expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>();
    return `${value}${unit}`;
  },
  sum: (values) => values.length,
  maybe([value, unit]) {
    expectTypeOf<[typeof value, typeof unit]>().toEqualTypeOf<[number, string | undefined]>();
  },
  filled([value, unit]) {
    expectTypeOf<[typeof value, typeof unit]>().toEqualTypeOf<[number, string]>();
  },
  fixed(value, unit) {
    expectTypeOf<[typeof value, typeof unit]>().toEqualTypeOf<[number, string]>();
  },
  later(value, unit) {
    expectTypeOf<[typeof value, typeof unit]>().toEqualTypeOf<[number, string]>();
  },
  plan(input, ctx) {
    expectTypeOf(input).toEqualTypeOf<{ at: Date; days: number; words: number }>();
    // @ts-expect-error no progress where none is declared
    ctx.progress;
    // @ts-expect-error no errors where none are declared
    ctx.errors;
    // @ts-expect-error no parameters where the URI has none
    ctx.params;
    return Promise.resolve({ at: input.at });
  },
  say(text, { params }) {
    expectTypeOf(text).toEqualTypeOf<string>();
    expectTypeOf(params).toEqualTypeOf<{ room: string }>();
  },
  page({ params }) {
    expectTypeOf(params).toEqualTypeOf<{ shelf: string; page: number }>();
    return "a";
  },
  files: ({ params }) => params.path,
  ping() {},
};
expectTypeOf(serve(peer, contract, handlers)).toEqualTypeOf<Promise<Service>>();
const { ping, add2 } = handlers;
serve(peer, contract, { ping, add2 }, { pick: ["ping", "add2"] });
// @ts-expect-error a missing handler
serve(peer, contract, { ping, add2 });
// @ts-expect-error a picked handler that is missing
serve(peer, contract, { ping }, { pick: ["ping", "add2"] });
// @ts-expect-error a name that is no procedure
serve(peer, contract, { ping }, { pick: ["pong"] });
// @ts-expect-error a misspelt handler
serve(peer, contract, { ...handlers, ad2: add2 } satisfies Handlers);
// @ts-expect-error a result of a wrong type
serve(peer, { add2: contract.add2 }, { add2: () => "3" });
// @ts-expect-error a generator where no progress is declared
serve(peer, { add2: contract.add2 }, { add2: async function* () {} });

// ── definitions ──
// @ts-expect-error a misspelt key
procedure("com.app.x", { inputs: z.string() });
// @ts-expect-error a misspelt key of a topic
topic("com.app.x", { event: z.string(), retained: true });
// @ts-expect-error a topic without an event
topic("com.app.x", {});
// @ts-expect-error a parameter that the URI does not have
procedure("com.app.{order}.x", { params: { oder: z.string() } });
// @ts-expect-error a parameter whose schema does not take text
procedure("com.app.{order}.x", { params: { order: z.number() } });
// @ts-expect-error a policy that does not exist
procedure("com.app.x", { invoke: "round" });
// @ts-expect-error a schema in place of an error
procedure("com.app.x", { errors: { odd: z.string() } });
procedure("com.app.x", {} satisfies ProcedureDefinition<"com.app.x">);

// ── who calls ──
const disclosing = {
  known: procedure("com.app.known", { output: z.string(), disclose: true, access: { roles: ["admin"] } }),
  unknown: procedure("com.app.unknown", { output: z.string() }),
};
await serve(peer, disclosing, {
  known(ctx) {
    expectTypeOf(ctx.caller).toEqualTypeOf<Identity>();
    return "";
  },
  unknown(ctx) {
    expectTypeOf(ctx.caller).toEqualTypeOf<Identity | undefined>();
    return "";
  },
});
// @ts-expect-error a procedure is called, not published to
procedure("com.app.known", { access: { publish: ["admin"] } });
// @ts-expect-error a topic has no callers
topic("com.app.news", { event: z.string(), access: { roles: ["admin"] } });
