import { sha256 } from "../../auth/crypto.js";
import { type Contract, membersOf } from "../../contract/contract.js";
import { isDict } from "../../wire/fields.js";
import { definitionOf } from "../reflection.js";

/** Digits of a hash, each of four bits. */
const DIGITS = 16;

/**
 * A hash of what travels under a contract: names, URIs and JSON Schemas of its members. Two contracts of one hash are the same on the wire; what
 * only documents them does not count.
 */
export async function contractHash(contract: Contract): Promise<string> {
  const members = membersOf(contract).map(([name, member]) => {
    const { summary: _, deprecated: __, ...definition } = definitionOf(member);
    return { name, kind: member.kind, uri: member.uri, ...definition };
  });
  members.sort((one, other) => (one.name < other.name ? -1 : 1));
  const digest = await sha256(new TextEncoder().encode(canonical(members)));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.slice(0, DIGITS);
}

/** JSON in which keys are sorted, and the names of required properties: their order means nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (key === "required" && Array.isArray(each)) return [...each].sort();
    return isDict(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each;
  });
}
