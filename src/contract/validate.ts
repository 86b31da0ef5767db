import { $ZodAsyncError, type $ZodType } from "zod/v4/core";
import type { Issue } from "../wire/issue.js";
import { issuesOf, shownOf } from "./issues.js";
import { hasAsyncParts, isTransparent, senderSchema } from "./schema-walk.js";
import type { ValidateMode } from "./validate-mode.js";

/** The result of a check. */
export type Outcome = { readonly ok: true; readonly value: unknown } | Refused;

/** The problems of a value. */
export interface Refused {
  readonly ok: false;
  readonly issues: readonly Issue[];
  /** The description of the value of the first issue. It must not be sent. */
  readonly got?: string | undefined;
}

/** Validates values in both directions. The result is synchronous unless the schema has asynchronous parts. */
export interface Validator {
  /** Converts and checks a value from the application to the wire. */
  send(value: unknown): Outcome | Promise<Outcome>;
  /** Converts and checks a value from the wire to the application. */
  receive(value: unknown): Outcome | Promise<Outcome>;
}

type Check = (value: unknown) => Outcome | Promise<Outcome>;

/** The result of a zod schema: the value or its issues. */
type Parsed = ReturnType<$ZodType["_zod"]["run"]>;

/** Creates the validator of a schema. Without a schema, every value passes. */
export function createValidator(schema: $ZodType | undefined, mode: ValidateMode): Validator {
  if (!schema) return { send: pass, receive: pass };
  const transparent = mode === "both" ? false : isTransparent(schema);
  return {
    send: transparent ? pass : createSend(schema),
    receive: transparent && mode === "none" ? pass : syncFirst(schema, (value, async) => run(schema, value, { async })),
  };
}

function createSend(schema: $ZodType): Check {
  let sender: $ZodType | undefined; // derived on first use: contracts are large, and most members are rarely used
  return syncFirst(schema, (value, async) => {
    sender ??= senderSchema(schema);
    return run(sender, value, { async, direction: "backward" });
  });
}

/**
 * Does the same as zod's `safeParse` and `safeEncode` without copying the context. Those copies survive a minor garbage
 * collection and cost several times as much as checking a small payload.
 */
function run(
  schema: $ZodType,
  value: unknown,
  context: { readonly async: boolean; readonly direction?: "backward" },
): Parsed {
  return schema._zod.run({ value, issues: [] }, context);
}

/** Checks synchronously, which is several times faster, unless the schema turns out to be asynchronous. */
function syncFirst(schema: $ZodType, check: (value: unknown, async: boolean) => Parsed): Check {
  let isAsync: boolean | undefined;
  return (value) => {
    isAsync ??= hasAsyncParts(schema);
    if (!isAsync) {
      try {
        const parsed = check(value, false);
        if (!(parsed instanceof Promise)) return outcomeOf(parsed);
        parsed.catch(() => {}); // the check runs again
      } catch (error) {
        if (!mayBeAsync(error)) throw error;
      }
    }
    return Promise.resolve(check(value, true)).then((parsed) => {
      isAsync = true;
      return outcomeOf(parsed);
    });
  };
}

/**
 * Returns whether an error of zod means that the schema is asynchronous. An object fails with another error, on a member's
 * promise.
 */
function mayBeAsync(error: unknown): boolean {
  const name = (error as Error | undefined)?.name;
  return error instanceof $ZodAsyncError || name === "$ZodAsyncError" || name === "TypeError";
}

function outcomeOf({ value, issues }: Awaited<Parsed>): Outcome {
  return issues.length === 0 ? { ok: true, value } : { ok: false, issues: issuesOf(issues), got: shownOf(issues) };
}

const pass: Check = (value) => ({ ok: true, value });
