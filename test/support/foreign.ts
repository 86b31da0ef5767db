/** Clients of others behind one interface, as far as they have the same things. Each ends with its test. */
import autobahn from "autobahn";
import { expect, vi } from "vitest";
import { Wampy } from "wampy";
import { CborSerializer } from "wampy/CborSerializer.js";
import { JsonSerializer } from "wampy/JsonSerializer.js";
import { MsgpackSerializer } from "wampy/MsgpackSerializer.js";
import { WebSocket } from "ws";
import type { Finish } from "./peers.js";
import { REALM } from "./raw.js";

export type SerializerName = "json" | "msgpack" | "cbor";

/** The application's part of a message. */
export interface Args {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** The error that a handler throws and that a caller's promise is rejected with. */
export class ForeignError extends Error {
  readonly uri: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;

  constructor(uri: string, { args = [], kwargs = {} }: Partial<Args> = {}) {
    super(uri);
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
  }
}

export interface ForeignInvocation extends Args {
  /** The invocation's details, as the client reports them. */
  readonly details: unknown;
  /** `undefined` where the client offers none for this invocation. */
  readonly progress: ((args: readonly unknown[]) => void) | undefined;
}

export interface ForeignEvent extends Args {
  readonly topic: string | undefined;
}

/** A client of others. */
export interface Foreign {
  call(procedure: string, payload?: Partial<Args>, onProgress?: (args: readonly unknown[]) => void): Promise<Args>;
  register(
    procedure: string,
    handler: (invocation: ForeignInvocation) => Args | Promise<Args>,
    match?: "prefix" | "wildcard",
  ): Promise<unknown>;
  subscribe(topic: string, listener: (event: ForeignEvent) => void, match?: "prefix" | "wildcard"): Promise<unknown>;
  /** Publishes with an acknowledgement. */
  publish(topic: string, payload?: Partial<Args>): Promise<void>;
}

/** How a client of others connects. */
export type ConnectForeign = (t: Finish, options: { url: string; serializer: SerializerName }) => Promise<Foreign>;

/** As much of autobahn as is used here; its published types know neither serializers nor what handlers get. */
interface Autobahn {
  readonly Connection: new (options: object) => AutobahnConnection;
  readonly Result: new (args: readonly unknown[], kwargs: object) => Args;
  readonly Error: new (error: string, args: readonly unknown[], kwargs: object) => Args & { readonly error: string };
  readonly serializer: Readonly<Record<"JSONSerializer" | "MsgpackSerializer" | "CBORSerializer", new () => object>>;
  readonly log: { warn(...text: unknown[]): void };
}
interface AutobahnConnection {
  onopen: (session: AutobahnSession) => void;
  onclose: (reason: string) => boolean;
  open(): void;
  close(): void;
}
interface AutobahnSession {
  call(procedure: string, args: readonly unknown[], kwargs: object, options: object): AutobahnPromise;
  register(
    procedure: string,
    endpoint: (args: unknown[], kwargs: Args["kwargs"], details: AutobahnDetails) => unknown,
    options: object,
  ): PromiseLike<unknown>;
  subscribe(
    topic: string,
    handler: (args: unknown[], kwargs: Args["kwargs"], details: AutobahnDetails) => void,
    options: object,
  ): PromiseLike<unknown>;
  publish(topic: string, args: readonly unknown[], kwargs: object, options: object): PromiseLike<unknown>;
}
interface AutobahnDetails {
  readonly topic?: string;
  readonly progress?: ((args: readonly unknown[]) => void) | null;
}
interface AutobahnPromise {
  then(done: (value: unknown) => void, failed: (error: unknown) => void, progress: (value: unknown) => void): void;
}

export const connectAutobahn: ConnectForeign = async (t, { url, serializer }) => {
  const { Connection, Result, Error: AutobahnError, serializer: serializers, log } = autobahn as unknown as Autobahn;
  vi.spyOn(log, "warn").mockReturnValue(); // it warns of every connection that closes
  const { JSONSerializer, MsgpackSerializer, CBORSerializer } = serializers;
  const Serializer = { json: JSONSerializer, msgpack: MsgpackSerializer, cbor: CBORSerializer }[serializer];
  const { protocol, hostname, port } = new URL(url);
  const transport =
    protocol === "rs:"
      ? { type: "rawsocket", host: hostname, port: Number(port) } // which speaks JSON only
      : { type: "websocket", url, serializers: [new Serializer()] };
  const connection = new Connection({
    realm: REALM,
    transports: [transport],
    max_retries: 0,
    on_user_error: () => {}, // what handlers throw is the test's own
    on_internal_error: (error: unknown) => expect.unreachable(`autobahn: ${JSON.stringify(error)}`),
  });
  const session = await new Promise<AutobahnSession>((resolve, reject) => {
    connection.onopen = resolve;
    connection.onclose = (reason) => {
      reject(new Error(`autobahn: ${reason}`));
      return true;
    };
    connection.open();
  });
  t.onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => {
      connection.onclose = () => {
        resolve();
        return true;
      };
    });
    connection.close();
    await closed;
  });
  const given = (value: unknown): Args =>
    value instanceof Result ? value : { args: value === null ? [] : [value], kwargs: {} };
  return {
    call: (procedure, { args = [], kwargs = {} } = {}, onProgress) =>
      new Promise((resolve, reject) => {
        session.call(procedure, args, kwargs, onProgress ? { receive_progress: true } : {}).then(
          (value) => resolve(given(value)),
          (error) => reject(error instanceof AutobahnError ? new ForeignError(error.error, error) : error),
          (value) => onProgress?.(given(value).args),
        );
      }),
    async register(procedure, handler, match) {
      const endpoint = async (args: unknown[], kwargs: Args["kwargs"], details: AutobahnDetails) => {
        try {
          const reply = await handler({ args, kwargs, details, progress: details.progress ?? undefined });
          return new Result(reply.args, reply.kwargs);
        } catch (error) {
          throw error instanceof ForeignError ? new AutobahnError(error.uri, error.args, error.kwargs) : error;
        }
      };
      return session.register(procedure, endpoint, match ? { match } : {});
    },
    async subscribe(topic, listener, match) {
      return session.subscribe(
        topic,
        (args, kwargs, details) => listener({ args, kwargs, topic: details.topic }),
        match ? { match } : {},
      );
    },
    async publish(topic, { args = [], kwargs = {} } = {}) {
      await session.publish(topic, args, kwargs, { acknowledge: true });
    },
  };
};

export const connectWampy: ConnectForeign = async (t, { url, serializer }) => {
  const Serializer = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer }[serializer];
  const faults: unknown[] = [];
  const client = new Wampy(url, {
    realm: REALM,
    serializer: new Serializer(),
    ws: WebSocket as never, // its parameters are wider than the class says
    autoReconnect: false,
    onError: (error) => void faults.push(error),
  });
  await client.connect();
  t.onTestFinished(async () => {
    await client.disconnect();
    expect(faults, "what wampy complains of").toEqual([]);
  });
  const given = ({ argsList = [], argsDict = {} }: { argsList?: unknown[]; argsDict?: Args["kwargs"] }): Args => ({
    args: argsList,
    kwargs: argsDict,
  });
  const wampyPayload = ({ args = [], kwargs = {} }: Partial<Args> = {}) => ({
    argsList: [...args],
    argsDict: { ...kwargs },
  });
  return {
    async call(procedure, payload, onProgress) {
      const options = onProgress
        ? { progress_callback: (data: { argsList?: unknown[] }) => onProgress(data.argsList ?? []) }
        : {};
      try {
        return given(await client.call(procedure, wampyPayload(payload), options));
      } catch (error) {
        const { errorUri, ...rest } = error as { errorUri?: string; argsList?: unknown[]; argsDict?: Args["kwargs"] };
        throw errorUri === undefined ? error : new ForeignError(errorUri, given(rest));
      }
    },
    async register(procedure, handler, match) {
      return client.register(
        procedure,
        async ({ details, result_handler, ...data }) => {
          // It announces no progressive results, so it is not told whether the caller asked for any.
          const progress =
            typeof result_handler === "function"
              ? (args: readonly unknown[]) => result_handler({ argsList: [...args], options: { progress: true } })
              : undefined;
          try {
            return wampyPayload(await handler({ ...given(data), details, progress }));
          } catch (error) {
            if (!(error instanceof ForeignError)) throw error;
            throw { error: error.uri, ...wampyPayload(error) };
          }
        },
        match ? { match } : {},
      );
    },
    async subscribe(topic, listener, match) {
      return client.subscribe(
        topic,
        ({ details, ...data }) => listener({ ...given(data), topic: (details.topic as string | undefined) ?? topic }),
        match && { match },
      );
    },
    async publish(topic, payload) {
      await client.publish(topic, wampyPayload(payload));
    },
  };
};
