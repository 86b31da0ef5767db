/** Misuse of a typed client or service in plain JavaScript: it is rejected with a message instead of silently doing something else. */
import { expect, test } from "vitest";
import { createClient, procedure, serve, topic } from "wampact";
import * as z from "zod";
import { failureOf } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const contract = {
  add: procedure("com.example.add", { input: z.object({ a: z.number() }), output: z.number() }),
  subtract: procedure("com.example.subtract", { input: z.object({ a: z.number() }), output: z.number() }),
  order: procedure("com.example.{branchId}.order", {}),
  status: topic("com.example.orders.{orderId}.{stepName}", { event: z.string() }),
  news: topic("com.example.news", { event: z.string() }),
};

type Untyped = Record<
  string,
  ((...given: unknown[]) => Promise<unknown>) & Record<string, (...given: unknown[]) => unknown>
>;
const status = "com.example.orders.{orderId}.{stepName}";

test.for<[string, (client: Untyped) => unknown, string]>([
  [
    "a misspelt parameter of subscribe",
    (client) => client.status?.subscribe?.({ orderID: "7" }, () => {}),
    `${status} params.orderID: unknown option; did you mean "orderId"?`,
  ],
  [
    "a misspelt parameter of publish",
    (client) => client.status?.publish?.({ orderId: "7", stepname: "a" }, "x"),
    `${status} params.stepname: unknown option; did you mean "stepName"?`,
  ],
  [
    "a misspelt parameter of events",
    (client) => loop(client.status?.events?.({ id: "7" })),
    `${status} params.id: unknown option; expected one of orderId, stepName`,
  ],
  [
    "a misspelt parameter of history",
    (client) => loop(client.status?.history?.({ ordreId: "7" })),
    `${status} params.ordreId: unknown option; did you mean "orderId"?`,
  ],
  [
    "a misspelt parameter of a call",
    (client) => client.order?.({ brachnId: "7" }),
    'com.example.{branchId}.order params.brachnId: unknown option; did you mean "branchId"?',
  ],
  [
    "a parameter that is null",
    (client) => client.status?.subscribe?.({ orderId: null }, () => {}),
    `${status} params.orderId: expected a string, got null`,
  ],
  [
    "a parameter that is a number",
    (client) => client.status?.subscribe?.({ orderId: 7 }, () => {}),
    `${status} params.orderId: expected a string, got 7`,
  ],
  [
    "a handler in place of the parameters",
    (client) => client.status?.subscribe?.(() => {}),
    `${status} handler: expected a function, got nothing`,
  ],
  [
    "a text in place of the parameters",
    (client) => client.status?.publish?.("7", "x"),
    `${status} params: expected an object, got a string`,
  ],
  [
    "subscribe without a handler",
    (client) => client.news?.subscribe?.({}),
    "com.example.news handler: expected a function, got a dictionary",
  ],
  [
    "a negative limit of history",
    (client) => loop(client.news?.history?.({ limit: -1 })),
    "history.limit: expected a non-negative integer, got -1",
  ],
])("%s is a TypeError in words", async ([, run, message], t) => {
  const { consumer } = await startTyped(t);
  const client = createClient(consumer, contract) as unknown as Untyped;
  expect(await failureOf((async () => run(client))())).toEqual(new TypeError(message));
});

async function loop(iterable: unknown): Promise<void> {
  for await (const _ of iterable as AsyncIterable<unknown>);
}

test.for<[string, object, object | undefined, string]>([
  [
    "a misspelt handler beside the others",
    { add: () => 1, subtract: () => 1, order: () => {}, subtarct: () => 1 },
    undefined,
    'handlers: the contract has no procedure "subtarct"; did you mean "subtract"?',
  ],
  [
    "a handler of no procedure",
    { add: () => 1, subtract: () => 1, order: () => {}, news: () => 1 },
    undefined,
    'handlers: the contract has no procedure "news"; expected one of add, subtract, order',
  ],
  [
    "a misspelt parameter",
    { order: () => {} },
    { pick: ["order"], params: { order: { branch: "a" } } },
    'com.example.{branchId}.order params.branch: unknown option; did you mean "branchId"?',
  ],
])("serve with %s is a TypeError, and nothing is registered", async ([, handlers, options, message], t) => {
  const { service, raw } = await startTyped(t);
  expect(await failureOf(serve(service, contract, handlers as never, options as never))).toEqual(
    new TypeError(message),
  );
  await raw.register("com.example.add");
});

test("handlers may have members that are no functions, and functions of their class", async (t) => {
  const { service } = await startTyped(t);
  class Handlers {
    total = 0;
    add = ({ a }: { a: number }) => this.#added(a);
    subtract({ a }: { a: number }) {
      return this.helper(a);
    }
    order() {}
    helper(a: number) {
      return a;
    }
    #added(a: number) {
      this.total += a;
      return this.total;
    }
  }
  await serve(service, contract, new Handlers());
});
