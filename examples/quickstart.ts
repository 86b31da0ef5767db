/**
 * The main use case, end to end: a router, a producer with JSON, a consumer with MessagePack, and a peer without contracts. Run it
 * with `npm run quickstart`. It exits with code 0 if every step succeeds.
 */
import { deepStrictEqual } from "node:assert";
import type autobahn from "autobahn";
import { connect, json, type Peer } from "wampact";
import { msgpack } from "wampact/msgpack";
import { createRouter } from "wampact/router";
import { type CalculatorClient, createCalculatorClient, serveCalculator } from "../schemas/generated/calculator.gen.js";
import { createOrdersClient, type OrdersClient, serveOrders } from "../schemas/generated/orders.gen.js";
import { calculatorHandlers, ordersHandlers } from "./handlers.js";

const realm = "com.app";

await using router = createRouter({ realms: [{ name: realm }] });
const { url } = await router.listen();
step("router", `listening on ${url}, realm ${realm}`);

await using producer = await connect({ url, realm, serializers: [json()] });
await serveCalculator(producer, calculatorHandlers());
await serveOrders(producer, ordersHandlers());
step("producer", "serves schemas/calculator.ts and schemas/orders.ts, over JSON");

await using consumer = await connect({ url, realm, serializers: [msgpack()] });
const calculator = createCalculatorClient(consumer);
const orders = createOrdersClient(consumer);
step("consumer", "has their generated clients, over MessagePack");

await typedCall(calculator);
await typedError(calculator);
await malformedInput(calculator);
await foreignCaller();
await parameterisedTopic(orders, producer);

console.log("\nEvery step succeeded. Next: open schemas/calculator.ts, add a procedure, and run npm run codegen.");

async function typedCall(client: CalculatorClient): Promise<void> {
  const sum = await client.add2({ a: 2, b: 3 });
  expect("a typed call", sum, 5);
  step("client.add2({ a: 2, b: 3 })", `→ ${sum}`);
}

async function typedError(client: CalculatorClient): Promise<void> {
  const outcome = await client.divide({ a: 1, b: 0 }).safe();
  if (outcome.ok || outcome.error.code !== "divideByZero")
    throw new Error(`a typed error: got ${JSON.stringify(outcome)}`);
  const { numerator } = outcome.error.data; // typed as number
  expect("the data of a typed error", numerator, 1);
  step("client.divide({ a: 1, b: 0 })", `→ ${outcome.error.code}, numerator ${numerator}`);
}

async function malformedInput(client: CalculatorClient): Promise<void> {
  const outcome = await client.add2({ a: "2", b: 3 } as never).safe();
  if (outcome.ok || outcome.error.code !== "invalidInput")
    throw new Error(`a malformed input: got ${JSON.stringify(outcome)}`);
  const [issue] = outcome.error.issues;
  expect("the issue of a malformed input", issue?.path, ["a"]);
  step('client.add2({ a: "2", b: 3 })', `→ refused before it is sent: ${issue?.path.join(".")} ${issue?.message}`);
}

/** autobahn has no contract, so its input is validated at the callee. */
async function foreignCaller(): Promise<void> {
  const { connection, session } = await openAutobahn();
  const sum = await session.call("com.app.add2", [], { a: 2, b: 3 });
  expect("a foreign call", sum, 5);
  step("autobahn: call com.app.add2 {a: 2, b: 3}", `→ ${sum}`);
  const refusal = await session.call("com.app.add2", [], { a: "2", b: 3 }).then(
    () => undefined,
    (error: autobahn.Error) => error,
  );
  expect("the error of a foreign call", refusal?.error, "wamp.error.invalid_argument");
  step('autobahn: call com.app.add2 {a: "2", b: 3}', `→ refused at the callee: ${refusal?.error}`);
  step("", JSON.stringify((refusal?.kwargs as { issues?: unknown } | undefined)?.issues));
  connection.close();
}

/** One subscriber receives the events of one order, another those of every order with the ID from the topic. */
async function parameterisedTopic(client: OrdersClient, publisher: Peer): Promise<void> {
  const exactly = new Promise<string>((resolve) => {
    void client.orderStatus.subscribe({ orderId: "a17" }, ({ data }) => resolve(data.state));
  });
  const everyOrder = client.orderStatus.events({})[Symbol.asyncIterator]();
  const next = everyOrder.next(); // subscribes
  await consumer.call("com.app.add2", [], { a: 0, b: 0 }); // answered after both subscriptions exist
  await createOrdersClient(publisher).orderStatus.publish(
    { orderId: "a17" },
    { state: "packed" },
    { acknowledge: true },
  );

  const exact = await exactly;
  expect("the event of one order", exact, "packed");
  step('orderStatus.publish({ orderId: "a17" }, { state: "packed" })', `→ received by the subscriber of a17: ${exact}`);
  const { value } = await next;
  expect("the event of any order", [value?.params.orderId, value?.data.state], ["a17", "packed"]);
  step("", `→ received by the subscriber of every order: ${value?.params.orderId} is ${value?.data.state}`);
  await everyOrder.return?.();
}

async function openAutobahn(): Promise<{ connection: autobahn.Connection; session: autobahn.Session }> {
  const { Connection } = await loadAutobahn();
  return new Promise((resolve, reject) => {
    const connection = new Connection({ url, realm, max_retries: 0 });
    connection.onopen = (session) => resolve({ connection, session });
    connection.onclose = (reason) => {
      reject(new Error(`autobahn: ${reason}`));
      return true;
    };
    connection.open();
  });
}

/** Loads autobahn without `console.warn`, which it would use to log its own close. */
async function loadAutobahn(): Promise<typeof autobahn> {
  const { warn } = console;
  console.warn = () => {};
  try {
    return (await import("autobahn")).default;
  } finally {
    console.warn = warn;
  }
}

function step(what: string, outcome: string): void {
  console.log(`${what.padEnd(62)} ${outcome}`);
}

/** Ends the program with a nonzero code and a clear message if a step has a wrong result. */
function expect(what: string, got: unknown, wanted: unknown): void {
  try {
    deepStrictEqual(got, wanted);
  } catch {
    throw new Error(`${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  }
}
