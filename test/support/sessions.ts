/**
 * Sessions that do a bit of everything and end in every way a session can end, while others are still at it. Each is a bare
 * WebSocket that speaks JSON, so that nothing on this side tidies up behind it.
 */
import { once } from "node:events";
import type { Router } from "wampact/router";
import { WebSocket } from "ws";

const FEATURES = {
  features: {
    call_canceling: true,
    call_reroute: true,
    progressive_call_invocations: true,
    progressive_call_results: true,
  },
};
const HELLO_DETAILS = { roles: { publisher: FEATURES, subscriber: FEATURES, caller: FEATURES, callee: FEATURES } };

/** The ways to end, in turn. Each leaves what the session held to the router. */
const ENDS: readonly ((socket: WebSocket, how: { router: Router; realm: string; session: number }) => void)[] = [
  (socket) => socket.send(JSON.stringify([6, {}, "wamp.close.close_realm"])), // and closes when the echo has come
  (socket) => socket.send(JSON.stringify([3, {}, "wamp.close.close_realm"])),
  (socket) => socket.close(1000),
  (socket) => socket.terminate(),
  (socket) => socket.send("no message at all"),
  (socket) => socket.send(JSON.stringify([2, 1, {}])), // a WELCOME, which no client sends
  (socket, { session }) => socket.send(JSON.stringify([48, 9_000, {}, "wamp.session.kill", [session]])), // refused: it is its own
  (_, { router, realm, session }) => router.endSession(realm, session),
];

/** How many sessions of what realm. `underWay` is told in the midst of the traffic of each. */
export interface SessionRun {
  readonly url: string;
  readonly realm: string;
  readonly count: number;
  readonly underWay?: () => void;
}

/** Makes so many sessions, a few at a time, and resolves when every socket is closed. */
export async function runSessions(router: Router, run: SessionRun): Promise<void> {
  const { count } = run;
  const abreast = 50;
  for (let first = 0; first < count; first += abreast) {
    const size = Math.min(abreast, count - first);
    await Promise.all(Array.from({ length: size }, (_, at) => runSession(router, run, first + at)));
  }
}

async function runSession(router: Router, { url, realm, underWay }: SessionRun, index: number): Promise<void> {
  const socket = new WebSocket(url, "wamp.2.json");
  const closed = once(socket, "close");
  await once(socket, "open");
  if (index % 17 === 16) {
    socket.close(); // it never says HELLO
    await closed;
    return;
  }
  socket.send(JSON.stringify([1, realm, HELLO_DETAILS]));
  const [welcome] = (await once(socket, "message")) as [Buffer];
  const session: number = JSON.parse(String(welcome))[1];
  answerSome(socket);
  for (const message of traffic(index)) socket.send(JSON.stringify(message));
  await new Promise((resolve) => setImmediate(resolve));
  underWay?.();
  ENDS[index % ENDS.length]?.(socket, { router, realm, session });
  if (index % ENDS.length === 6) socket.close();
  await closed;
}

/** Answers two of three invocations, the GOODBYE of both sides, and lets the rest wait for ever. */
function answerSome(socket: WebSocket): void {
  let invocations = 0;
  socket.on("message", (data) => {
    const [type, request] = JSON.parse(String(data));
    if (type === 6) socket.close();
    if (type !== 68) return;
    invocations++;
    if (invocations % 3 === 1) socket.send(JSON.stringify([70, request, {}, [1]]));
    if (invocations % 3 === 2) socket.send(JSON.stringify([8, 68, request, {}, "wamp.error.unavailable"]));
  });
}

/** Something of everything that leaves a trace in the router. */
function traffic(index: number): readonly unknown[] {
  let request = 0;
  const next = () => ++request;
  return [
    [32, next(), {}, "com.example.shared"],
    [32, next(), { match: "prefix" }, "com.example."],
    [32, next(), { match: "wildcard", nkey: `node-${index % 5}` }, `com.example..${index % 7}`],
    [32, next(), {}, `com.example.own.${index}`],
    [64, next(), { invoke: "roundrobin" }, "com.example.work"],
    [64, next(), { invoke: "random", match: "prefix" }, `com.example.tree.${index % 3}`],
    [64, next(), {}, `com.example.mine.${index}`],
    [48, next(), {}, "wamp.session.add_testament", ["com.example.shared", ["gone"], {}]],
    [48, next(), {}, "wamp.reflect.define", ["procedure", `com.example.mine.${index}`, { summary: "mine" }]],
    [48, next(), { timeout: 60_000, receive_progress: true }, "com.example.work", [index]],
    [48, next(), {}, `com.example.mine.${index}`, ["to itself"]],
    [48, next(), { progress: true }, "com.example.tree.1.open", ["more is never sent"]],
    [48, next(), {}, "com.example.work", [index]],
    [49, request, { mode: "kill" }],
    [16, next(), {}, "com.example.shared", [index]],
    [16, next(), { retain: true, rkey: String(index) }, `com.example.x.${index % 7}`, [index]],
    [34, next(), 1],
  ];
}
