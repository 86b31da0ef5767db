import type { PeerInfo } from "../../transport/transport.js";
import { type Dict, isDict, kindOf } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import type { HelloDetails } from "../../wire/options.js";
import { object, type SettingRule, type SettingRules } from "../../wire/settings.js";
import { AUTHENTICATION_FAILED } from "../../wire/uris.js";
import { isThenable } from "../given.js";
import type { LoginContext, Verdict } from "./authenticator.js";

/** What every method wants to know of whoever may log in. */
export interface PrincipalEntry {
  /** The `authrole` of its sessions. */
  readonly role: string;
  /** The `authid` of its sessions, where that is another than the client gave. Default: the client's. */
  readonly authid?: string;
  /** What WELCOME tells the client as `authextra`. Default: none. */
  readonly authextra?: Dict;
}

/** What is known of a client while it logs in. */
export interface LoginDetails {
  readonly authmethod: string;
  /** The ID that the session will have. */
  readonly session: Id;
  /** HELLO's, as it came. */
  readonly authextra: Dict | undefined;
  readonly info: PeerInfo;
  /** The ticket of the client, for those that check it themselves. */
  readonly ticket?: string;
  /** Calls a procedure of the application. */
  readonly call: LoginContext["call"];
}

/** Finds who may log in; `undefined` for nobody. What it throws is reported as a fault, and refuses the client. */
export type FindPrincipal<Entry, AuthId = string> = (
  realm: string,
  authid: AuthId,
  details: LoginDetails,
) => Entry | undefined | Promise<Entry | undefined>;

/** Everybody who may log in, by `authid`, or a function that finds them. */
export type Principals<Entry, AuthId = string> = Readonly<Record<string, Entry>> | FindPrincipal<Entry, AuthId>;

export const filledText: SettingRule = {
  expected: "a string that is not empty",
  accepts: (value) => typeof value === "string" && value !== "",
};

/** The rules of what all entries have. */
export const ENTRY_RULES: SettingRules<PrincipalEntry> = { role: filledText, authid: filledText, authextra: object };

export const principals: SettingRule = {
  expected: "an object with an entry for each authid, or a function that finds one",
  accepts: (value) => typeof value === "function" || object.accepts(value),
};

/** Where the principals of one method come from, each entry checked before it is used: those of a configuration at once. */
export class PrincipalSource<Entry extends PrincipalEntry, AuthId extends string | undefined = string> {
  readonly #principals: Principals<Entry, AuthId>;
  readonly #check: (entry: Entry, path: string) => void;

  /** `check` throws `TypeError` for an entry that cannot be, and quotes no secret. */
  constructor(given: Principals<Entry, AuthId> | undefined, check: (entry: Entry, path: string) => void) {
    if (given === undefined) throw new TypeError(`principals: expected ${principals.expected}, got nothing`);
    this.#principals = given;
    this.#check = check;
    if (typeof given === "function") return;
    for (const [authid, entry] of Object.entries(given)) this.#require(entry, `principals["${authid}"]`);
  }

  /** The entries of a configuration; none where a function finds them. */
  get entries(): readonly (readonly [string, Entry])[] {
    return typeof this.#principals === "function" ? [] : Object.entries(this.#principals);
  }

  /** The roles of the entries of a configuration, by the setting that names each. */
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

/** What makes the stored form of a secret, by the member of an entry that holds it. */
const MAKERS: ReadonlyMap<string, string> = new Map([
  ["ticket", "hashTicket()"],
  ["key", "hashCraSecret()"],
  ["scram", "hashScramPassword()"],
]);

/** One client that logs in by one method. */
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

/** The verdict on whoever has proven to be a principal. */
export function accepted(authid: string, entry: PrincipalEntry, authprovider: string): Verdict {
  const { role, authid: canonical = authid, authextra } = entry;
  const principal = { authid: canonical, authrole: role, authprovider, ...(authextra && { authextra }) };
  return { type: "accepted", principal };
}

/** The one verdict on everybody who has not, whatever the reason: unknown, or known with another secret. */
export const REFUSED: Verdict = {
  type: "denied",
  uri: AUTHENTICATION_FAILED,
  message: "unknown authid, or not its secret",
};

/** The verdict on a client that has not said what the method needs. */
export function incomplete(what: string): Verdict {
  return { type: "denied", uri: AUTHENTICATION_FAILED, message: what };
}
