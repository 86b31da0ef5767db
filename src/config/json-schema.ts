import * as z from "zod";
import { isDict } from "../wire/fields.js";
import { CONFIG } from "./schema.js";

/** A JSON Schema or a part of one. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** Returns the JSON Schema of `wampact.config.json`, for editors. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(CONFIG, { io: "input", unrepresentable: "any" });
  return { ...(inJson(schema) as JsonSchema), ...{ title: "wampact.config.json" } };
}

/** Removes what JSON cannot express, and limits that every number has. */
function inJson(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.filter((each) => !isInCode(each)).map(inJson);
  if (!isDict(schema)) return schema;
  const kept = Object.entries(schema).filter(([name, value]) => !isInCode(value) && !isEveryNumbers(name, value));
  const { anyOf, ...rest } = Object.fromEntries(kept.map(([name, value]) => [name, inJson(value)]));
  if (!Array.isArray(anyOf)) return rest;
  return anyOf.length === 1 ? { ...(anyOf[0] as object), ...rest } : { ...rest, anyOf };
}

function isInCode(value: unknown): boolean {
  return isDict(value) && value.inCode === true;
}

function isEveryNumbers(name: string, value: unknown): boolean {
  return name === "maximum" && value === Number.MAX_SAFE_INTEGER;
}
