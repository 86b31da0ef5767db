import type { CodeBlockWriter } from "ts-morph";
import { referencesIn } from "../model/declare.js";
import type { ContractModel, Proof } from "../model/model.js";
import { isIdentifier } from "../model/names.js";
import { printDeclarations } from "./declarations.js";
import { headerLine } from "./header.js";
import { freeName } from "./imports.js";
import { quote } from "./text.js";
import { typeText } from "./type-text.js";

/**
 * Prints `<file>.check.gen.ts`. With it the user's compiler proves that the generated types match the schemas. The file has types
 * only, and belongs to the contract's package. Consumers never see it.
 */
export function printCheckFile(model: ContractModel, createWriter: () => CodeBlockWriter): string | undefined {
  if (model.proofs.length === 0) return undefined;
  const declared = new Set(model.declarations.map(({ name }) => name));
  const stated = [...model.proofs.map(({ type }) => type), ...model.restated.map(({ type }) => type)].flatMap(
    referencesIn,
  );
  const used = new Set([...stated, ...model.restated.map(({ name }) => name)].filter((name) => declared.has(name)));
  const taken = new Set([...declared, ...model.merged.map(({ name }) => name)]);
  const free = (name: string) => freeName(name, taken);
  const [same, either, each, allTrue] = [free("Same"), free("Either"), free("EachEither"), free("AllTrue")];
  const objects = new Set(model.declarations.flatMap(({ name, type }) => (type.kind === "object" ? [name] : [])));
  const inferred = [...new Set(model.proofs.map(({ infer }) => infer))].sort();

  const writer = createWriter();
  writer.writeLine(headerLine(model.source));
  writer.writeLine(
    "// Proves that the generated types match the schemas. If an entry does not compile, run codegen again. If it still does not, compare the type annotations of its schemas with what zod infers, or report a bug.",
  );
  writer.writeLine(`import type { ${inferred.join(", ")} } from "zod/v4/core";`);
  writer.writeLine(`import type * as contract from ${quote(model.contractImport)};`);
  if (used.size > 0) writer.writeLine(importNames([...used].sort(), model.generatedImport));
  writer.blankLine();
  writer.writeLine("/** Whether two types are identical. `any` is identical only to itself. */");
  writer.writeLine(
    `type ${same}<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;`,
  );
  if (model.merged.length > 0) writeEither(writer, { same, either, each });
  writer.writeLine(`type ${allTrue}<Proofs extends { readonly [label: string]: true }> = Proofs;`);
  writer.blankLine();
  printDeclarations(writer, model.merged, { exported: false });
  writer.write(`export type ${free(`${model.name}Proof`)} = ${allTrue}<`).inlineBlock(() => {
    for (const proof of model.proofs) {
      const inferred = `${proof.infer}<typeof ${accessorText(proof)}>`;
      const text = typeText(proof.type);
      const helper = proof.type.kind === "reference" && objects.has(proof.type.name) ? each : either;
      const holds = proof.merged
        ? `${helper}<${text}, ${typeText(proof.merged)}, ${inferred}>`
        : `${same}<${text}, ${inferred}>`;
      writer.writeLine(`${quote(proof.label)}: ${holds};`);
    }
    for (const { name, type } of model.restated) {
      writer.writeLine(`${quote(`${name}, declared`)}: ${same}<${name}, ${typeText(type)}>;`);
    }
  });
  writer.write(">;").newLine();
  return writer.toString();
}

/**
 * Writes a proof that accepts either form of a type. An object may need the first form for one property and the second for
 * another, so its properties are proven one by one if neither form is the whole type.
 */
function writeEither(
  writer: CodeBlockWriter,
  names: { readonly same: string; readonly either: string; readonly each: string },
): void {
  const { same, either, each } = names;
  writer.writeLine(
    "/** Like `Same`, for types of the same structure that zod's type may have merged: `T` instead of `A | B`. */",
  );
  writer.writeLine(`type ${either}<A, Merged, B> = ${same}<A, B> extends true ? true : ${same}<Merged, B>;`);
  writer.writeLine("/** Like the type above, for objects: each property may be merged or not. */");
  writer.writeLine(
    `type ${each}<A, Merged, B> = ${either}<A, Merged, B> extends true ? true : ${same}<{ [Key in keyof A]: true }, { [Key in keyof B]: true }> extends true ? ${same}<{ [Key in keyof A]: true }, { [Key in keyof A]: Key extends keyof Merged & keyof B ? ${either}<A[Key], Merged[Key], B[Key]> : false }> : false;`,
  );
}

/** Returns a path such as `contract.add2.definition.input`. It uses brackets from the first name that is no identifier. */
function accessorText({ accessor }: Proof): string {
  const quoted = accessor.findIndex((step) => !isIdentifier(step));
  return accessor.reduce(
    (text, step, index) => (quoted !== -1 && index >= quoted ? `${text}[${quote(step)}]` : `${text}.${step}`),
    "contract",
  );
}

function importNames(names: readonly string[], from: string): string {
  const line = `import type { ${names.join(", ")} } from ${quote(from)};`;
  if (line.length <= 120) return line;
  return ["import type {", ...names.map((name) => `  ${name},`), `} from ${quote(from)};`].join("\n");
}
