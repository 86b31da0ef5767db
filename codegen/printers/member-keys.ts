import type { MemberModel } from "../model/model.js";
import { firstFree } from "../model/names.js";

/**
 * Returns the members by their key in the document: the name, prefixed with the contract's name if two contracts have it, and
 * numbered if necessary.
 */
export function keysOf(
  members: readonly { readonly member: MemberModel; readonly tag: string }[],
): ReadonlyMap<MemberModel, string> {
  const counts = new Map<string, number>();
  for (const { member } of members) counts.set(member.name, (counts.get(member.name) ?? 0) + 1);
  const taken = new Set<string>();
  const take = (key: string): boolean => !taken.has(key) && taken.add(key).has(key);
  return new Map(
    members.map(({ member, tag }) => {
      const key = (counts.get(member.name) ?? 0) > 1 ? `${tag}.${member.name}` : member.name;
      return [member, firstFree(key, take)];
    }),
  );
}

/** Returns the first sentence of a description, for summaries. */
export function firstSentence(text: string): string {
  return /^[^\n]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text.split("\n", 1)[0] ?? text;
}
