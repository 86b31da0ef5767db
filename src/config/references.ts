import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { Secret } from "../router/auth/secret.js";
import type { Problems } from "./problems.js";
import type { Reference } from "./settings.js";

/** Where a reference stands, and what its path is relative to. */
export interface ReferenceContext {
  readonly dir: string;
  /** Path of a setting → digest of the text that was read for it. */
  readonly digests: Map<string, string>;
  readonly problems: Problems;
}

/** The text that a setting has or refers to. What cannot be read is a problem, and an empty text. */
export function readText(given: string | Reference, path: string, context: ReferenceContext): string {
  if (typeof given === "string") return given;
  return "env" in given ? readVariable(given.env, path, context) : readFile(given.file, path, context);
}

/** The text of a file that a setting names, or what it refers to. */
export function readFileText(given: string | Reference, path: string, context: ReferenceContext): string {
  return readText(typeof given === "string" ? { file: given } : given, path, context);
}

/** A secret that is read each time it is needed: a file's path becomes absolute. What cannot be read now is a problem. */
export function secretOf(given: Reference, path: string, context: ReferenceContext): Secret {
  if ("env" in given) {
    readVariable(given.env, path, context);
    return given;
  }
  const file = resolve(context.dir, given.file);
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    context.problems.add(path, unreadable(given.file, error));
  }
  return { file };
}

/** An address or name without a port, which an environment variable may hold. */
export function readHost(given: string | { readonly env: string }, path: string, context: ReferenceContext): string {
  const host = readText(given, path, context);
  if (host === "" || isHost(host)) return host;
  const got = typeof given === "string" ? JSON.stringify(given.slice(0, 100)) : "another text";
  context.problems.add(path, `expected an address or name without port, such as "0.0.0.0" or "::1", got ${got}`);
  return "";
}

/** Digits and dots alone are an address, or nothing. */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || (/^[A-Za-z\d_](?:[\w.-]{0,253}[\w.])?$/.test(text) && !/^[\d.]+$/.test(text));
}

/** A port, which an environment variable may hold. */
export function readPort(given: number | { readonly env: string }, path: string, context: ReferenceContext): number {
  if (typeof given === "number") return given;
  const text = readVariable(given.env, path, context);
  if (text === "" || (/^\d{1,5}$/.test(text) && Number(text) <= 65_535)) return Number(text);
  context.problems.add(
    path,
    `expected an integer from 0 to 65535 in the environment variable "${given.env}", got another text`,
  );
  return 0;
}

/** Remembers what a text was, so that a later one can be compared with it. */
export function digest(text: string, path: string, { digests }: ReferenceContext): string {
  digests.set(path, createHash("sha256").update(text).digest("base64url"));
  return text;
}

function readVariable(name: string, path: string, context: ReferenceContext): string {
  const { problems } = context;
  const value = process.env[name];
  if (value) return digest(value, path, context);
  problems.add(
    path,
    `${variableText(name)} ${value === undefined ? "not set" : "empty"}${isVariableName(name) ? "" : NAME_IT}`,
  );
  return "";
}

function readFile(file: string, path: string, context: ReferenceContext): string {
  const { dir, problems } = context;
  try {
    const text = readFileSync(resolve(dir, file), "utf8").replace(/\r?\n$/, "");
    if (text === "") problems.add(path, `the file "${file}" is empty`);
    return digest(text, path, context);
  } catch (error) {
    problems.add(path, unreadable(file, error));
    return "";
  }
}

const NAME_IT = "; a secret itself goes into a variable, and the name of that one here";

/** Whether it is quoted: who confuses a variable's name with its value has put a secret here. */
function isVariableName(name: string): boolean {
  return /^[A-Z_][A-Z\d_]{0,63}$|^[A-Za-z_][\w.]{0,14}$/.test(name);
}

function variableText(name: string): string {
  return isVariableName(name)
    ? `the environment variable "${name}" is`
    : 'the environment variable that "env" names is';
}

const WHY_UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  EISDIR: "it is a directory",
};

/** Why a file cannot be read, in words. What is no path of a file, but its content or a hash, is not quoted. */
export function unreadable(file: string, error: unknown): string {
  if (/[\n$]|-----/.test(file)) return "expected the path of a file, got its content, or another text";
  const { code } = error as NodeJS.ErrnoException;
  return `the file "${file.slice(0, 200)}": ${WHY_UNREADABLE[code ?? ""] ?? code ?? "it cannot be read"}`;
}
