import type { MemberDescription, ModuleDescription } from "./loader/description.js";
import type { ModuleSource } from "./loader/source.js";
import { lineOf, uriPattern } from "./model/check-members.js";
import { projectPath } from "./paths.js";
import type { Problems } from "./problems.js";

/** The modules of a run whose members are compared. */
export interface SharedMembersOptions {
  readonly cwd: string;
  readonly modules: readonly ModuleDescription[];
  readonly sources: ReadonlyMap<string, ModuleSource>;
}

/** Finds procedures and topics of different files that have the same URI. The URIs themselves are already valid. */
export function checkSharedUris({ cwd, modules, sources }: SharedMembersOptions, problems: Problems): void {
  const owners = new Map<string, { readonly file: string; readonly member: MemberDescription }>(); // kind and pattern → first
  for (const { file, members } of modules) {
    for (const member of members) {
      const { kind, name, uri } = member;
      if (kind === "error") continue;
      const key = `${kind} ${uriPattern(uri)}`;
      const owner = owners.get(key);
      if (!owner) owners.set(key, { file, member });
      else if (owner.file !== file && owner.member.identity !== member.identity) {
        const source = sources.get(file);
        const place = { file: projectPath(cwd, file), line: source && lineOf(source, name), member: name };
        const other = `${kind} "${owner.member.name}" of ${projectPath(cwd, owner.file)}`;
        problems.add(place, `the ${other} has the same URI, ${uri}; use a different URI for each`);
      }
    }
  }
}

/** Returns advice on modules that only re-export members of other modules of the run. Those members are generated twice. */
export function adviseOnBarrels({ cwd, modules, sources }: SharedMembersOptions): readonly string[] {
  const declared = new Map(
    modules.flatMap(({ file, members }) =>
      members.flatMap(({ identity, name }) =>
        sources.get(file)?.exports.has(name) ? [[identity, file] as const] : [],
      ),
    ),
  );
  return modules.flatMap(({ file, members }) => {
    const origins = members.map(({ identity }) => declared.get(identity));
    if (members.length === 0 || origins.some((origin) => origin === undefined || origin === file)) return [];
    const files = [...new Set(origins)].map((origin) => projectPath(cwd, origin ?? "")).join(", ");
    return [
      `${projectPath(cwd, file)} re-exports the members of ${files}, so they are generated twice: move it elsewhere, or name the files to generate from.`,
    ];
  });
}
