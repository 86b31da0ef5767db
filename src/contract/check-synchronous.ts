import type { $ZodType } from "zod/v4/core";
import { defOf } from "./schema.js";
import { childrenOf, isAsync } from "./schema-walk.js";
import { NEEDS_SYNCHRONOUS } from "./synchronous.js";

/**
 * Throws `TypeError` if a schema that must be synchronous contains an `async` function. It cannot detect schemas inside
 * `z.lazy()` that are not declared yet, or functions that return promises without being `async`; those fail at run time.
 * `path` is, for example, `procedure("com.app.a").progress`.
 */
export function checkSynchronous(path: string, schema: $ZodType | undefined): void {
  const seen = new Set<$ZodType>();
  const waiting = schema ? [schema] : [];
  for (let each = waiting.pop(); each; each = waiting.pop()) {
    if (seen.has(each)) continue;
    seen.add(each);
    if (isAsync(each)) {
      throw new TypeError(`${path}: the schema has an async function; ${NEEDS_SYNCHRONOUS}`);
    }
    waiting.push(...declaredParts(each));
  }
}

/** Returns the schemas directly inside a schema, or none if they refer to schemas that are not declared yet. */
function declaredParts(schema: $ZodType): readonly $ZodType[] {
  if (defOf(schema).type === "lazy") return [];
  try {
    return childrenOf(schema);
  } catch {
    return []; // the getter of an object threw; it runs again on use
  }
}
