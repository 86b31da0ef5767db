import { type $ZodType, safeParse } from "zod/v4/core";
import type { BooleanWords } from "../json-schema.js";

/** No `z.stringbool()` accepts this word, so its error lists the words that it accepts. */
const NO_WORD = "\u0000";

/**
 * Returns the words that a `z.stringbool()` accepts, or nothing for another codec. Zod does not expose them, so an error is
 * provoked.
 */
export function booleanWords(schema: $ZodType): BooleanWords | undefined {
  const { in: from, out: to } = schema._zod.def as { readonly in?: $ZodType; readonly out?: $ZodType };
  if (from?._zod.def.type !== "string" || to?._zod.def.type !== "boolean") return undefined;
  try {
    const [issue] = safeParse(schema, NO_WORD).error?.issues ?? [];
    const { expected, values } = (issue ?? {}) as { readonly expected?: unknown; readonly values?: readonly string[] };
    if (expected !== "stringbool" || !values) return undefined;
    const meaning = (word: string): unknown => safeParse(schema, word).data;
    return {
      true: values.filter((word) => meaning(word) === true).sort(),
      false: values.filter((word) => meaning(word) === false).sort(),
      caseSensitive: values.every((word) =>
        [word.toUpperCase(), word.toLowerCase()].every((other) => other === word || meaning(other) === undefined),
      ),
    };
  } catch {
    return undefined; // an author's codec that does not accept such text, or that is asynchronous
  }
}
