/** Times that a timer of the platform would cut short. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { connect } from "wampact/peer";
import { createRouter } from "wampact/router";
import { REALM } from "../support/raw.js";
import { cert, key } from "../support/tls.js";

test.for([
  2 ** 31,
  Number.POSITIVE_INFINITY,
])("a handshake's time and a ping's of %d ms let a session stand", async (ms, t) => {
  const router = createRouter({ realms: [{ name: REALM }], handshakeTimeoutMs: ms });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ pingIntervalMs: ms });
  const peer = await connect({ url, realm: REALM, pingIntervalMs: ms, connectTimeoutMs: ms });
  t.onTestFinished(() => peer.close());
  await peer.register("com.example.echo", () => "here");
  await sleep(20); // what would run at once has run
  expect((await peer.call("com.example.echo")).args).toEqual(["here"]);
  expect(router.totals(REALM)).toMatchObject({ joined: 1, left: 0 });
});

test("a listener with TLS takes an endless time for handshakes", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }], handshakeTimeoutMs: Number.POSITIVE_INFINITY });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ tls: { cert, key } });
  const peer = await connect({ url, realm: REALM, tls: { rejectUnauthorized: false } });
  expect(router.sessions(REALM)).toHaveLength(1);
  await peer.close();
});
