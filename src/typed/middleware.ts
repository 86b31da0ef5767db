import type { ParamValues } from "../contract/uri-params.js";
import { backoffMs } from "../peer/backoff.js";
import type { CallerPeer } from "../peer/types.js";
import { isWampError } from "../wire/error.js";
import { checkSettings, positive, type SettingRules } from "../wire/settings.js";
import * as uris from "../wire/uris.js";

/** An outgoing or incoming call or event that passes through middleware. */
export interface MiddlewareCall {
  /** The peer that sends or receives it. */
  readonly peer: CallerPeer;
  /** `call` and `publish` are outgoing, `invoke` and `event` are incoming. */
  readonly kind: "call" | "invoke" | "publish" | "event";
  /** The name of the procedure or topic in its contract. */
  readonly name: string;
  /** The concrete URI. */
  readonly uri: string;
  /**
   * The contract's declaration: the URI template, such as `com.app.orders.{orderId}.status`, and a procedure's errors by code.
   */
  readonly declared: { readonly uri: string; readonly errors?: ReadonlyMap<string, { readonly uri: string }> };
  readonly params: ParamValues;
  /**
   * The application's value: not checked yet if it is outgoing, checked and decoded if it is incoming. Positional input is a
   * list.
   */
  readonly input: unknown;
  /** Whether the contract declares the procedure `idempotent`. Middleware may then call it again. */
  readonly idempotent: boolean;
  /** The details of an incoming INVOCATION or EVENT, with extensions such as `_traceparent`. Missing if it is outgoing. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The options of a call or a publication, the context of a handler, or the event, with the additions of outer middleware. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** Calls the next layer with additions to the context. Resolves with the result. It may be called again to retry. */
export type Next<Added> = (added?: Added) => Promise<unknown>;

/**
 * One layer of a middleware chain around calls and events, on either side. It sees each of them, can refuse it by throwing, continue with
 * `next`, and see or change the result. At a callee, handlers find `Added` in their context.
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

/** The combined additions of a list of middleware to the context of handlers. */
export type AddedBy<Use extends readonly Middleware[]> = Use extends readonly [
  Middleware<infer Added>,
  ...infer Rest extends readonly Middleware[],
]
  ? Added & AddedBy<Rest>
  : unknown;

type Additions = Readonly<Record<string, unknown>>;

/** Runs `innermost` through all layers. The first layer is the outermost. `innermost` receives the additions of all layers. */
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

/** Returns an object with more members. Inherited and own getters stay getters. */
export function extend<T extends object>(base: T, added: Additions): T & Additions {
  if (Object.keys(added).length === 0) return base as T & Additions;
  return Object.create(Object.getPrototypeOf(base), {
    ...Object.getOwnPropertyDescriptors(base),
    ...Object.getOwnPropertyDescriptors(added),
  }) as T & Additions;
}

/** Options of `retry`. */
export interface RetryOptions {
  /** Maximum number of calls, including the first. Default: 3. */
  readonly attempts?: number;
  /** Longest wait before the second call, in milliseconds. It doubles each time, with full jitter. Default: 100. */
  readonly minMs?: number;
  /** Longest wait before any call, in milliseconds. Default: 5,000. */
  readonly maxMs?: number;
}

const RETRY: SettingRules<RetryOptions> = { attempts: positive, minMs: positive, maxMs: positive };

/** Errors that may be temporary. */
const TRANSIENT: ReadonlySet<string> = new Set([
  uris.UNAVAILABLE,
  uris.NO_SUCH_PROCEDURE, // its callee may reconnect later than its caller
  uris.NO_AVAILABLE_CALLEE,
  uris.NETWORK_FAILURE,
  uris.TIMEOUT,
]);

/**
 * Returns middleware for clients that retries a call if the procedure was not registered, not available or did not answer in
 * time. It only retries procedures that are declared `idempotent`. These need no middleware for a lost connection.
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
