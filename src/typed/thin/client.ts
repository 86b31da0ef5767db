import { checkClientOptions } from "#check-client-options";
import { DEVELOPMENT } from "#development";
import { describeIssues } from "../../contract/issues.js";
import type { ParamValues } from "../../contract/uri-params.js";
import type { CallerPeer } from "../../peer/types.js";
import { misuse } from "../../wire/misuse.js";
import type { Layers } from "../layers.js";
import type { ClientOptions } from "../types.js";
import type { ThinMember } from "./members.js";

/** The members of a thin client by name. */
export type ThinMembers = Readonly<Record<string, ThinMember>>;

/**
 * Creates a thin client for generated code. `Client` is the generated interface of the contract with these members. It works like
 * `bindClient`, but does not validate values. `layers` is the code for middleware, if the configuration includes it. Throws `TypeError` for
 * middleware without it.
 */
export function bindThinClient<Client>(
  peer: CallerPeer,
  members: ThinMembers,
  options: ClientOptions = {},
  layers?: Layers,
): Client {
  checkClientOptions(options);
  if (options.use?.length && !layers)
    throw misuse(
      "createClient.use",
      DEVELOPMENT &&
        "this thin client was generated without middleware; set thin.middleware in the configuration and run codegen again",
    );
  const using = { options, layers };
  const made = Object.entries(members).map(([name, member]) => [name, member.create(peer, name, using)] as const);
  return Object.fromEntries(made) as Client; // the interface was generated from the same members
}

/** Returns the concrete URI of a member with parameters. Throws `TypeError` for values that a URI cannot contain. */
export function thinUri({ template }: ThinMember, params: object): string {
  const filled = template.fill(params as ParamValues);
  if (filled.ok) return filled.value;
  throw new TypeError(describeIssues(`${template.template.uri} params`, filled.issues));
}
