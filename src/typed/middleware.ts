import type { ParamValues } from "../contract/uri-params.js";
import { backoffMs } from "../peer/backoff.js";
import type { CallerPeer } from "../peer/types.js";
import { isWampError } from "../wire/error.js";
import { checkSettings, positive, type SettingRules } from "../wire/settings.js";
import * as uris from "../wire/uris.js";

/** A call or an event that passes through middleware, on its way out or in. */
export interface MiddlewareCall {
  /** The peer that it leaves, or has come to. */
  readonly peer: CallerPeer;
  /** `call` and `publish` leave this peer, `invoke` and `event` have come to it. */
  readonly kind: "call" | "invoke" | "publish" | "event";
  /** The name of the procedure or topic in its contract. */
  readonly name: string;
  /** The concrete URI. */
  readonly uri: string;
  /** What the contract says of it: the URI as it stands there, such as `com.app.orders.{orderId}.status`, and a procedure's errors by code. */
  readonly declared: { readonly uri: string; readonly errors?: ReadonlyMap<string, { readonly uri: string }> };
  readonly params: ParamValues;
  /** As the application sees it: not checked yet where it leaves, checked and decoded where it has come. Positional input is a list. */
  readonly input: unknown;
  /** Whether a procedure says that calling it twice does no harm. */
  readonly idempotent: boolean;
  /** The details of the INVOCATION or EVENT that has come, with extensions such as `_traceparent`. Missing for what leaves. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The options of a call or a publication; the context of a handler; the event. With what outer middleware has added. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** Goes on inwards, with additions to the context; resolves with the result. May be called again, to try again. */
export type Next<Added> = (added?: Added) => Promise<unknown>;

/**
 * One layer of a middleware chain around calls and events, on either side: it sees what passes, may refuse it by throwing, go on with
 * `next`, and see or change the result. At a callee `Added` is what handlers find in their context.
 *
 * ```ts
 * const timed: Middleware = async (call, next) => {
 *   const start = performance.now();
 *   try {
 *     return await next();
 *   } finally {
 *     console.log(call.kind, call.uri, performance.now() - start);
 *   }
 * };
 * ```
 */
export type Middleware<Added = unknown> = (call: MiddlewareCall, next: Next<Added>) => Promise<unknown>;

/** The additions of a list of middleware to the context of handlers, all together. */
export type AddedBy<Use extends readonly Middleware[]> = Use extends readonly [
  Middleware<infer Added>,
  ...infer Rest extends readonly Middleware[],
]
  ? Added & AddedBy<Rest>
  : unknown;

type Additions = Readonly<Record<string, unknown>>;

/** Runs what is innermost through all layers, the first being the outermost. `innermost` is given what all have added. */
export async function runThrough(
  use: readonly Middleware[],
  call: MiddlewareCall,
  innermost: (added: Additions) => unknown,
): Promise<unknown> {
  const step = async (index: number, added: Additions): Promise<unknown> => {
    const layer = use[index];
    if (!layer) return innermost(added);
    return layer({ ...call, context: extend(call.context, added) }, (more) =>
      step(index + 1, { ...added, ...(more as Additions | undefined) }),
    );
  };
  return step(0, {});
}

/** An object with more members. Its getters stay getters, wherever they stand. */
export function extend<T extends object>(base: T, added: Additions): T & Additions {
  if (Object.keys(added).length === 0) return base as T & Additions;
  return Object.create(Object.getPrototypeOf(base), {
    ...Object.getOwnPropertyDescriptors(base),
    ...Object.getOwnPropertyDescriptors(added),
  }) as T & Additions;
}

/** Options of `retry`. */
export interface RetryOptions {
  /** Calls in all. Default 3. */
  readonly attempts?: number;
  /** Longest wait before the second call, in milliseconds; doubled each time, with full jitter. Default 100. */
  readonly minMs?: number;
  /** Longest wait before any call, in milliseconds. Default 5,000. */
  readonly maxMs?: number;
}

const RETRY: SettingRules<RetryOptions> = { attempts: positive, minMs: positive, maxMs: positive };

/** Failures that may be gone a moment later. */
const TRANSIENT: ReadonlySet<string> = new Set([
  uris.UNAVAILABLE,
  uris.NO_SUCH_PROCEDURE, // its callee may come back later than its caller
  uris.NO_AVAILABLE_CALLEE,
  uris.NETWORK_FAILURE,
  uris.TIMEOUT,
]);

/**
 * Middleware for clients that calls again where a procedure was not there, not available or did not answer in time. Only procedures
 * declared `idempotent` are called again; a lost connection needs no middleware for these.
 */
export function retry(options: RetryOptions = {}): Middleware {
  checkSettings(options, RETRY, "retry");
  const { attempts = 3, minMs = 100, maxMs = 5_000 } = options;
  return async (call, next) => {
    for (let repeated = 0; ; repeated++) {
      try {
        return await next();
      } catch (error) {
        const mayRepeat = call.kind === "call" && call.idempotent && repeated + 1 < attempts;
        if (!mayRepeat || !isWampError(error) || !TRANSIENT.has(error.uri)) throw error;
        const waitMs = backoffMs(repeated, { minMs, maxMs }, Math.random);
        await new Promise<void>((resolve) => call.peer.clock.after(waitMs, resolve));
      }
    }
  };
}
