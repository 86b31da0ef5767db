import { type $ZodType, toJSONSchema } from "zod/v4/core";
import { type Contract, membersOf } from "../contract/contract.js";
import type { Member } from "../contract/definition.js";
import type { Peer } from "../peer/types.js";
import { isWampError } from "../wire/error.js";
import { NOT_AUTHORIZED } from "../wire/uris.js";

/**
 * Describes the members of a contract to the router, with JSON Schemas of the values on the wire, so that any peer can query
 * them. It does nothing if the router does not support reflection. It describes a served procedure first: if that is not
 * authorized, nothing else is sent, because the router logs each denial. Members that the session may not describe are left out.
 * Rejects with the first other failure.
 */
export async function defineContract(peer: Peer, contract: Contract, served: readonly string[]): Promise<void> {
  const roles = peer.session?.details.roles as { dealer?: { reflection?: boolean } } | undefined;
  if (roles?.dealer?.reflection !== true) return;
  const members = membersOf(contract);
  const [first, ...others] = [
    ...members.filter(([name, { kind }]) => kind === "procedure" && served.includes(name)),
    ...members.filter(([, { kind }]) => kind !== "procedure"),
  ].map(([name, member]) => [member.kind, member.uri, { name, ...definitionOf(member) }]);
  if (!first) return;
  const [asked] = await Promise.allSettled([define(peer, first)]);
  if (asked.status === "fulfilled" && !asked.value) return;
  const outcomes = [asked, ...(await Promise.allSettled(others.map((definition) => define(peer, definition))))];
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (failed) throw (failed as PromiseRejectedResult).reason;
}

/** Returns whether the session may describe it. */
async function define(peer: Peer, definition: readonly unknown[]): Promise<boolean> {
  try {
    await peer.call("wamp.reflect.define", definition);
    return true;
  } catch (error) {
    if (isWampError(error) && error.uri === NOT_AUTHORIZED) return false;
    throw error;
  }
}

/** Returns the definition of a member: its JSON Schemas and its documentation. */
export function definitionOf(member: Member): Readonly<Record<string, unknown>> {
  if (member.kind === "error") return { data: jsonSchema(member.data) };
  const { summary, deprecated, params = {} } = member.definition;
  const common = { summary, deprecated, params: mapValues(params, jsonSchema) };
  if (member.kind === "topic")
    return { ...common, event: jsonSchema(member.definition.event), wire: member.definition.wire };
  const { input, output, progress, chunks, errors = {}, wire } = member.definition;
  return {
    ...common,
    input: jsonSchema(input),
    output: jsonSchema(output),
    progress: jsonSchema(progress),
    chunks: jsonSchema(chunks),
    errors: mapValues(errors, ({ uri }) => uri),
    wire,
  };
}

/** Returns the schema of the values on the wire, before a receiver's codecs and defaults. */
function jsonSchema(schema: $ZodType | undefined): unknown {
  return schema && toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, each: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, each(value)]));
}
