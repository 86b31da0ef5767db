import { suggestion } from "#suggestion";
import { checkEntries } from "../../wire/check-settings.js";
import { kindOf } from "../../wire/fields.js";
import { checkSettings, list, oneOf, type SettingRule, type SettingRules, text } from "../../wire/settings.js";
import { isUri } from "../../wire/uris.js";
import { rulePatternFault } from "./pattern-fault.js";
import { ACTIONS } from "./permissions.js";
import type { RoleConfig, RolesConfig } from "./roles.js";
import type { PermissionRule } from "./rules.js";

const ROLE_RULES: SettingRules<RoleConfig> = { permissions: list };

const actions: SettingRule = {
  expected: `a list of ${ACTIONS.map((action) => `"${action}"`).join(", ")}`,
  accepts: Array.isArray,
};
const action = oneOf(...ACTIONS);

const PERMISSION_RULES: SettingRules<PermissionRule> = {
  uri: text,
  match: oneOf("exact", "prefix", "wildcard"),
  allow: actions,
  deny: actions,
};

/** Throws `TypeError` with the path of the setting for invalid roles. */
export function checkRoles(roles: RolesConfig, path: string): void {
  if (typeof roles !== "object" || roles === null || Array.isArray(roles))
    throw new TypeError(`${path}: expected an object with a role for each name, got ${kindOf(roles)}`);
  for (const [name, role] of Object.entries(roles)) {
    const where = `${path}.${name}`;
    checkSettings(role, ROLE_RULES, where);
    for (const [index, rule] of (role.permissions ?? []).entries()) checkRule(rule, `${where}.permissions[${index}]`);
  }
}

function checkRule(rule: PermissionRule, path: string): void {
  checkSettings(rule, PERMISSION_RULES, path);
  const { uri, match = "exact", allow, deny } = rule;
  const hint = (entry: string) => suggestion(entry, ACTIONS);
  checkEntries(allow, action, { path: `${path}.allow`, hint });
  checkEntries(deny, action, { path: `${path}.deny`, hint });
  if (uri === undefined) throw new TypeError(`${path}.uri: expected a string, got nothing`);
  if (!isUri(uri, match)) throw new TypeError(`${path}.uri: "${uri}" is not a valid ${match} URI`);
  if (!allow && !deny) throw new TypeError(`${path}: expected allow or deny, such as allow: ["call"]`);
  const both = allow?.find((action) => deny?.includes(action));
  if (both) throw new TypeError(`${path}: "${both}" is both allowed and denied`);
  const fault = rulePatternFault(rule);
  if (fault) throw new TypeError(`${path}.uri: ${fault}`);
}
