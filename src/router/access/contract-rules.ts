import { type Contract, membersOf } from "../../contract/contract.js";
import { createTypedTemplate } from "../../contract/template-params.js";
import type { Action } from "../authorizer.js";
import { openPattern } from "../enforcement.js";
import type { PermissionRule } from "./rules.js";

/** The roles that may perform an action on the URIs of one contract member. */
interface Access {
  readonly pattern: Pick<PermissionRule, "uri" | "match">;
  readonly action: Action;
  readonly roles: readonly string[];
}

/** Creates rules from the `access` of contracts: listed roles are allowed, all others denied. */
export function contractRules(contracts: readonly Contract[]): (authrole: string) => readonly PermissionRule[] {
  const accesses = contracts.flatMap(membersOf).flatMap(([, member]) => accessesOf(member));
  return (authrole) =>
    accesses.map(({ pattern, action, roles }) => ({
      ...pattern,
      ...(roles.includes(authrole) ? { allow: [action] } : { deny: [action] }),
    }));
}

function accessesOf(member: ReturnType<typeof membersOf>[number][1]): readonly Access[] {
  if (member.kind === "error" || !member.definition.access) return [];
  const pattern = openPattern(createTypedTemplate(member.uri, member.definition.params));
  if (member.kind === "procedure") {
    return member.definition.access ? [{ pattern, action: "call", roles: member.definition.access.roles }] : [];
  }
  const { publish, subscribe } = member.definition.access ?? {};
  return [
    ...(publish ? [{ pattern, action: "publish" as const, roles: publish }] : []),
    ...(subscribe ? [{ pattern, action: "subscribe" as const, roles: subscribe }] : []),
  ];
}
