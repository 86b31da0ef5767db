import { CallRunner, keepCalled, type WantedCall } from "./call-runner.js";

/** The time for which an outcome is kept for a component that may still return for it, in milliseconds. */
const KEPT_MS = 10_000;
/** The same for a failure. An error boundary renders again at once; a later user wants a new call. */
const FAILED_KEPT_MS = 1_000;

/** A call for which components suspend. It outlives their attempts to render. */
export interface SharedCall<Result, Progress, Declared> {
  readonly runner: CallRunner<Result, Progress, Declared>;
  /** Keeps the call. Returns a function that releases it: the last release cancels the call. */
  retain(): () => void;
}

interface Entry {
  readonly call: SharedCall<unknown, unknown, unknown>;
  end(): void;
}

/** The calls of one connection's suspended components. Components that make the same call share it. */
export class SharedCalls {
  readonly #entries = new Map<string, Entry>();

  /** Returns the call of a key, and makes it if there is none. */
  get<R, P, D>(key: string, wanted: Pick<WantedCall<R, P, D>, "connection" | "start">): SharedCall<R, P, D> {
    const known = this.#entries.get(key);
    if (known) return known.call as SharedCall<R, P, D>; // the key includes the procedure
    const entry = this.#create(key, wanted);
    this.#entries.set(key, entry as Entry);
    return entry.call;
  }

  /** Cancels and removes all calls. */
  end(): void {
    for (const entry of [...this.#entries.values()]) entry.end();
  }

  #create<R, P, D>(key: string, wanted: Pick<WantedCall<R, P, D>, "connection" | "start">) {
    const runner = new CallRunner<R, P, D>();
    const cancel = keepCalled({ ...wanted, key, runner });
    let users = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      clearTimeout(timer);
      unwatch();
      this.#entries.delete(key);
      cancel();
      runner.leave();
    };
    const endUnused = () => {
      if (users === 0) end();
    };
    const unwatch = runner.subscribe(() => {
      const { status } = runner.shown().state;
      if (status !== "success" && status !== "failed") return;
      clearTimeout(timer);
      timer = setTimeout(endUnused, status === "failed" ? FAILED_KEPT_MS : KEPT_MS);
    });
    const retain = () => {
      users++;
      return () => {
        users--;
        queueMicrotask(endUnused);
      };
    };
    return { call: { runner, retain }, end };
  }
}
