/** An exception while one connection is read or written ends that connection, not the process. */
import { once } from "node:events";
import { expect, test } from "vitest";
import { connect } from "wampact/peer";
import { websocket } from "wampact/router";
import { WebSocket } from "ws";
import type { ListenerHost } from "../../src/transport/listener.js";
import type { Transport } from "../../src/transport/transport.js";
import { UnsentTotal } from "../../src/transport/unsent.js";
import { json } from "../../src/wire/serializers/json.js";
import { REALM } from "../support/raw.js";

test.for([
  false,
  true,
])("what the handler of a message throws is reported, and only its connection is ended (compression: %s)", async (perMessageDeflate, t) => {
  const reported: unknown[] = [];
  const fault = new Error("a fault of the handler");
  const host: ListenerHost = {
    serializers: [json()],
    unsent: new UnsentTotal(),
    handshakeTimeoutMs: 5_000,
    draining: false,
    accept: (transport) => openThrowing(transport, fault),
    refused: (_info, why) => expect.unreachable(why),
    report: (error) => void reported.push(error),
  };
  const listening = await websocket({ perMessageDeflate }).listen(host);
  t.onTestFinished(() => listening.close());
  const [client, bystander] = await Promise.all([open(listening.url), open(listening.url)]);
  client.send(JSON.stringify([1, REALM, { roles: { caller: {} } }]));
  const [code] = await once(client, "close");
  expect(code).toBe(1006);
  expect(reported).toEqual([fault]);
  expect(bystander.readyState).toBe(WebSocket.OPEN);
  bystander.terminate();
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

function openThrowing(transport: Transport, fault: Error): void {
  transport.open({
    receive() {
      throw fault;
    },
    refused() {},
    violation() {},
    closed() {},
  });
}

async function open(url: string): Promise<WebSocket> {
  const ws = new WebSocket(url, ["wamp.2.json"], { perMessageDeflate: { threshold: 0 } });
  ws.on("error", () => {}); // "close" follows
  await once(ws, "open");
  return ws;
}
