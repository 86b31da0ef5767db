import { createHash } from "node:crypto";
import type { RegistrationTerms } from "../router/registration.js";
import { INVOCATION_POLICIES, MATCH_POLICIES } from "../router/requests.js";
import { isDict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import { isId } from "../wire/ids.js";
import { parseJson } from "../wire/parse-json.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import type { Incarnation } from "./engine.js";

/** The share of one session in a registration. */
export interface Share extends Incarnation {
  readonly session: Id;
  /** A random ID, unique to this share. */
  readonly id: Id;
  readonly discloseCaller: boolean;
  readonly forwardTimeout: boolean;
}

/** A registration in the directory. */
export interface RegistrationRecord extends RegistrationTerms {
  readonly realm: string;
  /** In the order of registration. */
  readonly shares: readonly Share[];
}

const DISCLOSE_CALLER = 1;
const FORWARD_TIMEOUT = 2;

/** The prefix of the directory's keys for registrations. */
export const REGISTRATION_PREFIX = "r.";

/** Returns the key of a registration. It has the same length for every URI, and only characters that each engine accepts. */
export function registrationKey(realm: string, match: MatchPolicy, uri: Uri): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([realm, match, uri]))
    .digest("hex");
  return REGISTRATION_PREFIX + digest.slice(0, 32);
}

/** Wire: JSON `{realm, match, uri, invoke, id, created, callees: [[node, incarnation, session, flags, id]…]}`. */
export function encodeRecord({ realm, match, uri, invoke, id, createdMs, shares }: RegistrationRecord): string {
  const callees = shares.map(({ node, incarnation, session, id: share, discloseCaller, forwardTimeout }) => {
    const flags = (discloseCaller ? DISCLOSE_CALLER : 0) | (forwardTimeout ? FORWARD_TIMEOUT : 0);
    return [node, incarnation, session, flags, share];
  });
  return JSON.stringify({ realm, match, uri, invoke, id, created: createdMs, callees });
}

/** Decodes a record. Returns `undefined` for a value that no node has written. */
export function decodeRecord(key: string, value: string): RegistrationRecord | undefined {
  const read = parseJson(value);
  if (!isDict(read) || !isId(read.id) || typeof read.realm !== "string" || !Array.isArray(read.callees))
    return undefined;
  const { realm, uri, id, created, callees } = read;
  const match = MATCH_POLICIES.find((policy) => policy === read.match);
  const invoke = INVOCATION_POLICIES.find((policy) => policy === read.invoke);
  if (typeof uri !== "string" || typeof created !== "number" || !match || !invoke) return undefined;
  if (registrationKey(realm, match, uri) !== key || !callees.every(isShare)) return undefined;
  return { realm, match, uri, invoke, id, createdMs: created, shares: callees.map(decodeShare) };
}

type EncodedShare = readonly [node: string, incarnation: number, session: Id, flags: number, id: Id];

function isShare(share: unknown): share is EncodedShare {
  if (!Array.isArray(share)) return false;
  const [node, incarnation, session, flags, id] = share;
  return typeof node === "string" && isId(incarnation) && isId(session) && Number.isInteger(flags) && isId(id);
}

function decodeShare([node, incarnation, session, flags, id]: EncodedShare): Share {
  return {
    node,
    incarnation,
    session,
    id,
    discloseCaller: (flags & DISCLOSE_CALLER) !== 0,
    forwardTimeout: (flags & FORWARD_TIMEOUT) !== 0,
  };
}
