import { type $ZodType, safeParse, toJSONSchema } from "zod/v4/core";
import { describeIssues, issuesOf } from "../contract/issues.js";

/** The part of a JSON Schema that is needed to create samples. */
interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

/**
 * Returns a value that matches a schema, as its receiver sees it. It is always the same. Examples and defaults of the schema are
 * preferred, and optional members are omitted. Throws `TypeError` if no matching value is found, for example for a pattern; then
 * add an example to the schema.
 *
 * ```ts
 * sampleOf(z.object({ id: z.int().min(5), state: z.enum(["open", "done"]) })); // { id: 5, state: "open" }
 * ```
 */
export function sampleOf<T>(schema: $ZodType<T>): T {
  const root = toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const candidate = sample(root, root);
  const parsed = safeParse(schema, candidate);
  if (parsed.success) return parsed.data;
  const found = describeIssues("no sample matches the schema: value", issuesOf(parsed.error.issues));
  throw new TypeError(`${found}; add .meta({ examples: [...] }) to the schema, or pass a handler`);
}

function sample(schema: JsonSchema, root: JsonSchema): unknown {
  if (schema.examples && schema.examples.length > 0) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.$ref !== undefined) return sample(resolve(schema.$ref, root), root);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [alternative] = schema.anyOf ?? schema.oneOf ?? [];
  if (alternative) return sample(alternative, root);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => sample(part, root)));
  switch (typeOf(schema)) {
    case "string":
      return sampleText(schema);
    case "number":
    case "integer":
      return sampleNumber(schema);
    case "boolean":
      return true;
    case "array":
      return sampleList(schema, root);
    case "object":
      return sampleObject(schema, root);
    default:
      return null;
  }
}

/** Returns the type, or of several types the first except null. */
function typeOf({ type }: JsonSchema): string | undefined {
  return typeof type === "object" ? type.find((each) => each !== "null") : type;
}

function resolve(ref: string, root: JsonSchema): JsonSchema {
  if (ref === "#") return root;
  return root.$defs?.[ref.replace("#/$defs/", "")] ?? {};
}

function sampleObject({ properties = {}, required = [] }: JsonSchema, root: JsonSchema): unknown {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, part]) => (required.includes(name) ? [[name, sample(part, root)]] : [])),
  );
}

function sampleList({ prefixItems = [], items = {}, minItems = 0 }: JsonSchema, root: JsonSchema): unknown {
  const more = Math.max(0, minItems - prefixItems.length);
  return [...prefixItems, ...Array.from({ length: more }, () => items)].map((part) => sample(part, root));
}

function sampleNumber(schema: JsonSchema): number {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = schema;
  const step = multipleOf ?? (typeOf(schema) === "integer" ? 1 : 0.5);
  const isSafeBound = (bound: number | undefined) => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const least = isSafeBound(exclusiveMinimum) ? (exclusiveMinimum as number) + step : minimum;
  const most = isSafeBound(exclusiveMaximum) ? (exclusiveMaximum as number) - step : maximum;
  const wanted = isSafeBound(least) && (least as number) > 0 ? (least as number) : 0;
  const within = isSafeBound(most) ? Math.min(wanted, most as number) : wanted;
  return isSafeBound(least) && within === least ? Math.ceil(within / step) * step : Math.floor(within / step) * step;
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  "date-time": "2026-01-01T00:00:00.000Z",
  date: "2026-01-01",
  time: "00:00:00",
  duration: "P1D",
  email: "someone@example.com",
  uri: "https://example.com",
  uuid: "00000000-0000-4000-8000-000000000000",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
};

function sampleText({ format = "", minLength = 0, maxLength = Number.POSITIVE_INFINITY }: JsonSchema): string {
  return (BY_FORMAT[format] ?? "sample").padEnd(minLength, ".").slice(0, Math.max(minLength, maxLength));
}
