"use client";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Call, Settled } from "../peer/call.js";
import { memberInfo, withCallOptions } from "../typed/member-info.js";
import { CallRunner, type CallState, IDLE, keepCalled, NOTHING_SHOWN, pendingWith } from "./call-runner.js";
import { type Connection, refuseOnServer } from "./connection.js";
import { useConnectionStore, usePeer } from "./provider.js";
import type { SharedCall } from "./shared-calls.js";

/** A method of a client, or any other function that makes a call. */
export type Procedure<Args extends readonly unknown[], Result, Progress, Declared> = (
  ...args: Args
) => Call<Result, Progress, Declared>;

/** Options of `useCall` with arguments. */
export interface UseCallOptions {
  /** Whether the call is made. Default true. */
  readonly enabled?: boolean;
  /** Whether the previous call's `data` stays while the call with other arguments is pending. Default false. */
  readonly keepData?: boolean;
  /**
   * Whether the component suspends until there is a result, and throws a failure to its error boundary. Only for methods of clients.
   * Default false.
   */
  readonly suspense?: boolean;
}

/** A call that a component makes on request. */
export type LazyCall<Args extends readonly unknown[], Result, Progress, Declared> = CallState<
  Result,
  Progress,
  Declared
> & {
  /**
   * Calls the procedure. Never rejects. The state is that of the newest call; earlier ones continue. All calls are canceled when
   * the component unmounts.
   */
  readonly call: (...args: Args) => Promise<Settled<Result, Declared>>;
  /** Cancels the newest call, which fails as `canceled`. */
  readonly cancel: () => void;
  /** Cancels the newest call and forgets its outcome: `status` is `idle` again. */
  readonly reset: () => void;
};

/** A call that a component makes while it is mounted. */
export type EagerCall<Result, Progress, Declared> = CallState<Result, Progress, Declared> & {
  /** Makes the call again, or for the first time if it is not `enabled`. `data` stays until the new result arrives. Never rejects. */
  readonly refetch: () => Promise<Settled<Result, Declared>>;
  /** Cancels the newest call, which fails as `canceled`. */
  readonly cancel: () => void;
};

/** A call whose component waits for the first result. */
export type SuspendedCall<Result, Progress, Declared> = EagerCall<Result, Progress, Declared> & {
  readonly data: Result;
};

/**
 * Calls a procedure. Without arguments, `call(...)` makes the call, for example in an event handler. With arguments, the call is
 * made when the component mounts, and when the arguments or the procedure's URI change; arguments are compared by value. It waits
 * for the connection, and is made again if that was lost. It is canceled when the component unmounts, and never made on a server.
 * `error` has the type of the procedure's declared errors. Throws `Error` outside of a provider, and with `suspense` on a server,
 * whose Suspense boundary then shows its fallback. Throws `TypeError` with `suspense` for a function that is not a client's method.
 *
 * ```tsx
 * const sum = useCall(api.add2, [{ a, b }]);
 * const divide = useCall(api.divide);
 * <button onClick={() => divide.call({ a, b })}>{divide.error?.code === "divideByZero" ? "Not by zero" : "Divide"}</button>
 * ```
 */
export function useCall<Args extends readonly unknown[], R, P, D>(
  procedure: Procedure<Args, R, P, D>,
): LazyCall<Args, R, P, D>;
export function useCall<Args extends readonly unknown[], R, P, D>(
  procedure: Procedure<Args, R, P, D>,
  args: NoInfer<Args>,
  options: UseCallOptions & { readonly suspense: true; readonly enabled?: true },
): SuspendedCall<R, P, D>;
export function useCall<Args extends readonly unknown[], R, P, D>(
  procedure: Procedure<Args, R, P, D>,
  args: NoInfer<Args>,
  options?: UseCallOptions,
): EagerCall<R, P, D>;
export function useCall<R, P, D>(
  given: Procedure<never, R, P, D>,
  args?: readonly unknown[],
  options: UseCallOptions = {},
): object {
  const procedure = given as AnyProcedure<R, P, D>; // the overloads have checked its arguments
  const connection = useConnectionStore();
  const peer = usePeer<object>();
  const { enabled = true, keepData = false, suspense = false } = options;
  const isWanted = args !== undefined && enabled;
  const key = args && `${enabled ? "" : "not "}${keyOf(connection, peer, procedure, args)}`;
  const onServer = useSyncExternalStore(never, no, yes);
  const [own] = useState(() => new CallRunner<R, P, D>());
  const shared =
    suspense && isWanted && key ? requireShared(connection, { key, procedure, args, onServer }) : undefined;
  const runner = shared?.runner ?? own;
  const shown = useSyncExternalStore(runner.subscribe, runner.shown, nothing);
  const latest = useRef({ procedure, args });
  useEffect(() => {
    latest.current = { procedure, args };
  });
  useEffect(() => shared?.retain(), [shared]);
  useEffect(() => {
    if (!isWanted || shared) return undefined;
    const start = () => startEager(latest.current.procedure, latest.current.args);
    return keepCalled({ connection, runner, start, key, keepData });
  }, [connection, runner, isWanted, key, keepData, shared]);
  useEffect(() => own.leave, [own]);

  const { cancel, reset } = runner;
  const call = useCallback((...given: readonly unknown[]) => runner.run(latest.current.procedure(...given)), [runner]);
  const refetch = useCallback(
    () => runner.run(startEager(latest.current.procedure, latest.current.args), { key }),
    [runner, key],
  );
  if (args === undefined) return { ...shown.state, call, cancel, reset };
  if (shared && !shown.hasData) {
    if (shown.state.status === "failed") throw shown.state.error;
    throw runner.settled();
  }
  const state =
    shown.key === key ? shown.state : isWanted ? pendingWith(keepData ? shown.state.data : undefined) : IDLE;
  return { ...state, refetch, cancel };
}

type AnyProcedure<R, P, D> = Procedure<readonly unknown[], R, P, D>;

interface WantedShare<R, P, D> {
  readonly key: string;
  readonly procedure: AnyProcedure<R, P, D>;
  readonly args: readonly unknown[] | undefined;
  readonly onServer: boolean;
}

function requireShared<R, P, D>(
  connection: Connection,
  { key, procedure, args, onServer }: WantedShare<R, P, D>,
): SharedCall<R, P, D> {
  if (!memberInfo(procedure))
    throw new TypeError("useCall with suspense: expected a method of a client, such as api.add2");
  if (onServer) refuseOnServer();
  return connection.calls.get(key, { connection, start: () => startEager(procedure, args) });
}

/**
 * Returns a key that is equal for calls of the same procedure with arguments that are equal by value. A component may create its client
 * or its function anew in each render, so that their identity does not count. Options of the call do not count either.
 */
function keyOf({ keys }: Connection, peer: object, procedure: object, args: readonly unknown[]): string {
  const info = memberInfo(procedure);
  return `${keys.identityOf(peer)} ${info?.uri ?? ""} ${keys.of(args.slice(0, info?.leading))}`;
}

function startEager<R, P, D>(procedure: AnyProcedure<R, P, D>, args: readonly unknown[] = []): Call<R, P, D> {
  return procedure(...withCallOptions(procedure, args, { offline: "wait" }));
}

const never = () => () => {};
const no = () => false;
const yes = () => true;
const nothing = () => NOTHING_SHOWN;
