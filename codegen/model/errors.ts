import type { MemberDescription } from "../loader/description.js";
import type { ModuleSource } from "../loader/source.js";
import type { Declaration } from "./model.js";
import { type NameTable, pascalCase, typeNamesOf } from "./names.js";
import { type Scope, typeOf } from "./resolve.js";
import { type ErrorUse, errorUses } from "./slots.js";
import type { Property, Type } from "./type.js";

/** Type names of errors by `errorKey`. */
export type ErrorNames = ReadonlyMap<string, string>;

/** Returns a key for an error. One code may belong to different errors in different procedures. */
export function errorKey({ code, identity }: { readonly code: string; readonly identity: number }): string {
  return `${identity} ${code}`;
}

/**
 * Names the types that callers narrow to: `DivideByZeroError`. If two errors have the same code, an exported one goes first, then
 * the first in the alphabetical order of their procedures. The names of the others start with the procedure's name.
 */
export function nameErrors(members: readonly MemberDescription[], table: NameTable): ErrorNames {
  const typeNames = typeNamesOf(members);
  const uses = [...errorUses(members)].sort(
    (a, b) =>
      Number(a.exportedAs === undefined) - Number(b.exportedAs === undefined) ||
      (a.member < b.member ? -1 : a.member > b.member ? 1 : 0),
  );
  return new Map(
    uses.map(({ code, member, error, exportedAs }) => {
      const short = `${pascalCase(code)}Error`;
      const long = exportedAs === undefined ? `${typeNames.get(member)}${short}` : short;
      return [errorKey({ code, identity: error.identity }), table.claim(short) ? short : table.claimFree(long)];
    }),
  );
}

/** Returns the declaration of an error for callers. */
export function declareErrors(
  members: readonly MemberDescription[],
  { scope, source, names }: { readonly scope: Scope; readonly source: ModuleSource; readonly names: ErrorNames },
): readonly Declaration[] {
  return errorUses(members).map(({ code, error, exportedAs }: ErrorUse): Declaration => {
    const description = exportedAs === undefined ? undefined : source.exports.get(exportedAs)?.description;
    return {
      name: names.get(errorKey({ code, identity: error.identity })) ?? "",
      type: {
        kind: "object",
        properties: [
          constant("code", { kind: "literal", value: code }),
          constant("uri", { kind: "literal", value: error.uri }),
          constant("data", typeOf(scope, error.data, "receiver")),
        ],
      },
      doc: description === undefined ? {} : { description },
    };
  });
}

function constant(name: string, type: Type): Property {
  return { name, type, optional: false, readonly: true, doc: {} };
}
