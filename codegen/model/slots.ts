import type { ErrorDescription, MemberDescription, SchemaId } from "../loader/description.js";
import type { ModuleSource } from "../loader/source.js";
import { pascalCase, typeNamesOf } from "./names.js";

/** A place of a contract where a schema stands: a parameter, an input, an output, an error's data … */
export interface Slot {
  readonly schema: SchemaId;
  readonly member: string;
  /** For messages, such as `add2.input`. */
  readonly path: string;
  /** How generated code reaches the schema from the contract module. */
  readonly accessor: readonly string[];
  /** What its type is called unless the schema has a name of its own. */
  readonly typeName: string;
  /** What its type is described as unless the schema says so itself. */
  readonly role: string;
  /** The identifier it is given by in the source, if it is one. */
  readonly identifier: string | undefined;
  /** Whether a value may be transformed on its way: only inputs, which nobody has to turn back. */
  readonly isInput: boolean;
}

/** An error under the code that callers see. */
export interface ErrorUse {
  readonly error: ErrorDescription;
  readonly code: string;
  /** The first member that has it: the export itself where there is one. */
  readonly member: string;
  readonly accessor: readonly string[];
  readonly exportedAs: string | undefined;
}

/** Every error of a contract, once for each code it has. An exported error has its export name for a code. */
export function errorUses(members: readonly MemberDescription[]): readonly ErrorUse[] {
  const exported = new Map(
    members.flatMap((member) => (member.kind === "error" ? [[member.identity, member.name]] : [])),
  );
  const uses = members.flatMap((member): readonly ErrorUse[] => {
    if (member.kind === "topic") return [];
    const declared = member.kind === "error" ? [{ ...member, code: member.name }] : member.errors;
    return declared.map((error) => {
      const exportedAs = exported.get(error.identity);
      const accessor = exportedAs === undefined ? [member.name, "definition", "errors", error.code] : [exportedAs];
      return { error, code: error.code, member: exportedAs ?? member.name, accessor, exportedAs };
    });
  });
  return uses.filter((use, index) => uses.findIndex((other) => isSameUse(use, other)) === index);
}

/** The slots of a contract in the order of its members; an error's data once, whatever codes it has. */
export function slotsOf(members: readonly MemberDescription[], source: ModuleSource): readonly Slot[] {
  const seen = new Set<number>();
  const naming: Naming = { source, typeNames: typeNamesOf(members) };
  const errors = errorUses(members).flatMap((use) => {
    if (seen.has(use.error.identity)) return [];
    seen.add(use.error.identity);
    return [dataSlot(use, naming)];
  });
  return members.flatMap((member) => {
    const data = errors.filter((slot) => slot.member === member.name);
    return member.kind === "error" ? data : [...ownSlots(member, naming), ...data];
  });
}

/** Where the names of slots' types come from. */
interface Naming {
  readonly source: ModuleSource;
  /** The prefix of each member's type names. */
  readonly typeNames: ReadonlyMap<string, string>;
}

/** The slot of an error's data. */
function dataSlot({ error, code, member, accessor, exportedAs }: ErrorUse, { source, typeNames }: Naming): Slot {
  return {
    schema: error.data,
    member,
    path: exportedAs === undefined ? `${member}.errors.${code}` : `${member}.data`,
    accessor: [...accessor, "data"],
    typeName: `${typeNames.get(exportedAs ?? "") ?? pascalCase(code)}Data`,
    role: `What the error \`${exportedAs ?? code}\` carries.`,
    identifier: exportedAs === undefined ? undefined : source.exports.get(exportedAs)?.identifiers.data,
    isInput: false,
  };
}

function ownSlots(
  member: Exclude<MemberDescription, { kind: "error" }>,
  { source, typeNames }: Naming,
): readonly Slot[] {
  const { name } = member;
  const typeName = typeNames.get(name);
  const params = member.params.map((param): Slot => {
    return {
      schema: param.schema,
      member: name,
      path: `${name}.params.${param.name}`,
      accessor: [name, "definition", "params", param.name],
      typeName: `${typeName}Params${pascalCase(param.name)}`,
      role: `The parameter \`${param.name}\` of \`${name}\`.`,
      identifier: undefined,
      isInput: false,
    };
  });
  const schemas =
    member.kind === "topic"
      ? { event: member.event }
      : { input: member.input, output: member.output, progress: member.progress, chunks: member.chunks };
  const parts = Object.entries(schemas).flatMap(([part, schema]): readonly Slot[] => {
    if (schema === undefined) return [];
    return [
      {
        schema,
        member: name,
        path: `${name}.${part}`,
        accessor: [name, "definition", part],
        typeName: `${typeName}${TYPE_ENDS[part] ?? pascalCase(part)}`,
        role: `${ROLES[part] ?? part} of \`${name}\`.`,
        identifier: source.exports.get(name)?.identifiers[part],
        isInput: part === "input",
      },
    ];
  });
  return [...params, ...parts];
}

/** A type is named for one value. */
const TYPE_ENDS: Readonly<Record<string, string>> = { chunks: "Chunk" };

const ROLES: Readonly<Record<string, string>> = {
  input: "Input",
  output: "Result",
  progress: "Progress",
  chunks: "A chunk",
  event: "Event",
};

function isSameUse(a: ErrorUse, b: ErrorUse): boolean {
  return a.code === b.code && a.error.identity === b.error.identity;
}
