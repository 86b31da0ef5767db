/** A tab's connection to the worker: the same calls and topics, over a port. */
import type { PeerState } from "wampact";
import type { Asked, SaidEvent, SayOutcome, Told } from "./protocol.js";

type Args<Kind extends Asked["kind"], Name extends string> =
  Extract<Asked, { readonly kind: Kind }> extends {
    readonly [K in Name]: infer Value;
  }
    ? Value
    : never;

/** The chat, as a tab uses it. */
export interface SharedChat {
  say(...args: Args<"say", "args">): Promise<SayOutcome>;
  /** Listens to a room. Returns a function that stops it. */
  onSaid(params: Args<"listen", "params">, handler: (event: SaidEvent) => void): () => void;
}

/** Connects to the worker, and starts it if this is the first tab. `changed` receives each state of the connection. */
export function joinWorker(changed: (state: PeerState) => void): SharedChat {
  const port = startWorker();
  const outcomes = new Map<number, (outcome: SayOutcome) => void>();
  const handlers = new Map<number, (event: SaidEvent) => void>();
  let ids = 0;
  const ask = (asked: Asked) => port.postMessage(asked);
  port.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data.kind === "state") changed(data.state);
    else if (data.kind === "event") handlers.get(data.id)?.(data.event);
    else if (data.kind === "refused") console.error(data.message);
    else {
      outcomes.get(data.id)?.(data.outcome);
      outcomes.delete(data.id);
    }
  };
  const lock = `tab ${crypto.randomUUID()}`;
  void navigator.locks.request(lock, () => {
    ask({ kind: "hello", lock });
    return new Promise(() => {}); // held until the tab is closed
  });
  return {
    say: (...args) =>
      new Promise((resolve) => {
        const id = ++ids;
        outcomes.set(id, resolve);
        ask({ kind: "say", id, args });
      }),
    onSaid(params, handler) {
      const id = ++ids;
      handlers.set(id, handler);
      ask({ kind: "listen", id, params });
      return () => {
        handlers.delete(id);
        ask({ kind: "stop", id });
      };
    },
  };
}

interface WorkerPort {
  postMessage(asked: Asked): void;
  onmessage: ((event: MessageEvent<Told>) => void) | null;
}

/** Starts the worker, or a worker of this tab in browsers without SharedWorkers, such as Chromium on Android. */
function startWorker(): WorkerPort {
  if (!("SharedWorker" in window)) return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "chat" }).port;
}
