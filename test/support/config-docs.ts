/** The tables of docs/configuration.md, made of the JSON Schema. */
import type { JsonSchema } from "../../src/config/json-schema.js";

/** One setting, as a table has it. */
interface Row {
  readonly key: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** A table for each object of settings that is of several kinds, and one for the rest of each part. */
export function settingsTables(schema: JsonSchema): string {
  const tables: string[] = [];
  const table = (title: string, part: JsonSchema) => {
    const nested: [string, JsonSchema][] = [];
    const rows = [...rowsOf(part, "", nested)];
    const lines = rows.map(({ key, schema, required }) => {
      const value = JSON.stringify(schema.default) ?? "{}";
      const byDefault = required ? "required" : value === "{}" ? "" : `\`${value}\``;
      return `| \`${key}\` | ${typeOf(schema)} | ${byDefault} | ${unitOf(key)} | ${schema.description ?? ""} |`;
    });
    tables.push(
      [`### ${title}`, "", "| key | type | default | unit | |", "|---|---|---|---|---|", ...lines].join("\n"),
    );
    for (const [name, each] of nested) table(name, each);
  };
  table("All settings", schema);
  return tables.join("\n\n");
}

function* rowsOf(part: JsonSchema, prefix: string, nested: [string, JsonSchema][]): Iterable<Row> {
  for (const [name, schema] of Object.entries(part.properties ?? {})) {
    const key = `${prefix}${name}`;
    yield { key, schema, required: part.required?.includes(name) ?? false };
    const kinds = schema.items?.oneOf ?? schema.oneOf;
    const entries = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
    if (kinds) {
      for (const kind of kinds) nested.push([`\`${key}\`, ${nameOf(kind)}`, kind]);
    } else if (schema.items?.properties && prefix === "" && name === "realms") nested.push(["A realm", schema.items]);
    else if (schema.items?.properties) yield* rowsOf(schema.items, `${key}[].`, nested);
    else if (entries?.properties) yield* rowsOf(entries, `${key}.<name>.`, nested);
    else if (schema.properties) yield* rowsOf(schema, `${key}.`, nested);
    const alternative = schema.anyOf?.find((each) => each.properties && !isReference(each));
    if (alternative) yield* rowsOf(alternative, `${key}.`, nested);
  }
}

/** Returns the text that identifies a variant, such as `"method": "ticket"`. */
function nameOf({ properties = {} }: JsonSchema): string {
  const [name, schema] = Object.entries(properties).find(([, each]) => each.const !== undefined) ?? [];
  return `\`"${name}": ${JSON.stringify(schema?.const)}\``;
}

function typeOf(schema: JsonSchema): string {
  const { type, items, enum: names, anyOf, properties = {} } = schema;
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (names) return names.map((name) => `\`${JSON.stringify(name)}\``).join(", ");
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(" or ");
  if (items) return `list of ${items.oneOf || items.properties ? "objects" : typeOf(items)}`;
  if (isReference(schema)) return `\`{ "${Object.keys(properties)[0]}": … }\``;
  return schema.oneOf ? "object" : `${type ?? "any"}${rangeOf(schema)}`;
}

/** Returns the range of a number, such as ` from 0 to 65,535`. */
function rangeOf({ minimum, exclusiveMinimum, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): string {
  const text = (number: number) => number.toLocaleString("en-US");
  const least = exclusiveMinimum === undefined ? minimum : exclusiveMinimum;
  if (least === undefined || least === Number.MIN_SAFE_INTEGER) return "";
  const from = `${exclusiveMinimum === undefined ? " from" : " above"} ${text(least)}`;
  return maximum >= Number.MAX_SAFE_INTEGER ? from : `${from} to ${text(maximum)}`;
}

function isReference({ properties = {} }: JsonSchema): boolean {
  const [only, ...others] = Object.keys(properties);
  return others.length === 0 && (only === "env" || only === "file");
}

function unitOf(key: string): string {
  if (key.endsWith("Ms")) return "ms";
  if (key.endsWith("Bytes")) return "bytes";
  if (key.endsWith("PerSecond")) return "per second";
  return "";
}
