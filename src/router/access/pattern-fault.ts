import type { MatchPolicy } from "../../wire/uris.js";
import { AUTHID, type PermissionRule } from "./rules.js";

type Pattern = { readonly uri: string; readonly match?: MatchPolicy | undefined };

/**
 * Describes the mistake in a rule's pattern; `undefined` if there is none. A mistaken pattern is valid but matches other URIs than
 * its author means, so a denial would have no effect.
 */
export function rulePatternFault(rule: PermissionRule): string | undefined {
  return notationFault(rule, [AUTHID]) ?? authidFault(rule);
}

/**
 * Describes notation that WAMP does not have: `*`, a placeholder that is not in `placeholders`, and a wildcard pattern without an
 * empty component.
 */
export function notationFault(pattern: Pattern, placeholders: readonly string[] = []): string | undefined {
  const { uri, match = "exact" } = pattern;
  if (uri.includes("*")) return `"*" is not a wildcard; ${withoutStars(uri)}`;
  const unknown = uri.match(/\{[^{}.]*\}?|\}/g)?.find((each) => !placeholders.includes(each));
  if (unknown) {
    const known = placeholders.map((each) => `only ${each} is supported`)[0] ?? "placeholders are not supported here";
    return `${unknown}: ${known}; leave the component empty, with match: "wildcard"`;
  }
  if (match === "wildcard" && !uri.split(".").includes(""))
    return `"${uri}" has no empty component, which match: "wildcard" needs, as in "com.app..reset"`;
  return undefined;
}

/** Suggests a pattern without stars. */
function withoutStars(uri: string): string {
  const beginning = uri.replace(/(\.?)\*+$/, "$1");
  if (!beginning.includes("*")) return `write "${beginning}" with match: "prefix"`;
  const gaps = uri.split(".").map((component) => component.replace(/^\*+$/, ""));
  if (!gaps.some((component) => component.includes("*"))) return `write "${gaps.join(".")}" with match: "wildcard"`;
  return 'leave a whole component empty, with match: "wildcard"';
}

/** Describes a misplaced `{authid}`. */
function authidFault({ uri, match = "exact" }: Pattern): string | undefined {
  const components = uri.split(".");
  if (components.some((component) => component !== AUTHID && component.includes(AUTHID)))
    return `${AUTHID} must be a whole component between dots`;
  if (match === "prefix" && components.at(-1) === AUTHID)
    return `the prefix would also match longer names that start with the authid; end it with a dot: "${uri}."`;
  return undefined;
}
