import type { DataTag, ThrowOnError } from "@tanstack/react-query";
import type { Call } from "../peer/call.js";
import type { CallOptions } from "../peer/types.js";
import type { FailureOf } from "../react/call-runner.js";
import type { Procedure } from "../react/use-call.js";
import { memberInfo, withCallOptions } from "../typed/member-info.js";
import { isError } from "../wire/call-failure.js";

/** The data of a query. It must not be `undefined`, so that an empty result is `null`. */
export type QueryData<Result> = Result extends undefined | void ? null : Result;

/** The options of a query that calls a procedure. */
export interface CallQueryOptions<Data, Failure> {
  /** The procedure's URI and its arguments. */
  readonly queryKey: DataTag<readonly unknown[], Data, Failure>;
  /** Makes the call. */
  readonly queryFn: (context: QueryContext) => Promise<Data>;
  /** Calls again, at most three times, after a failure for lack of a connection, a callee or time. Never after a declared error. */
  readonly retry: (failureCount: number, error: Failure) => boolean;
  /** The peer tracks the connection, and waits for one. */
  readonly networkMode: "always";
  /** Never set, so that the default of the `QueryClient` applies. `useQueries` takes the type of `error` from it. */
  readonly throwOnError?: ThrowOnError<Data, Failure, Data, readonly unknown[]>;
}

/** The part of a query function's context that is used here. */
export interface QueryContext {
  readonly queryKey: readonly unknown[];
  readonly signal: AbortSignal;
  readonly client: { setQueryData(queryKey: readonly unknown[], data: unknown): unknown };
}

/** The options of a mutation that calls a procedure. */
export interface CallMutationOptions<Args extends readonly unknown[], Result, Failure> {
  /** The procedure's URI. */
  readonly mutationKey: readonly unknown[];
  /** Makes the call. */
  readonly mutationFn: (variables: Variables<Args>) => Promise<Result>;
  /** Never: a failed call may have run. */
  readonly retry: (failureCount: number, error: Failure) => false;
  /** The peer tracks the connection. */
  readonly networkMode: "always";
}

/** The variables of a mutation: the one argument of its procedure, or a list if it takes more. */
export type Variables<Args extends readonly unknown[]> = Args extends readonly [options?: CallOptions | undefined]
  ? void
  : Args extends readonly [input: infer Input, options?: CallOptions | undefined]
    ? Input
    : Args;

/** The data of a streamed query. */
export interface Streamed<Result, Progress> {
  /** The newest progress values, oldest first. */
  readonly progress: readonly Progress[];
  /** `undefined` until the call has ended. */
  readonly result: Result | undefined;
  /** Whether the call has ended. */
  readonly isDone: boolean;
}

/** Options of `streamedQuery`. */
export interface StreamedQueryOptions {
  /** The maximum number of progress values to keep, from 1. Default: 1,000. */
  readonly keep?: number;
}

/**
 * Returns the key of a procedure's queries, for example for `invalidateQueries`: of all queries, or of those whose first arguments
 * are these. Throws `TypeError` for a value that is not a client's method.
 */
export function queryKeyOf(procedure: object, args: readonly unknown[] = []): readonly unknown[] {
  const info = memberInfo(procedure);
  if (!info) throw new TypeError("expected a method of a client, such as api.add2");
  return ["wampact", info.uri, ...args.slice(0, info.leading).map(comparable)];
}

/**
 * Returns the options of a query for a procedure with these arguments, for `useQuery` and similar hooks. The call waits for the
 * connection. It is canceled when the query is, for example when its last component unmounts. `error` has the type of the
 * procedure's declared errors.
 *
 * ```tsx
 * const { data } = useQuery(queryOptions(api.add2, [{ a: 2, b: 3 }]));
 * useQuery({ ...queryOptions(api.cities, []), staleTime: 60_000 });
 * ```
 */
export function queryOptions<Args extends readonly unknown[], R, P, D>(
  procedure: Procedure<Args, R, P, D>,
  args: NoInfer<Args>,
): CallQueryOptions<QueryData<R>, FailureOf<D>> {
  return {
    ...common<QueryData<R>, FailureOf<D>>(procedure, args),
    queryFn: async ({ signal }) => dataOf(await startQuery(procedure, { args, signal })),
  };
}

/**
 * Returns the options of a query that shows a call's progress while it runs. Its data exists from the first progress value on, and
 * `isFetching` is true until the result. Otherwise as `queryOptions`. Throws `TypeError` for a `keep` below 1.
 *
 * ```tsx
 * const { data } = useQuery(streamedQuery(api.report, [{ year }]));
 * <progress value={data?.progress.at(-1)?.share} />
 * ```
 */
export function streamedQuery<Args extends readonly unknown[], R, P, D>(
  procedure: Procedure<Args, R, P, D>,
  args: NoInfer<Args>,
  { keep = 1_000 }: StreamedQueryOptions = {},
): CallQueryOptions<Streamed<QueryData<R>, P>, FailureOf<D>> {
  if (!(keep >= 1)) throw new TypeError(`streamedQuery.keep: expected a number from 1, got ${keep}`);
  return {
    ...common<Streamed<QueryData<R>, P>, FailureOf<D>>(procedure, args),
    async queryFn({ queryKey, signal, client }) {
      const call = startQuery(procedure, { args, signal });
      const progress: P[] = [];
      for await (const value of call) {
        progress.push(value);
        if (progress.length > keep) progress.shift();
        client.setQueryData(queryKey, { progress: [...progress], result: undefined, isDone: false });
      }
      return { progress, result: dataOf(await call), isDone: true };
    },
  };
}

/**
 * Returns the options of a mutation that calls a procedure. `mutate` takes its argument, or a list if it has more, such as URI
 * parameters and an input. `options` apply to all its calls. `error` has the type of the procedure's declared errors. Throws
 * `TypeError` for a value that is not a client's method.
 *
 * ```tsx
 * const { mutate, error } = useMutation(mutationOptions(api.divide, { timeoutMs: 5_000 }));
 * mutate({ a: 1, b: 0 });
 * ```
 */
export function mutationOptions<Args extends readonly unknown[], R, P, D>(
  procedure: Procedure<Args, R, P, D>,
  options: CallOptions = {},
): CallMutationOptions<Args, R, FailureOf<D>> {
  const leading = memberInfo(procedure)?.leading;
  return {
    mutationKey: queryKeyOf(procedure),
    mutationFn: async (variables) => {
      const args = leading === 0 ? [] : leading === 1 ? [variables] : variables;
      return procedure(...(withCallOptions(procedure, args as Args, options) as Args)); // as `Variables` says
    },
    retry: () => false,
    networkMode: "always",
  };
}

function common<Data, Failure>(procedure: object, args: readonly unknown[]) {
  return {
    queryKey: queryKeyOf(procedure, args) as DataTag<readonly unknown[], Data, Failure>,
    retry: (failureCount: number, error: Failure) => failureCount < 3 && mayPass(error),
    networkMode: "always",
  } as const;
}

/** Returns whether the same call may succeed a little later. */
function mayPass(error: unknown): boolean {
  const codes = ["disconnected", "unavailable", "noSuchProcedure", "timeout"] as const;
  return codes.some((code) => isError(error, code));
}

function startQuery<Args extends readonly unknown[], R, P, D>(
  procedure: Procedure<Args, R, P, D>,
  { args, signal }: { readonly args: readonly unknown[]; readonly signal: AbortSignal },
): Call<R, P, D> {
  return procedure(...(withCallOptions(procedure, args, { signal, offline: "wait" }) as Args)); // the given arguments, and options
}

function dataOf<Result>(result: Result): QueryData<Result> {
  return (result ?? null) as QueryData<Result>;
}

/** Returns a value that JSON can distinguish, as keys must be. Throws `TypeError` for objects that JSON cannot tell apart. */
function comparable(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "function") throw notComparable("function");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(comparable);
  if (value instanceof Map || value instanceof Set) return [value.constructor.name, [...value].map(comparable)];
  if (value instanceof Uint8Array) return ["bytes", ...value];
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return value;
  const entries = Object.entries(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && entries.length === 0) {
    throw notComparable(value.constructor?.name ?? "object");
  }
  return Object.fromEntries(entries.map(([name, each]) => [name, comparable(each)]));
}

function notComparable(kind: string): TypeError {
  return new TypeError(
    `a query's arguments must be comparable, but JSON cannot tell one ${kind} from another; use a mutation or useCall`,
  );
}
