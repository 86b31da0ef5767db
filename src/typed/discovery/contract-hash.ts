import { sha256 } from "../../auth/crypto.js";
import { type Contract, membersOf } from "../../contract/contract.js";
import { isDict } from "../../wire/fields.js";
import { definitionOf } from "../reflection.js";

/** The number of digits of a hash, with four bits each. */
const DIGITS = 16;

/**
 * Returns a hash of a contract's wire form: names, URIs and JSON Schemas of its members. Two contracts with the same hash are the
 * same on the wire. Documentation does not count.
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

/** Returns JSON with sorted keys and sorted names of required properties, because their order has no meaning. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (key === "required" && Array.isArray(each)) return [...each].sort();
    return isDict(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each;
  });
}
