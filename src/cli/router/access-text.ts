import type { AuthSettings, RealmSettings } from "../../config/settings.js";
import type { PermissionRule } from "../../router/access/rules.js";

/** The maximum numbers of roles and rules on a screen. */
const MOST_ROLES = 8;
const MOST_RULES = 4;

/** Returns lines that explain who may join a realm, and with which permissions. */
export function accessLines({ name, auth, roles, open, authorize, enforce = [] }: RealmSettings): readonly string[] {
  const lines: [string, string][] = [
    ["logins", auth ? auth.map(methodText).join("; ") : "none: clients are anonymous"],
  ];
  if (!auth && !roles)
    lines[0] = [
      "logins",
      open ? "none: anyone may join" : "none: clients on this machine only (a realm for development)",
    ];
  if (roles)
    for (const [role, { permissions = [] }] of Object.entries(roles).slice(0, MOST_ROLES))
      lines.push([role, rulesText(permissions)]);
  else if (authorize === undefined)
    lines.push([
      "everyone",
      "may do everything except ending other sessions and revoking their registrations and subscriptions",
    ]);
  const more = Object.keys(roles ?? {}).length - MOST_ROLES;
  if (more > 0) lines.push(["…", `and ${more} more roles: wampact router explain`]);
  if (authorize !== undefined)
    lines.push([
      "authorizer",
      typeof authorize === "string" ? `the procedure ${authorize}` : "a function in the configuration",
    ]);
  if (enforce.length > 0) lines.push(["enforces", enforce.join(", ")]);
  const width = Math.max(...lines.map(([label]) => label.length));
  return [`realm ${name}`, ...lines.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`)];
}

function methodText(settings: AuthSettings): string {
  if (settings.method === "anonymous") return `anonymous, as ${settings.authrole ?? "anonymous"}`;
  const found = ("checkBy" in settings && settings.checkBy) || settings.findBy;
  if (found) return `${settings.method}, by the procedure ${found.procedure}`;
  const principals = Object.values<{ readonly role: string }>(settings.principals ?? {});
  const roles = [...new Set(principals.map(({ role }) => role))];
  return `${settings.method}: ${principals.length} ${principals.length === 1 ? "principal" : "principals"} (${roles.join(", ")})`;
}

function rulesText(rules: readonly PermissionRule[]): string {
  if (rules.length === 0) return "may do nothing";
  const texts = rules.slice(0, MOST_RULES).map(ruleText);
  return `${texts.join("; ")}${rules.length > MOST_RULES ? `; and ${rules.length - MOST_RULES} more` : ""}`;
}

function ruleText({ uri, match = "exact", allow = [], deny = [] }: PermissionRule): string {
  const pattern =
    match === "prefix" && uri === ""
      ? "everything"
      : match === "prefix"
        ? `${uri}…`
        : match === "wildcard"
          ? `${uri} (wildcard)`
          : uri;
  const parts = [allow.length > 0 ? allow.join(", ") : "", deny.length > 0 ? `not ${deny.join(", ")}` : ""];
  return `${parts.filter(Boolean).join(", ")} ${pattern}`;
}
