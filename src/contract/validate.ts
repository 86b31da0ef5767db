import { $ZodAsyncError, type $ZodType } from "zod/v4/core";
import type { Issue } from "../wire/issue.js";
import { issuesOf, shownOf } from "./issues.js";
import { hasAsyncParts, isTransparent, senderSchema } from "./schema-walk.js";
import type { ValidateMode } from "./validate-mode.js";

/** The outcome of a check. */
export type Outcome = { readonly ok: true; readonly value: unknown } | Refused;

/** What is wrong with a value. */
export interface Refused {
  readonly ok: false;
  readonly issues: readonly Issue[];
  /** The value that the first issue is about, in words: it must not travel. */
  readonly got?: string | undefined;
}

/** A schema at work, in both directions. Answers synchronously unless the schema has asynchronous parts. */
export interface Validator {
  /** From the application to the wire. */
  send(value: unknown): Outcome | Promise<Outcome>;
  /** From the wire to the application. */
  receive(value: unknown): Outcome | Promise<Outcome>;
}

type Check = (value: unknown) => Outcome | Promise<Outcome>;

/** The outcome of a zod schema: the value, or its issues. */
type Parsed = ReturnType<$ZodType["_zod"]["run"]>;

/** The validator of a schema; without one, everything passes. */
export function createValidator(schema: $ZodType | undefined, mode: ValidateMode): Validator {
  if (!schema) return { send: pass, receive: pass };
  const transparent = mode === "both" ? false : isTransparent(schema);
  return {
    send: transparent ? pass : createSend(schema),
    receive: transparent && mode === "none" ? pass : syncFirst(schema, (value, async) => run(schema, value, { async })),
  };
}

function createSend(schema: $ZodType): Check {
  let sender: $ZodType | undefined; // derived at the first use: contracts are large, and most members rarely used
  return syncFirst(schema, (value, async) => {
    sender ??= senderSchema(schema);
    return run(sender, value, { async, direction: "backward" });
  });
}

/**
 * Does what zod's `safeParse` and `safeEncode` do, without the copies of the context they make: those outlive a scavenge, and cost
 * several times what checking a small payload does.
 */
function run(
  schema: $ZodType,
  value: unknown,
  context: { readonly async: boolean; readonly direction?: "backward" },
): Parsed {
  return schema._zod.run({ value, issues: [] }, context);
}

/** Checks synchronously, several times faster, unless a schema shows that it cannot. */
function syncFirst(schema: $ZodType, check: (value: unknown, async: boolean) => Parsed): Check {
  let isAsync: boolean | undefined;
  return (value) => {
    isAsync ??= hasAsyncParts(schema);
    if (!isAsync) {
      try {
        const parsed = check(value, false);
        if (!(parsed instanceof Promise)) return outcomeOf(parsed);
        parsed.catch(() => {}); // it is run again
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

/** Zod says so, but for an object: that stumbles over the promise of a member. */
function mayBeAsync(error: unknown): boolean {
  const name = (error as Error | undefined)?.name;
  return error instanceof $ZodAsyncError || name === "$ZodAsyncError" || name === "TypeError";
}

function outcomeOf({ value, issues }: Awaited<Parsed>): Outcome {
  return issues.length === 0 ? { ok: true, value } : { ok: false, issues: issuesOf(issues), got: shownOf(issues) };
}

const pass: Check = (value) => ({ ok: true, value });
