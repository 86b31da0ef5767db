import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { isEmptyFile, type Secret } from "../router/auth/secret.js";
import type { Problems } from "./problems.js";
import type { Reference } from "./settings.js";

/** The context of references: the base directory and the results. */
export interface ReferenceContext {
  readonly dir: string;
  /** Path of a setting → digest of its text. */
  readonly digests: Map<string, string>;
  readonly problems: Problems;
}

/** Returns the text of a setting or of its reference. Adds a problem and returns an empty text if it cannot be read. */
export function readText(given: string | Reference, path: string, context: ReferenceContext): string {
  if (typeof given === "string") return given;
  return "env" in given ? readVariable(given.env, path, context) : readFile(given.file, path, context);
}

/** Returns the text of the file that a setting names, or of its reference. */
export function readFileText(given: string | Reference, path: string, context: ReferenceContext): string {
  return readText(typeof given === "string" ? { file: given } : given, path, context);
}

/** Returns a secret that is read again for each use, with an absolute path. Adds a problem if it cannot be read now. */
export function secretOf(given: Reference, path: string, context: ReferenceContext): Secret {
  if ("env" in given) {
    readVariable(given.env, path, context);
    return given;
  }
  const file = resolve(context.dir, given.file);
  try {
    if (isEmptyFile(file)) context.problems.add(path, `the file "${given.file}" is empty`);
  } catch (error) {
    context.problems.add(path, unreadable(given.file, error));
  }
  return { file };
}

/** Returns an address or name without port, which may come from an environment variable. */
export function readHost(given: string | { readonly env: string }, path: string, context: ReferenceContext): string {
  const host = readText(given, path, context);
  if (host === "" || isHost(host)) return host;
  const got = typeof given === "string" ? JSON.stringify(given.slice(0, 100)) : "a different text";
  context.problems.add(path, `expected an address or name without port, such as "0.0.0.0" or "::1", got ${got}`);
  return "";
}

/** Returns whether a text is a host. A text of only digits and dots must be an IP address. */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || (/^[A-Za-z\d_](?:[\w.-]{0,253}[\w.])?$/.test(text) && !/^[\d.]+$/.test(text));
}

/** Returns a port, which may come from an environment variable. */
export function readPort(given: number | { readonly env: string }, path: string, context: ReferenceContext): number {
  if (typeof given === "number") return given;
  const text = readVariable(given.env, path, context);
  if (text === "" || (/^\d{1,5}$/.test(text) && Number(text) <= 65_535)) return Number(text);
  context.problems.add(
    path,
    `expected an integer from 0 to 65535 in the environment variable "${given.env}", got a different text`,
  );
  return 0;
}

/** Records the digest of a text, for comparison with a later one. */
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

const NAME_IT = "; put the secret into an environment variable, and the name of the variable here";

/** Returns whether the name may be quoted. A user who confuses name and value has put a secret here. */
function isVariableName(name: string): boolean {
  return /^[A-Z_][A-Z\d_]{0,63}$|^[A-Za-z_][\w.]{0,14}$/.test(name);
}

function variableText(name: string): string {
  return isVariableName(name)
    ? `the environment variable "${name}" is`
    : 'the environment variable that "env" names is';
}

const WHY_UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "cannot be read: no permission",
  EISDIR: "is a directory",
};

/** Returns why a file cannot be read. A text that is not a path but content or a hash is not quoted. */
export function unreadable(file: string, error: unknown): string {
  if (/[\n$]|-----/.test(file)) return "expected the path of a file, got its content or a different text";
  const { code } = error as NodeJS.ErrnoException;
  return `the file "${file.slice(0, 200)}" ${WHY_UNREADABLE[code ?? ""] ?? `cannot be read: ${code}`}`;
}
