import type { MemberDescription, ModuleDescription } from "./loader/description.js";
import type { ModuleSource } from "./loader/source.js";
import { lineOf, uriPattern } from "./model/check-members.js";
import { projectPath } from "./paths.js";
import type { Problems } from "./problems.js";

/** The modules of a run, in whose files members are looked for. */
export interface SharedMembersOptions {
  readonly cwd: string;
  readonly modules: readonly ModuleDescription[];
  readonly sources: ReadonlyMap<string, ModuleSource>;
}

/** Finds procedures and topics of different files that have one URI. The URIs themselves are valid by now. */
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
        problems.add(place, `the ${other} has the same URI, ${uri}; give each its own`);
      }
    }
  }
}

/** Notes on modules that only export again what other modules of the run declare: all of it is generated twice. */
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
      `${projectPath(cwd, file)} exports again what is declared in ${files}, so all of it is generated twice: move it elsewhere, or name the files to generate from.`,
    ];
  });
}
