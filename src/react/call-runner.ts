import type { Call, Settled } from "../peer/call.js";
import type { PeerState } from "../peer/types.js";
import { type ErrorWith, isError } from "../wire/call-failure.js";

/** A call's failure: a declared error of its procedure, or one that every call can have. */
export type FailureOf<Declared> = Extract<Settled<unknown, Declared>, { readonly ok: false }>["error"];

/** The state of a call, by `status`. `data` of the previous call may stay. */
export type CallState<Result, Progress, Declared> =
  | { readonly status: "idle"; readonly data: undefined; readonly error: undefined; readonly progress: undefined }
  | PendingCall<Result, Progress>
  | {
      readonly status: "success";
      readonly data: Result;
      readonly error: undefined;
      readonly progress: Progress | undefined;
    }
  | {
      readonly status: "failed";
      readonly data: Result | undefined;
      readonly error: FailureOf<Declared>;
      readonly progress: Progress | undefined;
    };

/** The state of a call in progress. */
export interface PendingCall<Result, Progress> {
  readonly status: "pending";
  readonly data: Result | undefined;
  readonly error: undefined;
  /** The newest progress value. */
  readonly progress: Progress | undefined;
}

/** The state before any call. */
export const IDLE: CallState<never, never, never> = {
  status: "idle",
  data: undefined,
  error: undefined,
  progress: undefined,
};

/** Returns the state of a call that is about to start. */
export function pendingWith<Result>(data: Result | undefined): PendingCall<Result, never> {
  return { status: "pending", data, error: undefined, progress: undefined };
}

/** The call that a runner shows. */
export interface ShownCall<Result, Progress, Declared> {
  /** The key that the call was made with. */
  readonly key: string | undefined;
  readonly state: CallState<Result, Progress, Declared>;
  /** Whether `data` is a result, which may be `undefined`. */
  readonly hasData: boolean;
}

/** Options for showing the outcome of a call. */
export interface Showing<Result, Declared> {
  /** Distinguishes calls of different arguments. Default: none. */
  readonly key?: string | undefined;
  /** Whether the data of another key stays until the result arrives. Default false. */
  readonly keepData?: boolean;
  /** Whether the call stays pending because it will be made again. Default: never. */
  readonly hold?: (settled: Settled<Result, Declared>) => boolean;
}

/** The value before any call, and on the server. */
export const NOTHING_SHOWN: ShownCall<never, never, never> = { key: undefined, state: IDLE, hasData: false };

/** Makes calls, and holds the state of the newest one for a component. */
export class CallRunner<Result, Progress, Declared> {
  readonly #listeners = new Set<() => void>();
  readonly #running = new Set<Call<Result, Progress, Declared>>();
  #shown: ShownCall<Result, Progress, Declared> = NOTHING_SHOWN;
  #newest: Call<Result, Progress, Declared> | undefined;

  readonly shown = (): ShownCall<Result, Progress, Declared> => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Shows the outcome of a call from now on. Earlier calls continue, but are no longer shown. */
  async run(
    call: Call<Result, Progress, Declared>,
    { key, keepData = false, hold = () => false }: Showing<Result, Declared> = {},
  ): Promise<Settled<Result, Declared>> {
    this.#newest = call;
    this.#running.add(call);
    const keeps = keepData || key === this.#shown.key;
    const data = keeps ? this.#shown.state.data : undefined;
    const show = (state: CallState<Result, Progress, Declared>, hasData = keeps && this.#shown.hasData) => {
      if (call === this.#newest) this.#show({ key, state, hasData });
    };
    show(pendingWith(data));
    const settling = call.safe();
    let progress: Progress | undefined;
    try {
      for await (progress of call) show({ ...pendingWith(data), progress });
    } catch {
      // the failure of the call; `safe` returns it
    }
    const settled = await settling;
    this.#running.delete(call);
    if (settled.ok) show({ status: "success", data: settled.value, error: undefined, progress }, true);
    else if (!hold(settled)) show({ status: "failed", data, error: settled.error, progress });
    return settled;
  }

  /** Resolves when the state is no longer `pending`. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      const unsubscribe = this.subscribe(() => {
        if (this.#shown.state.status === "pending") return;
        unsubscribe();
        resolve();
      });
    });
  }

  /** Cancels the newest call. */
  readonly cancel = (): void => this.#newest?.cancel();

  /** Cancels the newest call, and shows none. */
  readonly reset = (): void => {
    this.cancel();
    this.#newest = undefined;
    this.#show(NOTHING_SHOWN);
  };

  /** Cancels every call. */
  readonly leave = (): void => {
    for (const call of this.#running) call.cancel();
  };

  #show(shown: ShownCall<Result, Progress, Declared>): void {
    this.#shown = shown;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The part of a connection that calls need. */
export interface CallConnection {
  /** Returns whether there is no session but one is expected. */
  isAway(): boolean;
  /** Calls back once, at the next matching state. Returns a function that ends the wait. */
  when(fits: (state: PeerState) => boolean, listener: () => void): () => void;
}

/** A call that a component wants while it is mounted. */
export interface WantedCall<Result, Progress, Declared> extends Pick<Showing<Result, Declared>, "key" | "keepData"> {
  readonly connection: CallConnection;
  readonly runner: CallRunner<Result, Progress, Declared>;
  start(): Call<Result, Progress, Declared>;
}

/**
 * Makes a call at the end of this turn, so that StrictMode, which unmounts and remounts at once, makes one call. If the connection
 * is lost, the call stays pending until there is one again, and is then made again. So is a call whose time limit has passed without a
 * connection, which is shown as failed until then. Returns a function that cancels it.
 */
export function keepCalled<R, P, D>({
  connection,
  runner,
  start,
  key,
  keepData = false,
}: WantedCall<R, P, D>): () => void {
  let over = false;
  let call: Call<R, P, D> | undefined;
  let stopWaiting = () => {};
  const run = async (): Promise<void> => {
    if (over) return;
    call = start();
    const held = (outcome: Settled<R, D>) => lossOf(outcome) !== undefined && connection.isAway();
    const settled = await runner.run(call, { key, keepData, hold: held });
    if (over) return;
    const loss = lossOf(settled);
    if (loss?.sent && connection.isAway()) return run(); // it waits for the connection, and for callees that return after this peer
    if (!loss && !(connection.isAway() && isTimeout(settled))) return;
    const waits = connection.isAway();
    stopWaiting = connection.when(
      (state) => state === "ready" || (waits && isOver(state)),
      () => void run(),
    );
  };
  queueMicrotask(() => void run());
  return () => {
    over = true;
    stopWaiting();
    call?.cancel();
  };
}

function lossOf<Declared>(settled: Settled<unknown, Declared>): ErrorWith<"disconnected"> | undefined {
  return !settled.ok && isError(settled.error, "disconnected") ? settled.error : undefined;
}

/** Returns whether a time limit has passed, which also counts while a call waits for the connection. */
function isTimeout<Declared>(settled: Settled<unknown, Declared>): boolean {
  return !settled.ok && isError(settled.error, "timeout");
}

function isOver(state: PeerState): boolean {
  return state === "closed" || state === "left";
}
