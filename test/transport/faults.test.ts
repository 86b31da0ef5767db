/** An exception while one connection is read or written ends that connection, not the process. */
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact/peer";
import { websocket } from "wampact/router";
import { WebSocket } from "ws";
import type { ListenerHost } from "../../src/transport/listener.js";
import type { Reading, Transport } from "../../src/transport/transport.js";
import { UnsentTotal } from "../../src/transport/unsent.js";
import type { Message } from "../../src/wire/messages.js";
import { json } from "../../src/wire/serializers/json.js";
import { REALM } from "../support/raw.js";

test.for([
  false,
  true,
])("what the handler of a message throws is reported, and only its connection is ended (compression: %s)", async (perMessageDeflate, t) => {
  const fault = new Error("a fault of the handler");
  const { url, reported } = await listenTo(t, perMessageDeflate, () => {
    throw fault;
  });
  const [client, bystander] = await Promise.all([open(url), open(url)]);
  client.send(JSON.stringify([1, REALM, { roles: { caller: {} } }]));
  const [code] = await once(client, "close");
  expect(code).toBe(1006);
  expect(reported).toEqual([fault]);
  expect(bystander.readyState).toBe(WebSocket.OPEN);
  bystander.terminate();
});

test("nothing more of a chunk is handed over once a handler has paused the reading", async (t) => {
  const received: Message["type"][] = [];
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let reading: Reading | undefined;
  const { port } = await listenTo(t, false, (message, transport) => {
    received.push(message.type);
    reading = transport.reading;
    reading?.pause();
    stop();
  });
  const socket = connectTcp(port, "127.0.0.1");
  t.onTestFinished(() => void socket.destroy());
  socket.write(UPGRADE);
  await once(socket, "data");
  socket.write(Buffer.concat([frame('[6,{},"a.b"]'), frame("[36,1,2,{}]"), frame('[3,{},"a.b"]')]));
  await stopped;
  expect(received).toEqual(["GOODBYE"]);
  reading?.resume();
  await expect.poll(() => received).toEqual(["GOODBYE", "EVENT"]);
});

test.for([
  0,
  1.5,
  2 ** 31,
  Number.POSITIVE_INFINITY,
])("maxMessageBytes: %d is refused by a listener and by a client", async (maxMessageBytes) => {
  const refusal = `maxMessageBytes: expected an integer from 1 to 2147483647, got ${maxMessageBytes}`;
  expect(() => websocket({ maxMessageBytes })).toThrow(refusal);
  await expect(async () => connect({ url: "ws://127.0.0.1:1/ws", realm: REALM, maxMessageBytes })).rejects.toThrow(
    refusal,
  );
});

type Receive = (message: Message, transport: Transport) => void;

/** A listener whose connections give each message to a handler, and what was reported. */
async function listenTo(t: TestContext, perMessageDeflate: boolean, receive: Receive) {
  const reported: unknown[] = [];
  const host: ListenerHost = {
    serializers: [json()],
    unsent: new UnsentTotal(),
    handshakeTimeoutMs: 5_000,
    refusal: undefined,
    admit: (answer) => answer(),
    addressRefusal: () => undefined,
    accept: (transport) =>
      transport.open({
        receive: (message) => receive(message, transport),
        refused() {},
        violation() {},
        closed() {},
      }),
    refused: (_info, why) => expect.unreachable(why),
    report: (error) => void reported.push(error),
  };
  const listening = await websocket({ perMessageDeflate }).listen(host);
  t.onTestFinished(() => listening.close());
  return { url: listening.url, port: listening.port, reported };
}

const UPGRADE = [
  "GET /ws HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "Sec-WebSocket-Protocol: wamp.2.json",
  "",
  "",
].join("\r\n");

/** A short text frame of a client, with a mask of zeros. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

async function open(url: string): Promise<WebSocket> {
  const ws = new WebSocket(url, ["wamp.2.json"], { perMessageDeflate: { threshold: 0 } });
  ws.on("error", () => {}); // "close" follows
  await once(ws, "open");
  return ws;
}
