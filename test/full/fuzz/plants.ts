/**
 * Faults that the router had once, planted again in the process under attack, to show that the fuzzer finds them. Each is a
 * switch of this test: it wraps what the product, or Node below it, does at run time, so that it stays in place however the
 * product handles the fault today. Looking for a method that is not there any more ends the process with its name.
 */
import { Server } from "node:http";
import { Socket } from "node:net";

/** A planted fault, and the words with which the fuzzer must report it. */
export interface Plant {
  readonly what: string;
  /** Wraps; calls back when the fault is reached. */
  plant(reached: () => void): Promise<void> | void;
  readonly found: RegExp;
}

// biome-ignore lint/suspicious/noExplicitAny: the methods of any class
type Method = (this: any, ...given: any[]) => unknown;

/** Replaces a method by what is made of it. */
function wrap(
  type: { readonly name: string; readonly prototype: object },
  name: string,
  around: (method: Method) => Method,
): void {
  const method: unknown = Reflect.get(type.prototype, name);
  if (typeof method !== "function") throw new Error(`plant: looked for ${type.name}.prototype.${name}, and found none`);
  Reflect.set(type.prototype, name, around(method as Method));
}

/** A class of the built package, by its file and name. */
async function classOf(file: string, name: string): Promise<{ readonly name: string; readonly prototype: object }> {
  const module: Record<string, unknown> = await import(new URL(`../../../dist/src/${file}`, import.meta.url).href);
  const found = module[name];
  if (typeof found !== "function")
    throw new Error(`plant: looked for the class ${name} in dist/src/${file}, and found none`);
  return found as unknown as { readonly name: string; readonly prototype: object };
}

/** As deep as the text has components; the callback's frame is never inlined away, however often this runs. */
function recurse(components: readonly string[], depth: number): void {
  if (depth < components.length) ".".replace(/\./, () => String(recurse(components, depth + 1)));
}

/** Base64 as it was matched once: each repetition takes a bit of the matcher's stack. */
const RECURSING = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The faults, by the name that `plant` takes. */
export const PLANTS = {
  target: {
    what: "an upgrade request whose target is no URL throws out of the listener",
    plant(reached) {
      wrap(
        Server,
        "emit",
        (emit) =>
          function (event: string, request?: { readonly url?: string }, ...rest) {
            if (event === "upgrade" && !URL.canParse(request?.url ?? "/", "http://localhost")) {
              reached();
              new URL(request?.url ?? "/", "http://localhost");
            }
            return emit.call(this, event, request, ...rest);
          },
      );
    },
    found: /Invalid URL/,
  },
  components: {
    what: "a pattern of many components is taken out by recursion",
    async plant(reached) {
      wrap(
        await classOf("router/pattern-index.js", "PatternIndex"),
        "delete",
        (remove) =>
          function (uri: string, match: string) {
            const components = uri.split(".");
            if (match === "wildcard" && components.length >= 8_000) {
              reached();
              recurse(components, 0);
            }
            return remove.call(this, uri, match);
          },
      );
    },
    found: /Maximum call stack size exceeded/,
  },
  testament: {
    what: "a store that throws on a retained testament throws out of closed()",
    async plant(reached) {
      const { FAULT } = await import("./places.js");
      wrap(
        await classOf("router/testaments.js", "Testaments"),
        "of",
        (of) =>
          function (...given) {
            const testaments = of.apply(this, given) as readonly { readonly topic: string }[];
            if (testaments.some(({ topic }) => topic === FAULT.store)) {
              reached();
              throw new Error("planted: a store threw on a retained testament");
            }
            return testaments;
          },
      );
    },
    found: /planted: a store threw on a retained testament/,
  },
  policy: {
    what: "a throwing policy ends the caller's session as if it had violated the protocol",
    async plant(reached) {
      const { PLANNED } = await import("./places.js");
      const violation = (await classOf("wire/error.js", "ProtocolViolation")) as unknown as new (
        words: string,
      ) => Error;
      wrap(
        await classOf("router/dealer.js", "Dealer"),
        "call",
        (call) =>
          function (...given) {
            try {
              return call.apply(this, given);
            } catch (error) {
              if (!(error instanceof Error && error.message.includes(PLANNED))) throw error;
              reached();
              throw new violation("planted: a policy threw");
            }
          },
      );
    },
    found: /protocol_violation.*planted: a policy threw/,
  },
  refused: {
    what: "a refused socket has no error handler",
    plant(reached) {
      const upgraded = new WeakSet<object>();
      wrap(
        Server,
        "emit",
        (emit) =>
          function (event: string, request?: { readonly socket: object }, ...rest) {
            if (event === "upgrade" && request) upgraded.add(request.socket);
            return emit.call(this, event, request, ...rest);
          },
      );
      for (const name of ["write", "end"]) {
        wrap(
          Socket,
          name,
          (send) =>
            function (chunk: unknown, ...rest) {
              const sent = send.call(this, chunk, ...rest);
              if (!upgraded.has(this) || !String(chunk ?? "").startsWith("HTTP/1.1 4")) return sent;
              reached();
              process.nextTick(() => this.removeAllListeners("error"));
              return sent;
            },
        );
      }
    },
    found: /Unhandled 'error' event|ECONNRESET|EPIPE/,
  },
  binary: {
    what: "a long binary in JSON overflows a regular expression",
    plant(reached) {
      const from = Buffer.from as Method;
      Buffer.from = ((value: unknown, encoding: unknown, ...rest: unknown[]) => {
        if (encoding === "base64" && typeof value === "string") {
          if (value.length > 4_400_000) reached();
          RECURSING.test(value);
        }
        return from.call(Buffer, value, encoding, ...rest);
      }) as typeof Buffer.from;
    },
    found: /Maximum call stack size exceeded|not answered|protocol_violation/,
  },
} satisfies Readonly<Record<string, Plant>>;

export type PlantName = keyof typeof PLANTS;

/** Plants a fault, or none. */
export async function plant(name: string | undefined, reached: () => void): Promise<void> {
  if (name === undefined) return;
  const { [name as PlantName]: found } = PLANTS as Readonly<Record<PlantName, Plant>>;
  if (!found) throw new Error(`plant: expected one of ${Object.keys(PLANTS).join(", ")}, got ${name}`);
  await found.plant(reached);
}
