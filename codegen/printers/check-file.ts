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
 * Prints `<file>.check.gen.ts`, by which the user's own compiler proves that the printed types are those of the
 * schemas. It has types only, and belongs to the contract's package: consumers never see it.
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
    "// Proves that the printed types are those of the schemas. If an entry does not compile, run codegen; if it then still does not, report it.",
  );
  writer.writeLine(`import type { ${inferred.join(", ")} } from "zod/v4/core";`);
  writer.writeLine(`import type * as contract from ${quote(model.contractImport)};`);
  if (used.size > 0) writer.writeLine(importNames([...used].sort(), model.generatedImport));
  writer.blankLine();
  writer.writeLine("/** Whether two types are one and the same. `any` is the same as nothing but itself. */");
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
 * Writes what proves a type by either of its forms. One of an object may need the first form for one property and the second for another, so
 * its properties are proven one by one where neither form is the whole type.
 */
function writeEither(
  writer: CodeBlockWriter,
  names: { readonly same: string; readonly either: string; readonly each: string },
): void {
  const { same, either, each } = names;
  writer.writeLine(
    "/** As `Same`, for a type that the compiler may see merged in zod's: `T` where `A | B` is printed, of one structure. */",
  );
  writer.writeLine(`type ${either}<A, Merged, B> = ${same}<A, B> extends true ? true : ${same}<Merged, B>;`);
  writer.writeLine("/** As the above, for objects: each property may be merged or not. */");
  writer.writeLine(
    `type ${each}<A, Merged, B> = ${either}<A, Merged, B> extends true ? true : ${same}<{ [Key in keyof A]: true }, { [Key in keyof B]: true }> extends true ? ${same}<{ [Key in keyof A]: true }, { [Key in keyof A]: Key extends keyof Merged & keyof B ? ${either}<A[Key], Merged[Key], B[Key]> : false }> : false;`,
  );
}

/** `contract.add2.definition.input`; in brackets from the first name on that is no identifier. */
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
