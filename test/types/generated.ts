/** Mistakes of users that generated code turns into compile errors. The compiler checks them, and they never run: one line for each mistake. */
import { expectTypeOf } from "vitest";
import {
  type AddedBy,
  type Branded,
  type Call,
  type CallFailure,
  type Context,
  type HandlersWith,
  type Issue,
  isError,
  type Middleware,
  type Peer,
  type PublishResult,
  type Serve,
  type Service,
  type WampError,
} from "wampact";
import {
  type CalculatorHandlers,
  createCalculatorClient,
  serveCalculator,
} from "../../schemas/generated/calculator.gen.js";
import { type ChatHandlers, createChatClient, type Room, serveChat } from "../../schemas/generated/chat.gen.js";
import { createFleetClient } from "../../schemas/generated/fleet.gen.js";
import { createJobsClient, type JobsHandlers, serveJobs } from "../../schemas/generated/jobs.gen.js";
import {
  createOrdersClient,
  type OrdersHandlers,
  ordersUris,
  serveOrders,
} from "../../schemas/generated/orders.gen.js";
import { createWeatherClient } from "../../schemas/generated/weather.gen.js";

declare const peer: Peer;
const calculator = createCalculatorClient(peer);
const orders = createOrdersClient(peer);
const chat = createChatClient(peer);
const jobs = createJobsClient(peer);
const fleet = createFleetClient(peer);
const weather = createWeatherClient(peer);

// ── calls ──
expectTypeOf(calculator.add2({ a: 1, b: 2 })).toEqualTypeOf<Call<number>>();
// @ts-expect-error a misspelt procedure
calculator.add3({ a: 1, b: 2 });
// @ts-expect-error positional arguments for an object
calculator.add2(1, 2);
// @ts-expect-error a missing member
calculator.add2({ a: 1 });
// @ts-expect-error a member of a wrong type
calculator.add2({ a: 1, b: "2" });
// @ts-expect-error an unknown member
calculator.add2({ a: 1, b: 2, c: 3 });
// @ts-expect-error no input
calculator.add2();
// @ts-expect-error an object for positional arguments
calculator.scale({ value: 1, factor: 2 });
// @ts-expect-error an array for positional arguments
calculator.scale([1, 2]);
// @ts-expect-error too few of them
calculator.scale(1);
// @ts-expect-error an input where none is declared
jobs.queue({ name: "a" });
// @ts-expect-error a misspelt option
calculator.add2({ a: 1, b: 2 }, { timeout: 5 });
// @ts-expect-error a value that the enum does not have
weather.forecast({ city: "oslo", days: 1, unit: "kelvin" });
calculator.countdown({ from: 3 }); // a default may be left out
// @ts-expect-error undefined where the output is a number
(await calculator.add2({ a: 1, b: 2 })) satisfies undefined;

// ── progress and chunks ──
for await (const { left } of calculator.countdown({ from: 3 })) expectTypeOf(left).toEqualTypeOf<number>();
for await (const progress of jobs.run({ name: "a", steps: 1 })) {
  if (progress.state === "waiting") expectTypeOf(progress.ahead).toEqualTypeOf<number>();
  // @ts-expect-error a member of the other variant
  if (progress.state === "waiting") progress.done;
}
// @ts-expect-error progress where none is declared
for await (const progress of calculator.add2({ a: 1, b: 2 })) progress.left;
// @ts-expect-error a misspelt member of progress
for await (const tick of calculator.countdown({ from: 3 })) tick.rest;
jobs.sum([1, 2, 3]);
// @ts-expect-error chunks of a wrong type
jobs.sum(["1"]);
// @ts-expect-error no chunks
jobs.sum();
// @ts-expect-error chunks where none are declared
jobs.queue([1]);

// ── a call is a promise ──
const promised: Promise<number> = calculator.add2({ a: 1, b: 2 });
expectTypeOf(Promise.all([calculator.add2({ a: 1, b: 2 }), promised])).toEqualTypeOf<Promise<[number, number]>>();
expectTypeOf(calculator.add2({ a: 1, b: 2 }).catch(() => "failed")).toEqualTypeOf<Promise<number | string>>();
expectTypeOf(calculator.add2({ a: 1, b: 2 }).finally(() => {})).toEqualTypeOf<Promise<number>>();
/** As TanStack Query infers the data of a query. */
declare function query<Data>(options: { readonly queryFn: () => Data | Promise<Data> }): Data;
expectTypeOf(query({ queryFn: () => calculator.add2({ a: 1, b: 2 }) })).toEqualTypeOf<number>();

// ── guards ──
function guarded(error: unknown): void {
  if (calculator.divide.isError(error)) {
    expectTypeOf(error.message).toEqualTypeOf<string>();
    expectTypeOf(error.procedure).toEqualTypeOf<string>();
    if (error.code === "divideByZero") expectTypeOf(error.data.numerator).toEqualTypeOf<number>();
    if (error.code === "invalidInput") expectTypeOf(error.issues[0]?.path).toEqualTypeOf<Issue["path"] | undefined>();
  }
  if (calculator.divide.isError(error, "divideByZero")) expectTypeOf(error.data.numerator).toEqualTypeOf<number>();
  if (calculator.divide.isError(error, "timeout")) expectTypeOf(error.code).toEqualTypeOf<"timeout">();
  // @ts-expect-error an error that is not declared
  calculator.divide.isError(error, "tooLate");
  // @ts-expect-error no error is declared
  calculator.add2.isError;
  if (isError(error, "timeout")) expectTypeOf(error.code).toEqualTypeOf<"timeout">();
  if (isError(error, "internal")) expectTypeOf(error.correlationId).toEqualTypeOf<string>();
  if (isError(error, "divideByZero")) expectTypeOf(error.data).toEqualTypeOf<unknown>();
  if (isError(error)) expectTypeOf(error.code).toEqualTypeOf<string>();
}
guarded(undefined);

// ── errors ──
const outcome = await calculator.divide({ a: 1, b: 0 }).safe();
// @ts-expect-error the value is there only when all went well
outcome.value;
if (!outcome.ok) {
  if (outcome.error.code === "divideByZero") expectTypeOf(outcome.error.data.numerator).toEqualTypeOf<number>();
  // @ts-expect-error an error that is not declared
  outcome.error.code === "tooLate";
  // @ts-expect-error data belongs to declared errors
  outcome.error.data;
  // @ts-expect-error a misspelt member of the data
  if (outcome.error.code === "divideByZero") outcome.error.data.denominator;
  if (outcome.error.code === "disconnected") expectTypeOf(outcome.error.sent).toEqualTypeOf<boolean>();
  switch (outcome.error.code) {
    case "divideByZero":
    case "invalidInput":
    case "invalidOutput":
    case "canceled":
    case "timeout":
    case "noSuchProcedure":
    case "notAuthorized":
    case "unavailable":
    case "disconnected":
    case "internal":
    case "exception":
    case "unknown":
      break;
    default:
      expectTypeOf(outcome.error).toBeNever(); // the union is exact
  }
}
const plain = await calculator.add2({ a: 1, b: 2 }).safe();
if (!plain.ok) expectTypeOf(plain.error).toEqualTypeOf<CallFailure>();

// ── URI parameters ──
orders.cancelOrder({ orderId: "a1" });
// @ts-expect-error a wrong parameter name
orders.cancelOrder({ order: "a1" });
// @ts-expect-error a missing parameter
orders.cancelOrder({});
// @ts-expect-error no parameters at all
orders.cancelOrder();
// @ts-expect-error a parameter that is not among its values
fleet.reading.subscribe({ sensor: "weight" }, () => {});
// @ts-expect-error a URI without its parameter
ordersUris.orderStatus({});
expectTypeOf(ordersUris.orderStatus({ orderId: "a1" })).toEqualTypeOf<string>();

// ── topics ──
const event = { value: 1, unit: "l", at: new Date() };
expectTypeOf(fleet.reading.publish({ vehicle: "v1", sensor: "fuel" }, event)).toEqualTypeOf<Promise<PublishResult>>();
fleet.reading.subscribe({}, ({ data, params }) => {
  expectTypeOf(data.at).toEqualTypeOf<Date>();
  expectTypeOf(params.sensor).toEqualTypeOf<"temperature" | "speed" | "fuel">();
});
// @ts-expect-error a wrong event
orders.orderStatus.publish({ orderId: "a1" }, { state: "lost" });
// @ts-expect-error the wire's text in place of the Date
fleet.reading.publish({ vehicle: "v1", sensor: "fuel" }, { ...event, at: "2026-01-01T00:00:00Z" });
// @ts-expect-error a publisher leaves no parameter open
fleet.reading.publish({ sensor: "fuel" }, event);
// @ts-expect-error a wrong parameter name
orders.orderStatus.subscribe({ order: "a1" }, () => {});
// @ts-expect-error a handler of another event
orders.orderStatus.subscribe({}, (each: { readonly data: number }) => each);
// @ts-expect-error no parameters, not even open ones
orders.orderStatus.subscribe(() => {});
// @ts-expect-error parameters for a topic that has none
jobs.ended.subscribe({}, () => {});
// @ts-expect-error a topic is no procedure
jobs.ended();
for await (const { data, at } of fleet.reading.history({}, { limit: 1 })) {
  expectTypeOf(data.value).toEqualTypeOf<number>();
  expectTypeOf(at).toEqualTypeOf<Date>();
}

// ── handlers ──
const handlers = {
  add2: ({ a, b }) => a + b,
  divide({ a, b }, { errors }) {
    expectTypeOf(errors.divideByZero).toEqualTypeOf<(data: { numerator: number }) => WampError>();
    if (b === 0) throw errors.divideByZero({ numerator: a });
    return a / b;
  },
  scale: (value, factor) => value * factor,
  async *countdown({ from, everyMs }) {
    expectTypeOf(everyMs).toEqualTypeOf<number>(); // the default is filled in
    yield { left: from };
  },
} satisfies CalculatorHandlers;
expectTypeOf(serveCalculator).toEqualTypeOf<Serve<CalculatorHandlers>>();
expectTypeOf(serveCalculator(peer, handlers)).toEqualTypeOf<Promise<Service>>();
const { add2, divide, scale } = handlers;
// @ts-expect-error a missing handler
serveCalculator(peer, { add2, divide, scale });
// @ts-expect-error a misspelt handler
serveCalculator(peer, { ...handlers, ad2: add2 } satisfies CalculatorHandlers);
serveCalculator(peer, { add2 }, { pick: ["add2"] });
// @ts-expect-error a picked handler that is missing
serveCalculator(peer, { add2 }, { pick: ["add2", "divide"] });
// @ts-expect-error a name that is no procedure
serveCalculator(peer, { add2 }, { pick: ["add3"] });
// @ts-expect-error a result of a wrong type
({ ...handlers, add2: () => "3" }) satisfies CalculatorHandlers;
// @ts-expect-error an input of another shape
({ ...handlers, add2: ({ x }: { x: number }) => x }) satisfies CalculatorHandlers;
async function* wrongProgress() {
  yield { right: 1 };
}
async function* unexpectedProgress() {
  yield { left: 1 };
  return 3;
}
// @ts-expect-error a wrong progress value
({ ...handlers, countdown: wrongProgress }) satisfies CalculatorHandlers;
// @ts-expect-error progress where none is declared
({ ...handlers, add2: unexpectedProgress }) satisfies CalculatorHandlers;
({
  ...handlers,
  divide(_, ctx) {
    // @ts-expect-error wrong error data
    ctx.errors.divideByZero({ numerator: "1" });
    // @ts-expect-error an error that is not declared
    ctx.errors.tooLate({});
    // @ts-expect-error no parameters where the URI has none
    ctx.params;
    // @ts-expect-error no progress where none is declared
    ctx.progress;
    return 1;
  },
}) satisfies CalculatorHandlers;
({
  cancelOrder({ params, errors }) {
    expectTypeOf(params).toEqualTypeOf<{ orderId: string }>();
    throw errors.noSuchOrder({ orderId: params.orderId });
  },
}) satisfies OrdersHandlers;
serveOrders(peer, { cancelOrder() {} }, { params: { cancelOrder: { orderId: "a1" } } });
({
  run: ({ name, steps }) => ({ name, steps }),
  async sum({ chunks, progress }) {
    for await (const chunk of chunks) expectTypeOf(chunk).toEqualTypeOf<number>();
    progress({ sum: 1 });
    return 1;
  },
  // @ts-expect-error a state that the enum does not have
  queue: () => [{ name: "a", state: "done" }],
}) satisfies JobsHandlers;
// @ts-expect-error handlers of another contract
serveJobs(peer, handlers);

// ── middleware ──
const authenticated: Middleware<{ readonly user: string }> = (_, next) => next({ user: "ada" });
expectTypeOf<AddedBy<[typeof authenticated]>>().toExtend<{ readonly user: string }>();
serveChat(peer, { say: (_, { user }) => user.length }, { use: [authenticated] });
serveCalculator(
  peer,
  {
    ...handlers,
    async *countdown({ from }, { user, progress }) {
      progress({ left: from });
      yield { left: user.length };
    },
  },
  { use: [authenticated] },
);
serveCalculator(peer, { add2: ({ a, b }, { user }) => a + b + user.length }, { pick: ["add2"], use: [authenticated] });
// @ts-expect-error a missing handler, with middleware
serveCalculator(peer, { add2, divide, scale }, { use: [authenticated] });
// @ts-expect-error a result of a wrong type, with middleware
serveCalculator(peer, { ...handlers, add2: (_, { user }) => user }, { use: [authenticated] });
declare const withUser: HandlersWith<CalculatorHandlers, { readonly user: string }>;
expectTypeOf(withUser.scale).parameters.toEqualTypeOf<[number, number, Context & { readonly user: string }]>();
serveCalculator(peer, withUser, { use: [authenticated] });
// @ts-expect-error what no middleware has added
serveChat(peer, { say: (_, { user }) => user.length });
// @ts-expect-error middleware that adds something else than it says
const _mistaken: Middleware<{ readonly user: string }> = (_, next) => next({ user: 1 });

// ── brands ──
chat.say({ room: "tea" }, { text: "hi" }); // a sender may give a plain value
chat.said.subscribe({}, ({ params }) => {
  expectTypeOf(params.room).toEqualTypeOf<Room>();
  expectTypeOf<Room>().toEqualTypeOf<Branded<string, "Room">>();
});
const served: ChatHandlers = { say: (_, { params }) => takesRoom(params.room) };
serveChat(peer, served);
// @ts-expect-error a plain value where a brand is asked for
takesRoom("tea");
function takesRoom(room: Room): number {
  return room.length;
}
