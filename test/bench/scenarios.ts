import { json } from "../../src/wire/serializers/json.js";
import { clientFrame } from "./frames.js";
import { BareClient } from "./load.js";

/** A load on one server; `run` drives it for a while and says how many messages (calls, deliveries) there were. */
export interface Load {
  run(durationMs: number): Promise<number>;
  close(): void;
}

/** What is measured: a load on the router, and the same on a baseline. */
export interface Scenario {
  readonly name: string;
  /** What one message is. */
  readonly unit: "call" | "event";
  readonly baseline: "echo" | "fanout";
  /** The most that the router may take, as a multiple of the baseline; `undefined` where no goal is set. */
  readonly goal: { readonly id: string; readonly ratio: number } | undefined;
  onRouter(url: string): Promise<Load>;
  onBaseline(url: string): Promise<Load>;
}

const serializer = json();

export const SCENARIOS: readonly Scenario[] = [
  rpc({ inFlight: 1, connections: 1, bytes: 16 }, { id: "G1", ratio: 2.3 }),
  rpc({ inFlight: 256, connections: 1, bytes: 16 }, { id: "G1", ratio: 0.6 }),
  rpc({ inFlight: 256, connections: 64, bytes: 16 }, { id: "G1", ratio: 1.2 }),
  rpc({ inFlight: 16, connections: 1, bytes: 1_024 }, { id: "G3", ratio: 2.5 }),
  rpc({ inFlight: 16, connections: 1, bytes: 65_536 }, { id: "G3", ratio: 7 }),
  fanout({ subscribers: 1_000, outstanding: 1 }, { id: "G4", ratio: 1.1 }),
  fanout({ subscribers: 100, outstanding: 16 }, { id: "G5", ratio: 0.25 }),
];

function rpc(
  size: { readonly inFlight: number; readonly connections: number; readonly bytes: number },
  goal: Scenario["goal"],
): Scenario {
  const call = (request: number) => [48, request, {}, "com.bench.echo", ["x".repeat(size.bytes)]];
  const drive = async (
    url: string,
    open: typeof BareClient.join,
  ): Promise<{ clients: BareClient[]; run: Load["run"] }> => {
    const clients: BareClient[] = [];
    for (let index = 0; index < size.connections; index++) clients.push(await open(url, serializer));
    const frames = (client: BareClient) => {
      let request = 0;
      return () => client.frame(call(++request));
    };
    return {
      clients,
      run: pump(
        clients.map((client) => ({ client, next: frames(client) })),
        size.inFlight / size.connections,
      ),
    };
  };
  const text = size.bytes < 1_024 ? "small" : `${size.bytes / 1_024} KB`;
  return {
    name: `call, ${text}, ${size.inFlight} in flight on ${size.connections} connection${size.connections > 1 ? "s" : ""}`,
    unit: "call",
    baseline: "echo",
    goal,
    async onRouter(url) {
      const callee = await answerCalls(url, "x".repeat(size.bytes));
      const { clients, run } = await drive(url, BareClient.join);
      return { run, close: () => closeAll([callee, ...clients]) };
    },
    async onBaseline(url) {
      const { clients, run } = await drive(url, BareClient.open);
      return { run, close: () => closeAll(clients) };
    },
  };
}

/** Keeps so many messages under way on each connection, until the time is up and all are answered. */
function pump(
  connections: readonly { readonly client: BareClient; next(): Buffer }[],
  perConnection: number,
): Load["run"] {
  return (durationMs) =>
    new Promise((resolve) => {
      const end = Date.now() + durationMs;
      let answered = 0;
      let open = 0;
      for (const { client, next } of connections) {
        client.onFrames((count) => {
          answered += count;
          open -= count;
          if (Date.now() >= end) {
            if (open === 0) resolve(answered);
            return;
          }
          open += count;
          client.socket.write(count === 1 ? next() : Buffer.concat(Array.from({ length: count }, next)));
        });
        open += perConnection;
        client.socket.write(Buffer.concat(Array.from({ length: perConnection }, next)));
      }
    });
}

/** A callee that answers each INVOCATION at once, in one write per read. */
async function answerCalls(url: string, payload: string): Promise<BareClient> {
  const callee = await BareClient.join(url, serializer);
  await callee.ask([64, 1, {}, "com.bench.echo"]);
  const tail = `,{},[${JSON.stringify(payload)}]]`;
  let answers: Buffer[] = [];
  callee.onPayloads((invocation) => {
    const request = invocation.toString("latin1", 4, invocation.indexOf(0x2c, 4)); // [68,REQUEST,...
    if (answers.length === 0) {
      queueMicrotask(() => {
        callee.socket.write(Buffer.concat(answers));
        answers = [];
      });
    }
    answers.push(clientFrame(Buffer.from(`[70,${request}${tail}`), false));
  });
  return callee;
}

function fanout(
  size: { readonly subscribers: number; readonly outstanding: number },
  goal: Scenario["goal"],
): Scenario {
  const payload = "y".repeat(100);
  const connect = async (url: string, open: typeof BareClient.join) => {
    const publisher = await open(url, serializer);
    const subscribers: BareClient[] = [];
    for (let index = 0; index < size.subscribers; index++) subscribers.push(await open(url, serializer));
    return { publisher, subscribers };
  };
  const drive = (
    { publisher, subscribers }: Awaited<ReturnType<typeof connect>>,
    next: () => Buffer,
    perPublication: number,
  ): Load => ({
    close: () => closeAll([publisher, ...subscribers]),
    run: (durationMs) =>
      new Promise((resolve) => {
        const end = Date.now() + durationMs;
        let delivered = 0;
        let expected = 0;
        const publish = () => {
          expected += perPublication;
          publisher.socket.write(next());
        };
        const heard = (count: number) => {
          delivered += count;
          const behind = Math.ceil((expected - delivered) / perPublication);
          if (Date.now() < end) for (let missing = behind; missing < size.outstanding; missing++) publish();
          else if (delivered === expected) resolve(delivered);
        };
        publisher.onFrames((count) => heard(perPublication > size.subscribers ? count : 0));
        for (const subscriber of subscribers) subscriber.onFrames(heard);
        for (let first = 0; first < size.outstanding; first++) publish();
      }),
  });
  return {
    name: `event, 100 B, to ${size.subscribers} subscribers, ${size.outstanding} publication${size.outstanding > 1 ? "s" : ""} outstanding`,
    unit: "event",
    baseline: "fanout",
    goal,
    async onRouter(url) {
      const clients = await connect(url, BareClient.join);
      for (const subscriber of clients.subscribers) await subscriber.ask([32, 1, {}, "com.bench.topic"]);
      let request = 0;
      return drive(
        clients,
        () => clients.publisher.frame([16, ++request, {}, "com.bench.topic", [payload]]),
        size.subscribers,
      );
    },
    async onBaseline(url) {
      const clients = await connect(url, BareClient.open);
      const frame = clients.publisher.frame([36, 1, 2 ** 52, {}, [payload]]);
      return drive(clients, () => frame, size.subscribers + 1); // the publisher is among its sockets
    },
  };
}

function closeAll(clients: readonly BareClient[]): void {
  for (const client of clients) client.close();
}
