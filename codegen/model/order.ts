import { referencesIn } from "./declare.js";
import type { Declaration, MemberModel, Views } from "./model.js";
import type { Type } from "./type.js";

/**
 * Returns declarations in the order in which the members refer to them, then those that only `proven` types refer to, without those
 * that nothing refers to.
 */
export function inReadingOrder(
  members: readonly MemberModel[],
  { declarations, proven }: { readonly declarations: readonly Declaration[]; readonly proven: readonly Type[] },
): readonly Declaration[] {
  const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const ordered = new Set<Declaration>();
  const visit = (name: string): void => {
    const declaration = byName.get(name);
    if (!declaration || ordered.has(declaration)) return;
    ordered.add(declaration);
    referencesIn(declaration.type).forEach(visit);
  };
  for (const member of members) typesOf(member).flatMap(referencesIn).forEach(visit);
  proven.flatMap(referencesIn).forEach(visit); // such as what a sender passes for an error that no procedure here declares
  return [...ordered];
}

function typesOf(member: MemberModel): readonly Type[] {
  const both = (views: Views | undefined): readonly Type[] => (views ? [views.receiver, views.sender] : []);
  switch (member.kind) {
    case "procedure":
      return [
        ...both(member.params),
        ...member.input.flatMap(({ type }) => both(type)),
        ...both(member.output),
        ...both(member.progress),
        ...both(member.chunks),
        ...member.errors.flatMap(({ data, typeName }): Type[] => [{ kind: "reference", name: typeName }, data]),
      ];
    case "topic":
      return [...both(member.params), ...both(member.event)];
    case "error":
      return [{ kind: "reference", name: member.typeName }];
  }
}
