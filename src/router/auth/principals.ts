import type { PeerInfo } from "../../transport/transport.js";
import { type Dict, isDict, kindOf } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import type { HelloDetails } from "../../wire/options.js";
import { object, type SettingRule, type SettingRules } from "../../wire/settings.js";
import { AUTHENTICATION_FAILED } from "../../wire/uris.js";
import { isThenable } from "../given.js";
import type { LoginContext, Verdict } from "./authenticator.js";

/** The common members of a principal's entry. */
export interface PrincipalEntry {
  /** The `authrole` of the principal's sessions. */
  readonly role: string;
  /** The `authid` of the principal's sessions. Default: the `authid` that the client sent. */
  readonly authid?: string;
  /** The `authextra` in WELCOME. Default: none. */
  readonly authextra?: Dict;
}

/** The known properties of a client during its login. */
export interface LoginDetails {
  readonly authmethod: string;
  /** The ID that the session will have. */
  readonly session: Id;
  /** The `authextra` of HELLO, unchecked. */
  readonly authextra: Dict | undefined;
  readonly info: PeerInfo;
  /** The client's ticket, for functions that check it themselves. */
  readonly ticket?: string;
  /** Calls a procedure of the application. */
  readonly call: LoginContext["call"];
}

/** Finds a principal; `undefined` for an unknown one. Exceptions are reported as internal errors and refuse the client. */
export type FindPrincipal<Entry, AuthId = string> = (
  realm: string,
  authid: AuthId,
  details: LoginDetails,
) => Entry | undefined | Promise<Entry | undefined>;

/** The principals that may log in, by `authid`, or a function that finds them. */
export type Principals<Entry, AuthId = string> = Readonly<Record<string, Entry>> | FindPrincipal<Entry, AuthId>;

export const filledText: SettingRule = {
  expected: "a non-empty string",
  accepts: (value) => typeof value === "string" && value !== "",
};

/** The rules of the common members. */
export const ENTRY_RULES: SettingRules<PrincipalEntry> = { role: filledText, authid: filledText, authextra: object };

export const principals: SettingRule = {
  expected: "an object with an entry for each authid, or a function that finds one",
  accepts: (value) => typeof value === "function" || object.accepts(value),
};

/** The principals of one method. Each entry is checked before use; configured entries are checked at once. */
export class PrincipalSource<Entry extends PrincipalEntry, AuthId extends string | undefined = string> {
  readonly #principals: Principals<Entry, AuthId>;
  readonly #check: (entry: Entry, path: string) => void;

  /** `check` throws `TypeError` for an invalid entry and quotes no secret. */
  constructor(given: Principals<Entry, AuthId> | undefined, check: (entry: Entry, path: string) => void) {
    if (given === undefined) throw new TypeError(`principals: expected ${principals.expected}, got nothing`);
    this.#principals = given;
    this.#check = check;
    if (typeof given === "function") return;
    for (const [authid, entry] of Object.entries(given)) this.#require(entry, `principals["${authid}"]`);
  }

  /** The configured entries; none if a function finds them. */
  get entries(): readonly (readonly [string, Entry])[] {
    return typeof this.#principals === "function" ? [] : Object.entries(this.#principals);
  }

  /** The roles of the configured entries, by setting. */
  get namedRoles(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.entries.map(([authid, { role }]) => [`principals["${authid}"].role`, role]));
  }

  /** The `authprovider` of sessions. */
  get provider(): string {
    return typeof this.#principals === "function" ? "dynamic" : "static";
  }

  async find(authid: AuthId, attempt: LoginAttempt): Promise<Entry | undefined> {
    const given = this.#principals;
    if (typeof given !== "function")
      return authid !== undefined && Object.hasOwn(given, authid) ? given[authid] : undefined;
    const found = given(attempt.context.realm, authid, detailsOf(attempt));
    const entry: unknown = isThenable(found) ? await found : found;
    return entry === undefined || entry === null ? undefined : this.#require(entry as Entry, "principal");
  }

  #require(entry: Entry, path: string): Entry {
    if (!isDict(entry)) throw new TypeError(`${path}: expected an object, got ${kindOf(entry)}`);
    for (const [name, value] of Object.entries<unknown>(entry))
      if (isThenable(value)) throw new TypeError(`${path}.${name}: got a promise; await ${MAKERS.get(name) ?? "it"}`);
    if (entry.role === undefined) throw new TypeError(`${path}.role: expected ${filledText.expected}, got nothing`);
    this.#check(entry, path);
    return entry;
  }
}

/** The function that creates the stored form of a secret, by the member of an entry. */
const MAKERS: ReadonlyMap<string, string> = new Map([
  ["ticket", "hashTicket()"],
  ["key", "hashCraSecret()"],
  ["scram", "hashScramPassword()"],
]);

/** A login attempt with one method. */
export interface LoginAttempt {
  readonly method: string;
  readonly hello: HelloDetails;
  readonly info: PeerInfo;
  readonly context: LoginContext;
  readonly ticket?: string;
}

function detailsOf({ method, hello, info, context, ticket }: LoginAttempt): LoginDetails {
  const { session, call } = context;
  return {
    authmethod: method,
    session,
    authextra: hello.authextra,
    info,
    call,
    ...(ticket !== undefined && { ticket }),
  };
}

/** Returns the verdict for an authenticated principal. */
export function accepted(authid: string, entry: PrincipalEntry, authprovider: string): Verdict {
  const { role, authid: canonical = authid, authextra } = entry;
  const principal = { authid: canonical, authrole: role, authprovider, ...(authextra && { authextra }) };
  return { type: "accepted", principal };
}

/** The single verdict for all failed logins, whether the authid is unknown or the secret is wrong. */
export const REFUSED: Verdict = {
  type: "denied",
  uri: AUTHENTICATION_FAILED,
  message: "unknown authid or wrong secret",
};

/** Returns the verdict for a client that has not sent what the method requires. */
export function incomplete(what: string): Verdict {
  return { type: "denied", uri: AUTHENTICATION_FAILED, message: what };
}
