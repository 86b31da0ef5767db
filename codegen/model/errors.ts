import type { MemberDescription } from "../loader/description.js";
import type { ModuleSource } from "../loader/source.js";
import type { Declaration } from "./model.js";
import { type NameTable, pascalCase } from "./names.js";
import { type Scope, typeOf } from "./resolve.js";
import { type ErrorUse, errorUses } from "./slots.js";
import type { Property, Type } from "./type.js";

/** Type names of errors by what `errorKey` gives. */
export type ErrorNames = ReadonlyMap<string, string>;

/** Tells errors apart: one code may stand for different errors in different procedures. */
export function errorKey({ code, identity }: { readonly code: string; readonly identity: number }): string {
  return `${identity} ${code}`;
}

/** Names the types callers narrow to: `DivideByZeroError`, and with the procedure in front where that is taken. */
export function nameErrors(members: readonly MemberDescription[], table: NameTable): ErrorNames {
  return new Map(
    errorUses(members).map(({ code, member, error }) => {
      const short = `${pascalCase(code)}Error`;
      const owner = `the error "${code}"`;
      const name =
        table.claim(short, owner) === undefined ? short : table.claimFree(`${pascalCase(member)}${short}`, owner);
      return [errorKey({ code, identity: error.identity }), name];
    }),
  );
}

/** What a declared error looks like to callers. */
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
