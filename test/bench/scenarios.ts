import type { SerializerId } from "../../src/wire/payload.js";
import type { Serializer } from "../../src/wire/serializer.js";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";
import { BareClient, listOf } from "./load.js";

/** A load on one server; `run` drives it for a while and says how many messages (calls, deliveries) there were. */
export interface Load {
  run(durationMs: number): Promise<number>;
  /** Milliseconds from request to answer of each message of the last run, in order of size. */
  latencies?(): readonly number[];
  close(): void;
}

/** The most that the router may take, as a multiple of the baseline. */
export interface Goal {
  readonly id: string;
  readonly ratio: number;
}

/** What is measured: a load on the router, and the same on a baseline. */
export interface Scenario {
  readonly name: string;
  /** What one message is. */
  readonly unit: "call" | "event";
  readonly baseline: "echo" | "fanout";
  readonly goal: Goal | undefined;
  /** Whether `--quick` leaves it out. */
  readonly long: boolean;
  /** Whether the router is spoken to over RawSocket; the baseline never is. */
  readonly raw?: boolean;
  onRouter(url: string): Promise<Load>;
  onBaseline(url: string): Promise<Load>;
}

/** How large a load of calls is. */
export interface CallLoad {
  readonly inFlight: number;
  readonly connections: number;
  readonly bytes: number;
  readonly serializer: SerializerId;
  /** Whether all messages of a turn travel in one frame. Default false. */
  readonly batched?: boolean;
}

const SERIALIZERS: Readonly<Record<SerializerId, Serializer>> = { json: json(), msgpack: msgpack(), cbor: cbor() };

export const SCENARIOS: readonly Scenario[] = [
  calls({ inFlight: 1, connections: 1, bytes: 16, serializer: "json" }, { goal: { id: "G1", ratio: 2.3 } }),
  calls({ inFlight: 256, connections: 1, bytes: 16, serializer: "json" }, { goal: { id: "G1", ratio: 0.6 } }),
  calls({ inFlight: 256, connections: 64, bytes: 16, serializer: "json" }, { goal: { id: "G1", ratio: 1.2 } }),
  calls({ inFlight: 256, connections: 1, bytes: 16, serializer: "json", batched: true }),
  calls({ inFlight: 256, connections: 1, bytes: 16, serializer: "msgpack" }, { long: true }),
  calls({ inFlight: 256, connections: 1, bytes: 16, serializer: "msgpack", batched: true }, { long: true }),
  calls({ inFlight: 256, connections: 64, bytes: 16, serializer: "msgpack" }, { long: true }),
  calls({ inFlight: 256, connections: 64, bytes: 16, serializer: "cbor" }, { long: true }),
  calls({ inFlight: 16, connections: 1, bytes: 1_024, serializer: "json" }, { goal: { id: "G3", ratio: 2.5 } }),
  calls({ inFlight: 16, connections: 1, bytes: 65_536, serializer: "json" }, { goal: { id: "G3", ratio: 7 } }),
  calls({ inFlight: 16, connections: 1, bytes: 65_536, serializer: "msgpack" }, { goal: { id: "G3", ratio: 3 } }),
  calls(
    { inFlight: 16, connections: 1, bytes: 65_536, serializer: "cbor" },
    { goal: { id: "G3", ratio: 3 }, long: true },
  ),
  overRawSocket(calls({ inFlight: 256, connections: 64, bytes: 16, serializer: "json" }, { long: true })),
  overRawSocket(calls({ inFlight: 256, connections: 64, bytes: 16, serializer: "msgpack" }, { long: true })),
  fanout({ subscribers: 1_000, outstanding: 1, bytes: 100 }, { goal: { id: "G4", ratio: 1.1 } }),
  fanout({ subscribers: 100, outstanding: 16, bytes: 100 }, { goal: { id: "G5", ratio: 0.25 } }),
  fanout({ subscribers: 100, outstanding: 1, bytes: 65_536 }, { long: true }),
  overRawSocket(fanout({ subscribers: 100, outstanding: 16, bytes: 100 }, { long: true })),
];

/** The same load on the same port, over RawSocket. */
function overRawSocket(scenario: Scenario): Scenario {
  return {
    ...scenario,
    name: `${scenario.name}, over RawSocket`,
    raw: true,
    onRouter: (url) => scenario.onRouter(`rs://${new URL(url).host}`),
  };
}

interface Judgement {
  readonly goal?: Goal;
  readonly long?: boolean;
}

/** Calls that one callee echoes. JSON carries text, the others bytes. */
export function calls(size: CallLoad, { goal, long = false }: Judgement = {}): Scenario {
  const serializer = SERIALIZERS[size.serializer];
  const argument = serializer.binary ? new Uint8Array(size.bytes).fill(120) : "x".repeat(size.bytes);
  const { batched = false } = size;
  const drive = async (url: string, open: typeof BareClient.join) => {
    const clients: BareClient[] = [];
    for (let index = 0; index < size.connections; index++) clients.push(await open(url, serializer, batched));
    const messages = () => {
      let request = 0;
      return () => listOf(serializer, [48, ++request, {}, "com.bench.echo", [argument]]);
    };
    const sources = clients.map((client) => ({ client, next: messages() }));
    return { clients, ...pump(sources, size.inFlight / size.connections) };
  };
  return {
    name: `call, ${sizeText(size.bytes)}, ${size.inFlight} in flight on ${plural(size.connections, "connection")}, ${size.serializer}${batched ? ", batched" : ""}`,
    unit: "call",
    baseline: "echo",
    goal,
    long,
    async onRouter(url) {
      const callee = await answerCalls(url, { serializer, argument, batched });
      const { clients, run, latencies } = await drive(url, BareClient.join);
      return { run, latencies, close: () => closeAll([callee, ...clients]) };
    },
    async onBaseline(url) {
      const { clients, run, latencies } = await drive(url, BareClient.open);
      return { run, latencies, close: () => closeAll(clients) };
    },
  };
}

/** Keeps so many messages under way on each connection, until the time is up and all are answered. */
export function pump(
  connections: readonly { readonly client: BareClient; next(): Uint8Array }[],
  perConnection: number,
): Required<Pick<Load, "run" | "latencies">> {
  let times: number[] = [];
  return {
    latencies: () => times.sort((a, b) => a - b),
    run: (durationMs) =>
      new Promise((resolve) => {
        const end = Date.now() + durationMs;
        times = [];
        let answered = 0;
        let open = 0;
        for (const { client, next } of connections) {
          let sent: number[] = []; // when, of each that is under way: one connection's answers keep their order here
          const send = (count: number) => {
            const now = performance.now();
            for (let index = 0; index < count; index++) sent.push(now);
            open += count;
            client.socket.write(client.framed(Array.from({ length: count }, next)));
          };
          client.onFrames((count) => {
            answered += count;
            open -= count;
            const now = performance.now();
            for (let index = 0; index < count; index++) times.push(now - (sent[index] as number));
            sent = sent.slice(count);
            if (Date.now() < end) send(count);
            else if (open === 0) resolve(answered);
          });
          send(perConnection);
        }
      }),
  };
}

/** A callee that answers each INVOCATION at once with the same bytes, in one write per read. */
export async function answerCalls(
  url: string,
  {
    serializer,
    argument,
    batched = false,
  }: { readonly serializer: Serializer; readonly argument: unknown; readonly batched?: boolean },
): Promise<BareClient> {
  const callee = await BareClient.join(url, serializer, batched);
  await callee.ask([64, 1, {}, "com.bench.echo"]);
  const [head, tail] = yieldAround(serializer, argument);
  let answers: Buffer[] = [];
  callee.onPayloads((invocation) => {
    if (answers.length === 0) {
      queueMicrotask(() => {
        callee.socket.write(callee.framed(answers));
        answers = [];
      });
    }
    answers.push(Buffer.concat([head, requestOf(invocation, serializer.id), tail]));
  });
  return callee;
}

/** What stands in a YIELD before its request ID and after it. */
function yieldAround(serializer: Serializer, argument: unknown): readonly [Buffer, Buffer] {
  const whole = Buffer.from(listOf(serializer, [70, 1, {}, [argument]]));
  const start = { json: 4, msgpack: 2, cbor: 3 }[serializer.id]; // the ID 1 is one byte in each
  return [whole.subarray(0, start), whole.subarray(start + 1)];
}

/** The bytes of an INVOCATION's request ID, which its YIELD repeats. */
function requestOf(invocation: Buffer, serializer: SerializerId): Buffer {
  if (serializer === "json") return invocation.subarray(4, invocation.indexOf(0x2c, 4)); // [68,REQUEST,...
  const start = serializer === "msgpack" ? 2 : 3;
  const lead = invocation[start] as number;
  const more = serializer === "msgpack" ? (lead < 0x80 ? 0 : 1 << (lead - 0xcc)) : lead < 0x18 ? 0 : 1 << (lead - 0x18);
  return invocation.subarray(start, start + 1 + more);
}

/** Events of one publisher to many. */
export function fanout(
  size: { readonly subscribers: number; readonly outstanding: number; readonly bytes: number },
  { goal, long = false }: Judgement = {},
): Scenario {
  const serializer = SERIALIZERS.json;
  const payload = "y".repeat(size.bytes);
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
    name: `event, ${sizeText(size.bytes)}, to ${size.subscribers} subscribers, ${plural(size.outstanding, "publication")} outstanding`,
    unit: "event",
    baseline: "fanout",
    goal,
    long,
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

function sizeText(bytes: number): string {
  return bytes < 1_024 ? `${bytes} B` : `${bytes / 1_024} KB`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count > 1 ? "s" : ""}`;
}
