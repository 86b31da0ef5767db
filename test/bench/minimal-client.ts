/** The least that a client on `ws` can be: JSON, a promise for each call, one write for each turn, and no checks at all. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";

/** Joins, registers `add2`, gives events to `add`, and returns how to call `add2` with 2 and 3. */
export async function joinMinimal(
  url: string,
  realm: string,
  add: (event: { readonly a?: unknown }) => void,
): Promise<() => Promise<unknown>> {
  const ws = new WebSocket(url, "wamp.2.json", { perMessageDeflate: false });
  const pending = new Map<number, (value: unknown) => void>();
  let request = 0;
  let corked = false;
  const send = (message: readonly unknown[]) => {
    const { _socket: socket } = ws as unknown as { _socket: Duplex };
    if (!corked) {
      corked = true;
      socket.cork();
      setImmediate(() => {
        corked = false;
        socket.uncork();
      });
    }
    ws.send(JSON.stringify(message));
  };
  const ask = (message: (request: number) => readonly unknown[]) =>
    new Promise<unknown>((resolve) => {
      pending.set(++request, resolve);
      send(message(request));
    });
  await once(ws, "open");
  const welcomed = once(ws, "message");
  send([1, realm, { roles: { caller: {}, callee: {}, subscriber: {} } }]);
  await welcomed;
  ws.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString());
    if (message[0] === 36) {
      if (message[5]) return add(message[5]);
      return void ask((id) => [48, id, {}, "com.app.done"]);
    }
    if (message[0] === 68) {
      const { a, b } = message[5];
      return send([70, message[1], {}, [a + b]]);
    }
    pending.get(message[1])?.(message[3]?.[0]);
    return pending.delete(message[1]);
  });
  await ask((id) => [64, id, {}, "com.app.add2"]);
  await ask((id) => [32, id, {}, "com.app.event"]);
  await ask((id) => [32, id, {}, "com.app.done"]);
  return () => ask((id) => [48, id, {}, "com.app.add2", [], { a: 2, b: 3 }]);
}
