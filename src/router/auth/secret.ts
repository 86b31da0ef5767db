import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { isDict, kindOf } from "../../wire/fields.js";
import type { SettingRule } from "../../wire/settings.js";

/**
 * A reference to a secret that is needed in plain form: an environment variable, a file, or a function. Never put the secret itself
 * into a configuration. It is read for each login, without the last line break of a file.
 */
export type Secret = { readonly env: string } | { readonly file: string } | (() => string | Promise<string>);

export const secretSource: SettingRule = {
  expected: '{ env: "NAME" }, { file: "path" } or a function; secrets must not be in a configuration',
  accepts: (value) => typeof value === "function" || (isDict(value) && (isOnly(value, "env") || isOnly(value, "file"))),
};

/** Throws `TypeError` for a variable that is not set or a file that cannot be read. */
export function checkSecret(secret: Secret, path: string): void {
  if (typeof secret === "function") return;
  if ("env" in secret) return void requireVariable(secret.env, path);
  try {
    accessSync(secret.file, constants.R_OK);
  } catch (error) {
    throw new TypeError(`${path}: the file "${secret.file}" cannot be read`, { cause: error });
  }
}

/** Reads a secret. */
export async function readSecret(secret: Secret, path: string): Promise<string> {
  if (typeof secret !== "function") {
    if ("env" in secret) return requireVariable(secret.env, path);
    return (await readFile(secret.file, "utf8")).replace(/\r?\n$/, "");
  }
  const given: unknown = await secret();
  if (typeof given === "string" && given !== "") return given;
  throw new TypeError(`${path}: expected a non-empty string, got ${given === "" ? "an empty one" : kindOf(given)}`);
}

function requireVariable(name: string, path: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new TypeError(`${path}: the environment variable "${name}" is not set`);
}

function isOnly(value: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.keys(value).length === 1 && typeof value[key] === "string" && value[key] !== "";
}
