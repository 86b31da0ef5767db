import { isDict } from "../wire/fields.js";
import { configJsonSchema, type JsonSchema } from "./json-schema.js";
import type { Prepared } from "./prepare.js";
import { pathText } from "./problems.js";

/** One effective setting. */
export interface Explained {
  /** The path, such as `realms[0].limits.session.maxTestaments`. */
  readonly path: string;
  /** The value as JSON, its source, or a note that it is hidden. */
  readonly value: string;
  /** Whether the value is the default. */
  readonly isDefault: boolean;
}

/** The keys of secrets and of values that are as sensitive. Their texts are hidden everywhere. */
const SECRETS: readonly string[] = ["ticket", "scram", "key", "secret", "decoySeed", "passphrase", "token"];

/** Returns every effective setting, including defaults, with secrets hidden. A default that is not a fixed value is described. */
export function explainConfig({ settings, config }: Pick<Prepared, "settings" | "config">): readonly Explained[] {
  return [...explained({ value: settings, given: config.value, path: [], schema: configJsonSchema() })];
}

/** A setting during the traversal. */
interface Place {
  readonly value: unknown;
  /** The value in the file. */
  readonly given: unknown;
  readonly path: readonly PropertyKey[];
  readonly schema: JsonSchema | undefined;
}

/** Returns the settings as one object for programs, with secrets hidden. */
export function hiddenSettings({ settings }: Pick<Prepared, "settings">): unknown {
  const walk = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof value === "function") return "(a function)";
    if (isSecret(value, path)) return "(hidden)";
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (!isDict(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, [...path, name])]));
  };
  return walk(settings, []);
}

function* explained(place: Place): Iterable<Explained> {
  const { value, given, path, schema } = place;
  const line = (text: string) => ({ path: pathText(path), value: text, isDefault: given === undefined });
  if (value === undefined) {
    const [, words] = /\bDefault: (.+?)\.?$/.exec(schema?.description ?? "") ?? [];
    if (words !== undefined && !isOfCodegen(path)) yield line(words);
  } else if (typeof value === "function") yield line("(a function)");
  else if (isSecret(value, path)) yield line("(hidden)");
  else if (isDict(value) && typeof value.env === "string") yield line(`the environment variable ${value.env}`);
  else if (isDict(value) && typeof value.file === "string") yield line(`the file ${value.file}`);
  else if (isDict(value) || (Array.isArray(value) && value.some(isDict))) {
    const names = Array.isArray(value)
      ? value.keys()
      : new Set([...Object.keys(value), ...defaultsOf(kindOf(schema, value), value)]);
    const members = [...names].flatMap((name) => [...explained(memberOf(place, name))]);
    if (members.length > 0) yield* members;
    else yield line("{}");
  } else yield line(JSON.stringify(value));
}

/** Returns the settings that an object may have. A Unix socket has no host and port, and only a Unix socket has a mode. */
function defaultsOf(kind: JsonSchema | undefined, value: unknown): readonly string[] {
  const names = Object.keys(kind?.properties ?? {});
  if (!names.includes("mode")) return names;
  const others = valueAt(value, "path") === undefined ? ["mode"] : ["host", "port"];
  return names.filter((name) => !others.includes(name));
}

function memberOf({ value, given, path, schema }: Place, name: string | number): Place {
  const kind = kindOf(schema, value);
  const others = typeof kind?.additionalProperties === "object" ? kind.additionalProperties : undefined;
  const member = Array.isArray(value) ? schema?.items : (kind?.properties?.[name] ?? others);
  return { value: valueAt(value, name), given: valueAt(given, name), path: [...path, name], schema: member };
}

/** Returns the alternative of a union that a value matches. */
function kindOf(schema: JsonSchema | undefined, value: unknown): JsonSchema | undefined {
  const kinds = schema?.oneOf;
  if (!kinds) return schema;
  return kinds.find(({ properties = {} }) =>
    Object.entries(properties).some(([name, each]) => each.const !== undefined && each.const === valueAt(value, name)),
  );
}

function isOfCodegen([name]: readonly PropertyKey[]): boolean {
  return name === "schemas" || name === "out" || name === "importExtension" || name === "thin";
}

function isSecret(value: unknown, path: readonly PropertyKey[]): boolean {
  const [parent, name] = path.slice(-2);
  if (typeof value !== "string" || parent === "tls") return false; // a file name
  return SECRETS.includes(String(name)) && parent !== "principals";
}

function valueAt(value: unknown, name: string | number): unknown {
  return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[name] : undefined;
}
