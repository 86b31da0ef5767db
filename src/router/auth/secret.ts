import { accessSync, constants, readFileSync, statSync } from "node:fs";
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

/** Throws `TypeError` for a variable that is not set and for a file that is empty or cannot be read. */
export function checkSecret(secret: Secret, path: string): void {
  if (typeof secret === "function") return;
  if ("env" in secret) return void requireVariable(secret.env, path);
  let isEmpty: boolean;
  try {
    isEmpty = isEmptyFile(secret.file);
  } catch (error) {
    throw new TypeError(`${path}: the file "${secret.file}" cannot be read`, { cause: error });
  }
  if (isEmpty) throw emptyFile(secret.file, path);
}

/** Returns whether a file has no text besides a line break. Throws an exception of Node for a file that cannot be read. */
export function isEmptyFile(file: string): boolean {
  accessSync(file, constants.R_OK);
  const found = statSync(file);
  return found.isFile() && found.size <= LINE_BREAK_BYTES && textIn(readFileSync(file, "utf8")) === "";
}

const LINE_BREAK_BYTES = 2;

/** Reads a secret. An empty one is refused, since everybody knows it: a file may be empty while it is being written. */
export async function readSecret(secret: Secret, path: string): Promise<string> {
  if (typeof secret !== "function") {
    if ("env" in secret) return requireVariable(secret.env, path);
    const text = textIn(await readFile(secret.file, "utf8"));
    if (text === "") throw emptyFile(secret.file, path);
    return text;
  }
  const given: unknown = await secret();
  if (typeof given === "string" && given !== "") return given;
  throw new TypeError(`${path}: expected a non-empty string, got ${given === "" ? "an empty one" : kindOf(given)}`);
}

function emptyFile(file: string, path: string): TypeError {
  return new TypeError(`${path}: the file "${file}" is empty`);
}

function textIn(content: string): string {
  return content.replace(/\r?\n$/, "");
}

function requireVariable(name: string, path: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new TypeError(`${path}: the environment variable "${name}" is not set`);
}

function isOnly(value: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.keys(value).length === 1 && typeof value[key] === "string" && value[key] !== "";
}
