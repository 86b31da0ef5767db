/** As much of a router as one client under measurement needs. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { FrameParser } from "../../src/transport/websocket/parser.js";
import { delimited, messagesIn, serverFrame } from "./frames.js";

const FEATURES = {
  call_canceling: true,
  call_timeout: true,
  progressive_call_results: true,
  pattern_based_registration: true,
};
const WELCOME = JSON.stringify([2, 1, { roles: { broker: { features: {} }, dealer: { features: FEATURES } } }]);
const IN_FLIGHT = 64;
/** The subscription of `com.app.done`, an event of which says that all others are sent. */
const DONE = 2;
/** IDs of publications are drawn from all there are: most are as long as this. */
const FIRST_PUBLICATION = 4_503_599_627_370_496;
const EVENT = JSON.stringify({ a: 2, b: 3, text: "x".repeat(60) });

/**
 * A router on a bare socket, so that it is never what is measured: it answers calls with 5, calls the one procedure that is registered, and
 * publishes to the one topic. What it has to say in a turn leaves in one write, as a good router does it.
 */
export class BareRouter {
  readonly #server = createServer();
  #connection: Duplex | undefined;
  #batched = false;
  #waiting: Buffer[] = [];
  #request = 0;
  #onYield: () => void = () => {};
  #onDone: () => void = () => {};

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

  /** Publishes until the time is up, as many events in each turn; says how many there were, once the client has told that it has them. */
  publish(runMs: number): Promise<number> {
    return new Promise((resolve) => {
      const end = Date.now() + runMs;
      let sent = 0;
      this.#onDone = () => resolve(sent);
      const turn = () => {
        for (let index = 0; index < IN_FLIGHT; index++)
          this.#send(`[36,1,${FIRST_PUBLICATION + ++sent},{},[],${EVENT}]`);
        if (Date.now() >= end) this.#send(`[36,${DONE},1,{}]`);
        else if (this.#connection?.writableNeedDrain) this.#connection.once("drain", turn);
        else setImmediate(turn);
      };
      turn();
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
        unfinished: () => {},
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
    if (type === "48") {
      this.#send(`[50,${request},{},[5]]`);
      if (message.includes('"com.app.done"')) this.#onDone();
    } else if (type === "32") this.#send(`[33,${request},${message.includes('"com.app.done"') ? DONE : 1}]`);
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
