import { isDict } from "../wire/fields.js";
import type { Prepared } from "./prepare.js";
import { pathText } from "./problems.js";

/** One setting that holds. */
export interface Explained {
  /** Such as `realms[0].limits.session.maxTestaments`. */
  readonly path: string;
  /** As JSON, or where it comes from, or that it is hidden. */
  readonly value: string;
  /** Whether the file leaves it to its default. */
  readonly isDefault: boolean;
}

/** Keys of secrets, and of what is worth one: as texts they are hidden wherever they stand. */
const SECRETS: readonly string[] = ["ticket", "scram", "key", "secret", "decoySeed", "passphrase", "token"];

/** Every setting that holds, defaults included, secrets hidden. */
export function explainConfig({ settings, config }: Pick<Prepared, "settings" | "config">): readonly Explained[] {
  return [...explained(settings, config.value, [])];
}

/** The settings as one object, for programs, with secrets hidden. */
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

function* explained(value: unknown, given: unknown, path: readonly PropertyKey[]): Iterable<Explained> {
  if (value === undefined) return;
  const line = (text: string) => ({ path: pathText(path), value: text, isDefault: given === undefined });
  if (typeof value === "function") return void (yield line("(a function)"));
  if (isSecret(value, path)) return void (yield line("(hidden)"));
  if (isDict(value) && typeof value.env === "string") return void (yield line(`the environment variable ${value.env}`));
  if (isDict(value) && typeof value.file === "string") return void (yield line(`the file ${value.file}`));
  if (Array.isArray(value) && value.some(isDict)) {
    for (const [index, item] of value.entries()) yield* explained(item, memberOf(given, index), [...path, index]);
  } else if (isDict(value) && Object.keys(value).length > 0) {
    for (const [name, each] of Object.entries(value)) yield* explained(each, memberOf(given, name), [...path, name]);
  } else yield line(JSON.stringify(value));
}

function isSecret(value: unknown, path: readonly PropertyKey[]): boolean {
  const [parent, name] = path.slice(-2);
  if (typeof value !== "string" || parent === "tls") return false; // a file's name
  return SECRETS.includes(String(name)) && parent !== "principals";
}

function memberOf(value: unknown, name: string | number): unknown {
  return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[name] : undefined;
}
