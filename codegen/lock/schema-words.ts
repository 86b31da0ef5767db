import { isDeepStrictEqual } from "node:util";
import { type JsonSchema, nameIn } from "../json-schema.js";

export type Definitions = Readonly<Record<string, JsonSchema>>;

/** Resolves a reference to its schema, and adds the keywords beside the reference. */
export function resolve(schema: JsonSchema, definitions: Definitions): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const target = definitions[nameIn(schema.$ref)] ?? {};
  return { ...target, ...schema };
}

/** Returns the type's name. A number that is a multiple of an integer is an integer. */
export function typeOf({ type, multipleOf }: JsonSchema): string | undefined {
  if (type === "number" && typeof multipleOf === "number" && Number.isInteger(multipleOf)) return "integer";
  return typeof type === "object" ? type.join(" or ") : (type as string | undefined);
}

export function includes(values: readonly unknown[], value: unknown): boolean {
  return values.some((each) => isDeepStrictEqual(each, value));
}

/** Returns a schema's name for a sentence. */
export function nameOf(schema: JsonSchema): string {
  const discriminator = Object.entries(schema.properties ?? {}).find(([, part]) => "const" in part);
  if (discriminator) return `the option with ${discriminator[0]}: ${text(discriminator[1].const)}`;
  const type = typeOf(schema);
  return type === "array" && schema.prefixItems ? "tuple" : (type ?? "anything");
}

export function list(values: readonly unknown[]): string {
  return values.map(text).join(", ");
}

export function text(value: unknown): string {
  return JSON.stringify(value);
}
