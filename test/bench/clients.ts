/** CPU of clients per call, as callers and as callees, against each other: a bare router on this side answers and calls them. */
import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { FrameParser } from "../../src/transport/websocket/parser.js";
import { cpuMicroseconds, median } from "./cpu.js";
import { delimited, messagesIn, serverFrame } from "./frames.js";
import type { Goal } from "./goals.js";
import type { PeerKind } from "./peer-process.js";
import { type Figures, measureSides, type Rounds, type Side } from "./rounds.js";
import { pin } from "./servers.js";

/** One client measured against another. */
export interface ClientScenario {
  readonly name: string;
  readonly role: "caller" | "callee";
  readonly client: PeerKind;
  readonly baseline: PeerKind;
  readonly goal?: Goal;
  /** Whether it is left out of the short half. */
  readonly long: boolean;
}

export const CLIENT_SCENARIOS: readonly ClientScenario[] = [
  beside("caller", "typed", "wampact", { goal: { id: "G9", ratio: 1.25 } }),
  beside("callee", "typed", "wampact", { goal: { id: "G9", ratio: 1.12 } }),
  beside("caller", "wampact", "autobahn", { goal: { id: "G8", ratio: 0.38 } }),
  beside("caller", "wampact", "minimal", { goal: { id: "G8", ratio: 1.3 } }),
  beside("caller", "wampact", "wampy"),
  beside("caller", "wampact", "plain", { goal: { id: "batches", ratio: 1 } }),
  beside("callee", "wampact", "plain", { goal: { id: "batches", ratio: 1 } }),
  beside("callee", "wampact", "autobahn", { goal: { id: "G8", ratio: 0.33 } }),
  beside("callee", "wampact", "minimal"),
  beside("callee", "wampact", "wampy"),
];

/** Only those without a goal are left out of the short half. */
function beside(
  role: ClientScenario["role"],
  client: PeerKind,
  baseline: PeerKind,
  { goal }: { readonly goal?: Goal } = {},
): ClientScenario {
  const names = { wampact: "the untyped one", plain: "one without batches", minimal: "a minimal one", typed: "" };
  const to = { autobahn: "autobahn", wampy: "wampy", ...names }[baseline];
  const name = `${client === "typed" ? "typed " : ""}${role}, to ${to}`;
  return { name, role, client, baseline, long: goal === undefined, ...(goal ? { goal } : {}) };
}

/** Medians in microseconds of CPU per call. */
export async function measureClients(
  role: ClientScenario["role"],
  kinds: readonly PeerKind[],
  rounds: Rounds,
): Promise<ReadonlyMap<PeerKind, number>> {
  const figures = await measureSides(
    kinds.map((kind) => () => startClient(kind, role)),
    rounds,
  );
  return new Map(kinds.map((kind, index) => [kind, median((figures[index] as Figures).cpu)]));
}

/** A client in a process of its own, which calls, or is called, for a while, and says how often. */
async function startClient(kind: PeerKind, role: ClientScenario["role"]): Promise<Side> {
  const router = await BareRouter.start();
  const peer = fork(new URL("peer-process.ts", import.meta.url), [kind, router.url], { execArgv: ["--import", "tsx"] });
  pin(peer.pid);
  await once(peer, "message"); // ready
  return {
    cpu: async () => cpuMicroseconds(peer.pid ?? 0) ?? Number.NaN,
    run: (ms: number) => (role === "callee" ? router.call(ms) : letCall(peer, ms)),
    stop() {
      peer.kill();
      router.close();
    },
  };
}

async function letCall(peer: ChildProcess, runMs: number): Promise<number> {
  peer.send({ runMs });
  const [{ calls }] = (await once(peer, "message")) as [{ calls: number }];
  return calls;
}

const FEATURES = {
  call_canceling: true,
  call_timeout: true,
  progressive_call_results: true,
  pattern_based_registration: true,
};
const WELCOME = JSON.stringify([2, 1, { roles: { broker: { features: {} }, dealer: { features: FEATURES } } }]);
const IN_FLIGHT = 64;

/**
 * As much of a router as one client needs, on a bare socket, so that it is never what is measured: it answers calls with 5, and calls
 * the one procedure that is registered. What it has to say in a turn leaves in one write, as a good router does it.
 */
class BareRouter {
  readonly #server = createServer();
  #connection: Duplex | undefined;
  #batched = false;
  #waiting: Buffer[] = [];
  #request = 0;
  #onYield: () => void = () => {};

  static async start(): Promise<BareRouter> {
    const router = new BareRouter();
    router.#server.on("upgrade", (request, connection: Duplex) => router.#accept(request, connection));
    await new Promise<void>((resolve) => router.#server.listen(0, "127.0.0.1", resolve));
    return router;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws`;
  }

  close(): void {
    this.#connection?.destroy();
    this.#server.close();
  }

  /** Keeps so many invocations under way until the time is up and all are answered; says how many there were. */
  call(runMs: number): Promise<number> {
    return new Promise((resolve) => {
      const end = Date.now() + runMs;
      let open = 0;
      let answered = 0;
      const invoke = () => {
        open++;
        this.#send(`[68,${++this.#request},1,{},[],{"a":2,"b":3}]`);
      };
      this.#onYield = () => {
        open--;
        answered++;
        if (Date.now() < end) invoke();
        else if (open === 0) resolve(answered);
      };
      for (let index = 0; index < IN_FLIGHT; index++) invoke();
    });
  }

  #accept({ headers }: IncomingMessage, connection: Duplex): void {
    this.#connection = connection;
    this.#batched = /wamp\.2\.json\.batched/.test(headers["sec-websocket-protocol"] ?? "");
    const protocol = this.#batched ? "wamp.2.json.batched" : "wamp.2.json";
    const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}${HANDSHAKE_GUID}`).digest("base64");
    connection.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    const parser = new FrameParser(
      {
        stopped: false,
        message: (data) => {
          const answer = (message: Buffer) => this.#answer(message.toString("latin1"));
          if (this.#batched) messagesIn(data, false, answer);
          else answer(data);
        },
        compressed: () => {},
        pinged: () => {},
        overhead: () => {},
        closing: () => connection.end(),
        fault: (_code, what) => connection.destroy(new Error(what)),
      },
      { maxMessageBytes: 2 ** 20, compression: false },
    );
    connection.on("data", (chunk: Buffer) => void parser.read(chunk));
    connection.on("error", () => {}); // the client's process was ended
  }

  #answer(message: string): void {
    const [, type = "", request = ""] = /^\s*\[\s*(\d+)\s*,\s*("[^"]*"|\d+)/.exec(message) ?? [];
    if (type === "48") this.#send(`[50,${request},{},[5]]`);
    else if (type === "70") this.#onYield();
    else if (type === "64") this.#send(`[65,${request},1]`);
    else if (type === "1") this.#send(WELCOME);
  }

  #send(message: string): void {
    if (this.#waiting.length === 0) {
      setImmediate(() => {
        const all = Buffer.concat(this.#waiting);
        this.#connection?.write(this.#batched ? serverFrame(all, false) : all);
        this.#waiting = [];
      });
    }
    const bytes = Buffer.from(message, "latin1");
    this.#waiting.push(this.#batched ? delimited(bytes, false) : serverFrame(bytes, false));
  }
}

const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
