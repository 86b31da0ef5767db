import { describeIssues } from "../../contract/issues.js";
import type { ParamValues } from "../../contract/uri-params.js";
import type { CallerPeer } from "../../peer/types.js";
import { checkClientOptions } from "../client-options.js";
import type { ClientOptions } from "../types.js";
import type { ThinMember } from "./members.js";

/** The members of a thin client, by their names. */
export type ThinMembers = Readonly<Record<string, ThinMember>>;

/**
 * Creates a thin client for generated code: `Client` is the interface that it has printed for the contract these members are of. It does
 * what `bindClient` does, but checks no value.
 */
export function bindThinClient<Client>(peer: CallerPeer, members: ThinMembers, options: ClientOptions = {}): Client {
  checkClientOptions(options);
  const made = Object.entries(members).map(([name, member]) => [name, member.create(peer, name, options)] as const);
  return Object.fromEntries(made) as Client; // the members that the interface was made from, too
}

/** The concrete URI of a member with parameters. Throws `TypeError` for values that cannot be in a URI. */
export function thinUri({ template }: ThinMember, params: object): string {
  const filled = template.fill(params as ParamValues);
  if (filled.ok) return filled.value;
  throw new TypeError(describeIssues(`${template.template.uri} params`, filled.issues));
}
