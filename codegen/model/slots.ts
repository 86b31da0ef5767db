import type { ErrorDescription, MemberDescription, SchemaId } from "../loader/description.js";
import type { ModuleSource } from "../loader/source.js";
import { pascalCase, typeNamesOf } from "./names.js";

/** A place of a schema in a contract: a parameter, an input, an output, an error's data … */
export interface Slot {
  readonly schema: SchemaId;
  readonly member: string;
  /** For messages, such as `add2.input`. */
  readonly path: string;
  /** The path from the contract module to the schema in generated code. */
  readonly accessor: readonly string[];
  /** The type's name, unless the schema has its own. */
  readonly typeName: string;
  /** The type's description, unless the schema has its own. */
  readonly role: string;
  /** The identifier that passes it in the source, if any. */
  readonly identifier: string | undefined;
  /** Whether a value may be transformed. That is possible only in inputs, because they need no conversion back. */
  readonly isInput: boolean;
}

/** An error under the code that callers see. */
export interface ErrorUse {
  readonly error: ErrorDescription;
  readonly code: string;
  /** The first member with the error: the export itself, if there is one. */
  readonly member: string;
  readonly accessor: readonly string[];
  readonly exportedAs: string | undefined;
}

/** Returns every error of a contract, once for each of its codes. The code of an exported error is its export name. */
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

/** Returns the slots of a contract in the order of its members. An error's data is one slot, whatever codes the error has. */
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

/** The sources of the slots' type names. */
interface Naming {
  readonly source: ModuleSource;
  /** The prefix of each member's type names. */
  readonly typeNames: ReadonlyMap<string, string>;
}

/** Returns the slot of an error's data. */
function dataSlot({ error, code, member, accessor, exportedAs }: ErrorUse, { source, typeNames }: Naming): Slot {
  return {
    schema: error.data,
    member,
    path: exportedAs === undefined ? `${member}.errors.${code}` : `${member}.data`,
    accessor: [...accessor, "data"],
    typeName: `${typeNames.get(exportedAs ?? "") ?? pascalCase(code)}Data`,
    role: `Data of the error \`${exportedAs ?? code}\`.`,
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
