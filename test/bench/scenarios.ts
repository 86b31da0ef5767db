import type { SerializerId } from "../../src/wire/payload.js";
import type { Serializer } from "../../src/wire/serializer.js";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";
import type { Goal } from "./goals.js";
import { BareClient } from "./load.js";
import { argumentOf, type PayloadKind } from "./payloads.js";

/** A load on one server; `run` drives it for a while and says how many messages (calls, deliveries) there were. */
export interface Load {
  run(durationMs: number): Promise<number>;
  /** Milliseconds from request to answer of each message of the last run, in order of size. */
  latencies?(): readonly number[];
  close(): void;
}

/** One measurement: a load on the router, and the same load on a baseline. */
export interface Scenario {
  readonly name: string;
  /** The unit of one message. */
  readonly unit: "call" | "event";
  readonly baseline: "echo" | "fanout";
  readonly goal: Goal | undefined;
  /** Whether `--quick` leaves it out. */
  readonly long: boolean;
  /** Whether the router is spoken to over RawSocket; the baseline never is. */
  readonly raw?: boolean;
  /** Whether servers run on the CPU of the load. */
  readonly oneCpu?: boolean;
  /** `other` is another router of the same realm, for those who call or subscribe; events may go to several. Default: the same one. */
  onRouter(url: string, other?: string): Promise<Load>;
  onBaseline(url: string): Promise<Load>;
}

/** How large a load of calls is. */
export interface CallLoad {
  readonly inFlight: number;
  readonly connections: number;
  readonly bytes: number;
  /** Default text. */
  readonly payload?: PayloadKind;
  readonly serializer: SerializerId;
  /** Whether the server and the load share one CPU, so that nobody waits for another CPU to wake up. Default false. */
  readonly oneCpu?: boolean;
  /** Whether all messages of a turn travel in one frame. Default false. */
  readonly batched?: boolean;
}

const SERIALIZERS: Readonly<Record<SerializerId, Serializer>> = { json: json(), msgpack: msgpack(), cbor: cbor() };

/** A small argument in JSON. */
const SMALL = { bytes: 16, serializer: "json" } as const;

/** One call after another, on one CPU: nobody waits for another CPU to wake up. */
export const ONE_CALL: Scenario = calls(
  { ...SMALL, inFlight: 1, connections: 1, oneCpu: true },
  { goal: { id: "G1", ratio: 2.1 } },
);
export const MANY_CALLS: Scenario = calls(
  { ...SMALL, inFlight: 256, connections: 64 },
  { goal: { id: "G1", ratio: 0.55, ofOthers: 1 / 5 } },
);

export const SCENARIOS: readonly Scenario[] = [
  ONE_CALL,
  calls({ ...SMALL, inFlight: 16, connections: 1 }, { goal: { id: "G1", ratio: 1.1, ofOthers: 1 / 2.5 } }),
  calls({ ...SMALL, inFlight: 256, connections: 1 }, { goal: { id: "G1", ratio: 0.45 } }),
  MANY_CALLS,
  calls({ ...SMALL, inFlight: 256, connections: 1, batched: true }),
  calls({ ...SMALL, inFlight: 256, connections: 1, serializer: "msgpack" }, { goal: { id: "G1", ratio: 0.8 } }),
  calls(
    { ...SMALL, inFlight: 256, connections: 1, serializer: "cbor" },
    { goal: { id: "G1", ratio: 0.8 }, long: true },
  ),
  calls({ ...SMALL, inFlight: 256, connections: 1, serializer: "msgpack", batched: true }, { long: true }),
  calls(
    { ...SMALL, inFlight: 256, connections: 64, serializer: "msgpack" },
    { goal: { id: "G1", ratio: 0.8 }, long: true },
  ),
  calls(
    { ...SMALL, inFlight: 256, connections: 64, serializer: "cbor" },
    { goal: { id: "G1", ratio: 0.8 }, long: true },
  ),
  calls({ inFlight: 256, connections: 64, bytes: 100, payload: "records", serializer: "json" }, { long: true }),
  large({ bytes: 1_024, payload: "records", serializer: "json" }, { goal: { id: "G3", ratio: 1.8 } }),
  large({ bytes: 1_024, payload: "records", serializer: "msgpack" }, { long: true }),
  large({ bytes: 1_024, payload: "records", serializer: "cbor" }, { long: true }),
  large({ bytes: 1_024, payload: "text", serializer: "json" }, { long: true }),
  large({ bytes: 65_536, payload: "records", serializer: "json" }, { goal: { id: "G3", ratio: 8 } }),
  large({ bytes: 65_536, payload: "records", serializer: "msgpack" }, { goal: { id: "G3", ratio: 5 } }),
  large({ bytes: 65_536, payload: "records", serializer: "cbor" }, { goal: { id: "G3", ratio: 5 }, long: true }),
  large({ bytes: 65_536, payload: "binary", serializer: "msgpack" }, { goal: { id: "G3", ratio: 2.5, ofOthers: 1 } }),
  large(
    { bytes: 65_536, payload: "binary", serializer: "cbor" },
    { goal: { id: "G3", ratio: 2.5, ofOthers: 1 }, long: true },
  ),
  large({ bytes: 65_536, payload: "text", serializer: "json" }, { long: true }),
  large({ bytes: 65_536, payload: "text", serializer: "msgpack" }, { long: true }),
  large({ bytes: 65_536, payload: "text", serializer: "cbor" }, { long: true }),
  overRawSocket(calls({ ...SMALL, inFlight: 256, connections: 64 }, { long: true })),
  overRawSocket(calls({ ...SMALL, inFlight: 256, connections: 64, serializer: "msgpack" }, { long: true })),
  fanout({ subscribers: 1_000, outstanding: 1, bytes: 100 }, { goal: { id: "G4", ratio: 1.02, ofOthers: 0.55 } }),
  fanout({ subscribers: 100, outstanding: 16, bytes: 100 }, { goal: { id: "G5", ratio: 0.11, ofOthers: 1 / 8 } }),
  fanout(
    { subscribers: 100, outstanding: 1, bytes: 65_536 },
    { goal: { id: "G6", ratio: 1.1, ofOthers: 1 / 20 }, long: true },
  ),
  overRawSocket(fanout({ subscribers: 100, outstanding: 16, bytes: 100 }, { long: true })),
];

function large(size: Pick<CallLoad, "bytes" | "payload" | "serializer">, judgement: Judgement): Scenario {
  return calls({ ...size, inFlight: 16, connections: 1 }, judgement);
}

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

/** Calls that one callee echoes. */
export function calls(size: CallLoad, { goal, long = false }: Judgement = {}): Scenario {
  const serializer = SERIALIZERS[size.serializer];
  const { batched = false, payload = "text" } = size;
  const argument = argumentOf(payload, size.bytes, serializer);
  const drive = async (url: string, open: typeof BareClient.join) => {
    const clients: BareClient[] = [];
    for (let index = 0; index < size.connections; index++) clients.push(await open(url, serializer, batched));
    return { clients, ...pump(clients, CALL(argument), size.inFlight / size.connections) };
  };
  const words = [
    `call, ${sizeText(size.bytes)} of ${payload}`,
    `${size.inFlight} in flight on ${plural(size.connections, "connection")}`,
    size.serializer,
    ...(batched ? ["batched"] : []),
    ...(size.oneCpu ? ["on one CPU"] : []),
  ];
  return {
    name: words.join(", "),
    unit: "call",
    baseline: "echo",
    goal,
    long,
    oneCpu: size.oneCpu ?? false,
    async onRouter(url, other = url) {
      const callee = await answerCalls(url, { serializer, argument, batched });
      const { clients, run, latencies } = await drive(other, BareClient.join);
      return { run, latencies, close: () => closeAll([callee, ...clients]) };
    },
    async onBaseline(url) {
      const { clients, run, latencies } = await drive(url, BareClient.open);
      return { run, latencies, close: () => closeAll(clients) };
    },
  };
}

const CALL = (argument: unknown) => [48, {}, "com.bench.echo", [argument]];

/** Keeps so many messages under way on each connection, until the time is up and all are answered. A message is a list without its request ID. */
export function pump(
  clients: readonly BareClient[],
  message: readonly unknown[],
  perConnection: number,
): Required<Pick<Load, "run" | "latencies">> {
  let times: number[] = [];
  const connections = clients.map((client) => ({ client, template: client.template(message), request: 0 }));
  return {
    latencies: () => times.sort((a, b) => a - b),
    run: (durationMs) =>
      new Promise((resolve, reject) => {
        const end = Date.now() + durationMs;
        const watch = watchAnswers(reject);
        times = [];
        let answered = 0;
        let open = 0;
        for (const connection of connections) {
          const { client, template } = connection;
          let sent: number[] = []; // when, of each that is under way: one connection's answers keep their order here
          const send = (count: number) => {
            const now = performance.now();
            const ids: Uint8Array[] = [];
            for (let index = 0; index < count; index++) {
              sent.push(now);
              ids.push(template.id(++connection.request));
            }
            open += count;
            template.send(client.socket, ids);
          };
          client.onFrames((count) => {
            if (count === 0) return;
            watch.answered = true;
            answered += count;
            open -= count;
            const now = performance.now();
            for (let index = 0; index < count; index++) times.push(now - (sent[index] as number));
            sent = sent.slice(count);
            if (Date.now() < end) send(count);
            else if (open === 0) {
              watch.end();
              resolve(answered);
            }
          });
          send(perConnection);
        }
      }),
  };
}

/** How long nothing may come while something is under way. */
const PATIENCE_MS = 5_000;

/** Rejects where a server loses messages, so that no run waits for them for ever. */
function watchAnswers(reject: (error: Error) => void): { answered: boolean; end(): void } {
  const watch = { answered: false, end: () => clearInterval(timer) };
  const timer = setInterval(() => {
    if (watch.answered) {
      watch.answered = false;
      return;
    }
    watch.end();
    reject(new Error(`nothing has come for ${PATIENCE_MS} ms: messages are lost`));
  }, PATIENCE_MS);
  return watch;
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
  const answer = callee.template([70, {}, [argument]]);
  callee.onRequests((ids) => answer.send(callee.socket, ids));
  return callee;
}

/** Events of one publisher to many. */
export function fanout(
  size: { readonly subscribers: number; readonly outstanding: number; readonly bytes: number },
  { goal, long = false }: Judgement = {},
): Scenario & { onRouter(url: string, others?: string | readonly string[]): Promise<Load> } {
  const serializer = SERIALIZERS.json;
  const payload = "y".repeat(size.bytes);
  const connect = async (url: string, open: typeof BareClient.join, others: readonly string[] = [url]) => {
    const publisher = await open(url, serializer);
    const subscribers: BareClient[] = [];
    for (let index = 0; index < size.subscribers; index++)
      subscribers.push(await open(others[index % others.length] as string, serializer));
    return { publisher, subscribers };
  };
  const drive = (
    { publisher, subscribers }: Awaited<ReturnType<typeof connect>>,
    send: () => void,
    perPublication: number,
  ): Load => ({
    close: () => closeAll([publisher, ...subscribers]),
    run: (durationMs) =>
      new Promise((resolve, reject) => {
        const end = Date.now() + durationMs;
        const watch = watchAnswers(reject);
        let delivered = 0;
        let expected = 0;
        const publish = () => {
          expected += perPublication;
          send();
        };
        const heard = (count: number) => {
          delivered += count;
          watch.answered = true;
          const behind = Math.ceil((expected - delivered) / perPublication);
          if (Date.now() < end) for (let missing = behind; missing < size.outstanding; missing++) publish();
          else if (delivered === expected) {
            watch.end();
            resolve(delivered);
          }
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
    async onRouter(url, other = url) {
      const clients = await connect(url, BareClient.join, [other].flat());
      for (const subscriber of clients.subscribers) await subscriber.ask([32, 1, {}, "com.bench.topic"]);
      const template = clients.publisher.template([16, {}, "com.bench.topic", [payload]]);
      let request = 0;
      const publish = () => template.send(clients.publisher.socket, [template.id(++request)]);
      return drive(clients, publish, size.subscribers);
    },
    async onBaseline(url) {
      const clients = await connect(url, BareClient.open);
      const template = clients.publisher.template([36, 2 ** 52, {}, [payload]]);
      const publish = () => template.send(clients.publisher.socket, [template.id(1)]);
      return drive(clients, publish, size.subscribers + 1); // the publisher is among its sockets
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
