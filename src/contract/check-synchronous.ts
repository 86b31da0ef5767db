import type { $ZodType } from "zod/v4/core";
import { defOf } from "./schema.js";
import { childrenOf, isAsync } from "./schema-walk.js";
import { NEEDS_SYNCHRONOUS } from "./synchronous.js";

/**
 * Throws `TypeError` for a schema with an `async` function in it, where values must be checked at once. Schemas that are
 * not declared yet, those of `z.lazy()`, and functions that return promises without being `async` show at run time only. `path` is such as
 * `procedure("com.app.a").progress`.
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

/** The schemas directly inside one; none where they refer to what is not declared yet. */
function declaredParts(schema: $ZodType): readonly $ZodType[] {
  if (defOf(schema).type === "lazy") return [];
  try {
    return childrenOf(schema);
  } catch {
    return []; // a getter of an object: it is run again when the schema is used
  }
}
