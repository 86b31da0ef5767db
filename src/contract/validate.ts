import { $ZodAsyncError, type $ZodType, safeEncode, safeEncodeAsync, safeParse, safeParseAsync } from "zod/v4/core";
import type { Issue } from "../wire/issue.js";
import { issuesOf } from "./issues.js";
import { isTransparent, senderSchema } from "./schema-walk.js";

/** What a check made of a value. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Which side checks. A schema that changes values (codec, default, transform) always runs, checks included. */
export type ValidateMode = "both" | "receive" | "none";

/** A schema at work, in both directions. Answers synchronously unless the schema has asynchronous parts. */
export interface Validator {
  /** From the application to the wire. */
  send(value: unknown): Outcome | Promise<Outcome>;
  /** From the wire to the application. */
  receive(value: unknown): Outcome | Promise<Outcome>;
}

type Check = (value: unknown) => Outcome | Promise<Outcome>;

/** What zod's two ways of checking have in common. */
type Result =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: Parameters<typeof issuesOf>[0] } };

/** The validator of a schema; without one, everything passes. */
export function createValidator(schema: $ZodType | undefined, mode: ValidateMode): Validator {
  if (!schema) return { send: pass, receive: pass };
  const transparent = mode === "both" ? false : isTransparent(schema);
  return {
    send: transparent ? pass : createSend(schema),
    receive: transparent && mode === "none" ? pass : createReceive(schema),
  };
}

function createSend(schema: $ZodType): Check {
  let sender: $ZodType | undefined; // derived at the first use: contracts are large, and most members rarely used
  const get = () => {
    sender ??= senderSchema(schema);
    return sender;
  };
  return syncFirst(
    (value) => safeEncode(get(), value as never),
    (value) => safeEncodeAsync(get(), value as never),
  );
}

function createReceive(schema: $ZodType): Check {
  return syncFirst(
    (value) => safeParse(schema, value),
    (value) => safeParseAsync(schema, value),
  );
}

/** Checks synchronously, several times faster, until a schema shows that it cannot. */
function syncFirst(sync: (value: unknown) => Result, async: (value: unknown) => Promise<Result>): Check {
  let isAsync = false;
  return (value) => {
    if (!isAsync) {
      try {
        return outcomeOf(sync(value));
      } catch (error) {
        if (!(error instanceof $ZodAsyncError) && (error as Error | undefined)?.name !== "$ZodAsyncError") throw error;
        isAsync = true;
      }
    }
    return async(value).then(outcomeOf);
  };
}

function outcomeOf(result: Result): Outcome {
  return result.success ? { ok: true, value: result.data } : { ok: false, issues: issuesOf(result.error.issues) };
}

const pass: Check = (value) => ({ ok: true, value });
