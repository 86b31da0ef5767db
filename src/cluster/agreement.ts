import { isDict } from "../wire/fields.js";
import type { NodeHello } from "./engine.js";

/** The version of the frames that this release speaks. It also speaks the version before. */
export const PROTOCOL = 1;

/** Returns the reason why a node cannot be in one cluster with another, or `undefined` where it can. */
export function misfit(me: NodeHello, other: NodeHello): string | undefined {
  return protocolMisfit(me, other) ?? settingsMisfit(me, other);
}

/** Returns the version that two nodes speak with each other: the lower of theirs. */
export function commonProtocol(one: Pick<NodeHello, "protocol">, other: Pick<NodeHello, "protocol">): number {
  return Math.min(one.protocol, other.protocol);
}

function protocolMisfit(me: NodeHello, other: NodeHello): string | undefined {
  if (Math.abs(me.protocol - other.protocol) <= 1) return undefined;
  const [older, newer] = me.protocol < other.protocol ? [me, other] : [other, me];
  return `the router "${me.node}" speaks version ${me.protocol} of the cluster's protocol, and "${other.node}" version ${other.protocol}; a release speaks its own version and the one before: update "${older.node}" (${older.version}) to a release with version ${newer.protocol - 1} or ${newer.protocol} first`;
}

function settingsMisfit(me: NodeHello, other: NodeHello): string | undefined {
  const [mine, theirs] = [settingsOf(me), settingsOf(other)];
  for (const part of ["", ...me.realms]) {
    if (part !== "" && !other.realms.includes(part)) continue;
    const [own, others] = [mine[part] ?? {}, theirs[part] ?? {}];
    for (const name of new Set([...Object.keys(own), ...Object.keys(others)])) {
      const [one, another] = [JSON.stringify(own[name]), JSON.stringify(others[name])];
      if (one === another) continue;
      const whose = part === "" ? `the cluster's ${name}` : `${name} of the realm "${part}"`;
      return `the router "${me.node}" has ${whose} at ${one}, and "${other.node}" at ${another}: give it the same value on all routers`;
    }
  }
  return undefined;
}

type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function settingsOf({ settings }: NodeHello): Settings {
  if (settings === "") return {};
  const read: unknown = JSON.parse(settings);
  return isDict(read) ? (read as Settings) : {};
}

/** Adds settings of the cluster itself to the settings of its realms. */
export function withClusterSettings(settings: string, more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...(JSON.parse(settings) as Settings), "": more });
}
