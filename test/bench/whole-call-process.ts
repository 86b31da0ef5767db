/**
 * One end of a typed call under measurement, in a process of its own: system, end, the directory where its packages are, the realm,
 * and the URL to connect to come as arguments. It tells the URL that callers connect to. Both ends check what they get by the same schemas.
 */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClient, procedure, serve } from "wampact";
import { connect } from "wampact/peer";
import * as z from "zod";

export type System = "wampact" | "socket.io" | "tRPC";
export type Part = "callee" | "caller";

const [system, part, directory = "", realm = "", url = ""] = process.argv.slice(2) as [System, Part, ...string[]];

const Input = z.object({ a: z.number(), b: z.number() });
const Output = z.number();
type Call = () => PromiseLike<unknown>;

/** Packages that are not among our dependencies: as much of them as is used here. */
const load = <Module>(name: string): Module => createRequire(join(directory, "package.json"))(name) as Module;

const ENDS: Readonly<Record<System, { callee(): Promise<string>; caller(): Promise<Call> }>> = {
  wampact: { callee: serveWampact, caller: callWampact },
  "socket.io": { callee: serveSocketIo, caller: callSocketIo },
  tRPC: { callee: serveTrpc, caller: callTrpc },
};

process.on("disconnect", () => process.exit());
if (part === "callee") {
  process.send?.({ url: await ENDS[system].callee() });
} else {
  const call = await ENDS[system].caller();
  process.on("message", async ({ inFlight, runMs }: { inFlight: number; runMs: number }) => {
    const end = Date.now() + runMs;
    let calls = 0;
    const caller = async (): Promise<void> => {
      while (Date.now() < end) {
        if ((await call()) !== 5) throw new Error(`${system}: 2 and 3 are not 5`);
        calls++;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, caller));
    process.send?.({ calls });
  });
  process.send?.({ url });
}

function contract() {
  return { add2: procedure("com.app.add2", { input: Input, output: Output }) };
}

async function serveWampact(): Promise<string> {
  await serve(await connect({ url, realm }), contract(), { add2: ({ a, b }) => a + b });
  return url;
}

async function callWampact(): Promise<Call> {
  const client = createClient(await connect({ url, realm }), contract());
  return () => client.add2({ a: 2, b: 3 });
}

interface SocketIo {
  readonly Server: new (
    http: object,
  ) => {
    on(
      event: "connection",
      listener: (socket: {
        on(event: string, listener: (input: unknown, answer: (output: unknown) => void) => void): void;
      }) => void,
    ): void;
  };
}

async function serveSocketIo(): Promise<string> {
  const http = createServer();
  const server = new (load<SocketIo>("socket.io").Server)(http);
  server.on("connection", (socket) => {
    socket.on("add2", (input, answer) => {
      const { success, data } = Input.safeParse(input);
      answer(success ? { value: data.a + data.b } : { error: "invalid" });
    });
  });
  return `http://127.0.0.1:${await listening(http)}`;
}

interface SocketIoClient {
  io(
    url: string,
    options: object,
  ): { emitWithAck(event: string, input: unknown): Promise<{ readonly value: unknown }> };
}

async function callSocketIo(): Promise<Call> {
  const socket = load<SocketIoClient>("socket.io-client").io(url, { transports: ["websocket"] });
  return async () => Output.parse((await socket.emitWithAck("add2", Input.parse({ a: 2, b: 3 }))).value);
}

interface TrpcServer {
  readonly initTRPC: {
    create(): {
      router(procedures: object): object;
      readonly procedure: {
        input(schema: object): {
          output(schema: object): {
            query(handler: (call: { readonly input: z.infer<typeof Input> }) => number): object;
          };
        };
      };
    };
  };
}

interface TrpcWs {
  applyWSSHandler(options: object): void;
}

interface Ws {
  readonly WebSocketServer: new (options: object) => object;
  readonly WebSocket: object;
}

async function serveTrpc(): Promise<string> {
  const { router, procedure: query } = load<TrpcServer>("@trpc/server").initTRPC.create();
  const add2 = query
    .input(Input)
    .output(Output)
    .query(({ input }) => input.a + input.b);
  const http = createServer();
  const wss = new (load<Ws>("ws").WebSocketServer)({ server: http });
  load<TrpcWs>("@trpc/server/adapters/ws").applyWSSHandler({ wss, router: router({ add2 }) });
  return `ws://127.0.0.1:${await listening(http)}`;
}

interface TrpcClient {
  createTRPCClient(options: object): { readonly add2: { query(input: unknown): Promise<unknown> } };
  createWSClient(options: object): object;
  wsLink(options: object): object;
}

async function callTrpc(): Promise<Call> {
  const { createTRPCClient, createWSClient, wsLink } = load<TrpcClient>("@trpc/client");
  const socket = createWSClient({ url, WebSocket: load<Ws>("ws").WebSocket });
  const client = createTRPCClient({ links: [wsLink({ client: socket })] });
  return async () => Output.parse(await client.add2.query(Input.parse({ a: 2, b: 3 })));
}

async function listening(http: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return (http.address() as AddressInfo).port;
}
