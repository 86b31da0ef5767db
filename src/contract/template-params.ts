import type { $ZodType } from "zod/v4/core";
import { parseTemplate } from "./params.js";
import { type TypedTemplate, withoutParams, withParams } from "./uri-params.js";
import { createValidator } from "./validate.js";

/** Creates a typed template. Throws `TypeError` for an invalid template. Parameter schemas must be synchronous. */
export function createTypedTemplate(
  uri: string,
  schemas: Readonly<Record<string, $ZodType | undefined>> = {},
): TypedTemplate {
  const template = parseTemplate(uri);
  if (template.names.length === 0) return withoutParams(uri);
  return withParams(template, (name) => schemas[name] && createValidator(schemas[name], "both"));
}
