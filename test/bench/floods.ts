/** Disturbances by large or malformed messages, and by connections that begin and do not go on. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { json } from "../../src/wire/serializers/json.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";
import { type Act, type Disturbance, frames, MEGABYTE, outcome, pause } from "./acts.js";
import { clientFrame } from "./frames.js";
import { BareClient } from "./load.js";

const serializer = json();
const RETAINED = 10_000;
const SUBSCRIBERS = 10;
const CALLS = 20_000;
const DEPTH = 100_000;
const HALVES = 500;
/** How long half a handshake is held. */
const HELD_MS = 1_000;

export const FLOODS: readonly Disturbance[] = [
  { name: "10 subscribers get 10,000 retained events each", long: true, prepare: prepareRetained },
  { name: "a caller with 20,000 calls under way is cut", long: true, prepare: prepareUnanswered },
  { name: "13 MB of binary in MessagePack go to 10 subscribers with JSON", long: true, prepare: prepareBinary },
  {
    name: "100 calls with arguments that nest 100,000 levels deep",
    long: true,
    async prepare(url) {
      const client = await BareClient.join(url, serializer);
      const deep = `${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`;
      const calls = Array.from({ length: 100 }, (_, index) => `[48,${index + 1},{},"com.bench.none",${deep}]`);
      return async () => {
        const refused = frames(client, calls.length);
        for (const call of calls) client.socket.write(clientFrame(Buffer.from(call), false));
        await refused;
        return undefined;
      };
    },
  },
  {
    name: "a CALL whose procedure is 15 MB of escapes",
    long: true,
    async prepare(url) {
      const call = Buffer.from(`[48,1,{},"${"\\u0061".repeat((15 * MEGABYTE) / 6)}"]`);
      const client = await BareClient.join(url, serializer);
      return () => outcome(client, clientFrame(call, false));
    },
  },
  {
    name: "a CALL with an argument of 15 MB that is not ASCII",
    long: true,
    async prepare(url) {
      const call = notAscii(15 * MEGABYTE);
      const client = await BareClient.join(url, serializer);
      return () => outcome(client, call);
    },
  },
  { name: "500 handshakes stop halfway", long: true, prepare: async (url) => () => halfHandshakes(url) },
];

/** A CALL with as many bytes of letters that take two each. */
function notAscii(bytes: number): Buffer {
  return clientFrame(Buffer.from(`[48,1,{},"com.bench.none",["${"é".repeat(bytes / 2)}"]]`), false);
}

async function prepareRetained(url: string): Promise<Act> {
  const publisher = await BareClient.join(url, serializer);
  const options = { acknowledge: true, retain: true };
  const payload = ["x".repeat(1_024)];
  await publisher.askAll(RETAINED, (index) => [16, index + 1, options, `com.bench.retained.t${index}`, payload]);
  const subscribers = await BareClient.joinMany(url, serializer, SUBSCRIBERS);
  return async () => {
    const all = subscribers.map((subscriber) => frames(subscriber, RETAINED + 1));
    const subscribe = [32, 1, { match: "prefix", get_retained: true }, "com.bench.retained."];
    for (const subscriber of subscribers) subscriber.socket.write(subscriber.frame(subscribe));
    await Promise.all(all);
    return undefined;
  };
}

async function prepareUnanswered(url: string): Promise<Act> {
  const callee = await BareClient.join(url, serializer);
  await callee.ask([64, 1, {}, "com.bench.silent"]);
  const caller = await BareClient.join(url, serializer);
  const invoked = frames(callee, CALLS);
  const calls = Array.from({ length: CALLS }, (_, index) => caller.frame([48, index + 1, {}, "com.bench.silent"]));
  caller.socket.write(Buffer.concat(calls));
  await invoked;
  return async () => {
    caller.close();
    return undefined;
  };
}

/** As JSON it is larger than what the router takes from anybody. Subscribers that have announced no bound are sent it. */
async function prepareBinary(url: string): Promise<Act> {
  const subscribers = await BareClient.joinMany(url, serializer, SUBSCRIBERS);
  for (const subscriber of subscribers) await subscriber.ask([32, 1, {}, "com.bench.binary"]);
  const publisher = await BareClient.join(url, msgpack());
  const bytes = new Uint8Array(13 * MEGABYTE).fill(1);
  const publish = publisher.frame([16, 1, {}, "com.bench.binary", [bytes]]);
  return async () => {
    const received = subscribers.map((subscriber) => frames(subscriber, 1));
    publisher.socket.write(publish);
    await Promise.all(received);
    return undefined;
  };
}

/** A third say nothing, a third send half a request, a third agree to a WebSocket and send half a frame. */
async function halfHandshakes(url: string): Promise<undefined> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  const open = async (index: number) => {
    if (index % 3 === 2) {
      const { socket } = await BareClient.open(url, serializer);
      sockets.push(socket);
      return socket.write(Buffer.from([0x81, 0xfe]));
    }
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => {}); // it may be refused
    sockets.push(socket);
    await once(socket, "connect");
    if (index % 3 === 1) socket.write("GET /ws HTTP/1.1\r\nHost: ");
  };
  for (let from = 0; from < HALVES; from += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => open(from + index)));
  }
  await pause(HELD_MS);
  for (const socket of sockets) socket.destroy();
  return undefined;
}
