import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { isDict, kindOf } from "../../wire/fields.js";
import type { SettingRule } from "../../wire/settings.js";

/**
 * Where a secret is that must be known in plain: an environment variable, a file, or what a function gives. It never stands in a
 * configuration itself. It is read at each login; the line end that closes a file does not belong to it.
 */
export type Secret = { readonly env: string } | { readonly file: string } | (() => string | Promise<string>);

export const secretSource: SettingRule = {
  expected:
    'where the secret is: { env: "NAME" }, { file: "path" } or a function; it does not belong in a configuration',
  accepts: (value) => typeof value === "function" || (isDict(value) && (isOnly(value, "env") || isOnly(value, "file"))),
};

/** Throws `TypeError` for a variable that is not set, or a file that cannot be read. */
export function checkSecret(secret: Secret, path: string): void {
  if (typeof secret === "function") return;
  if ("env" in secret) return void requireVariable(secret.env, path);
  try {
    accessSync(secret.file, constants.R_OK);
  } catch (error) {
    throw new TypeError(`${path}: the file "${secret.file}" cannot be read`, { cause: error });
  }
}

/** Reads a secret now. */
export async function readSecret(secret: Secret, path: string): Promise<string> {
  if (typeof secret !== "function") {
    if ("env" in secret) return requireVariable(secret.env, path);
    return (await readFile(secret.file, "utf8")).replace(/\r?\n$/, "");
  }
  const given: unknown = await secret();
  if (typeof given === "string" && given !== "") return given;
  throw new TypeError(
    `${path}: expected a string that is not empty, got ${given === "" ? "an empty one" : kindOf(given)}`,
  );
}

function requireVariable(name: string, path: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new TypeError(`${path}: the environment variable "${name}" is not set`);
}

function isOnly(value: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.keys(value).length === 1 && typeof value[key] === "string" && value[key] !== "";
}
