import { checkClientOptions } from "#check-client-options";
import { type Contract, membersOf } from "../contract/contract.js";
import type { Member } from "../contract/definition.js";
import { describeIssues } from "../contract/issues.js";
import { createTypedTemplate } from "../contract/template-params.js";
import type { ParamValues } from "../contract/uri-params.js";
import type { CallerPeer } from "../peer/types.js";
import { readHistory } from "./history.js";
import type { InferredClient } from "./inferred.js";
import { middleware } from "./layers.js";
import { planTopic } from "./plan-topic.js";
import { createProcedureMethod } from "./procedure-client.js";
import { planProcedure } from "./procedure-plan.js";
import { createTopicMember } from "./topic-client.js";
import type { ClientOptions } from "./types.js";

const TOPIC_PARTS = { readHistory, layers: middleware };

/**
 * Creates a client for a contract, typed by inference. It is the same object as that of generated code, without a build step. It has a
 * method for each procedure and a member for each topic, with the contract's export names.
 *
 * ```ts
 * import * as calculator from "./schemas/calculator.js";
 * const client = createClient(peer, calculator);
 * ```
 *
 * Throws `TypeError` for an unknown option and for an invalid value.
 */
export function createClient<const C extends Contract>(
  peer: CallerPeer,
  contract: C,
  options: ClientOptions = {},
): InferredClient<C> {
  return bindClient<InferredClient<C>>(peer, contract, options);
}

/**
 * Creates a client for generated code. `Client` is the generated interface of this contract. The module has the type `object`, so
 * that a compiler that sees only generated code does not infer the types of the contract.
 */
export function bindClient<Client>(peer: CallerPeer, contract: object, options: ClientOptions = {}): Client {
  checkClientOptions(options);
  const members = membersOf(contract as Contract).flatMap(([name, member]) => {
    const made = createMember(peer, { name, member, options });
    return made === undefined ? [] : [[name, made] as const];
  });
  return Object.fromEntries(members) as Client; // the interface was generated from the contract's members
}

/** Returns the concrete URI of a procedure or topic. Throws `TypeError` for invalid parameters. */
export function uriOf(member: { readonly uri: string; readonly definition: unknown }, params: object): string {
  const { uri, definition } = member;
  const schemas = (definition as { params?: Parameters<typeof createTypedTemplate>[1] }).params;
  const filled = createTypedTemplate(uri, schemas).fill(params as ParamValues);
  if (filled.ok) return filled.value;
  throw new TypeError(describeIssues(`${uri} params`, filled.issues));
}

function createMember(
  peer: CallerPeer,
  { name, member, options }: { readonly name: string; readonly member: Member; readonly options: ClientOptions },
): unknown {
  if (member.kind === "error") return undefined;
  if (member.kind === "topic") return createTopicMember(peer, planTopic({ name, member, options }), TOPIC_PARTS);
  const plan = planProcedure(member.uri, member.definition, options.validate ?? "both");
  return createProcedureMethod(peer, { name, plan, options, layers: middleware });
}
