import type { CodeBlockWriter } from "ts-morph";
import { referencesIn } from "../model/declare.js";
import type { ContractModel, Proof } from "../model/model.js";
import { isIdentifier } from "../model/names.js";
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
  const used = new Set(model.proofs.flatMap(({ type }) => referencesIn(type)).filter((name) => declared.has(name)));
  const [same, allTrue] = [freeName("Same", declared), freeName("AllTrue", declared)];
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
  writer.writeLine(`type ${allTrue}<Proofs extends { readonly [label: string]: true }> = Proofs;`);
  writer.blankLine();
  writer.write(`export type ${freeName(`${model.name}Proof`, declared)} = ${allTrue}<`).inlineBlock(() => {
    for (const proof of model.proofs) {
      const schema = `typeof ${accessorText(proof)}`;
      writer.writeLine(`${quote(proof.label)}: ${same}<${typeText(proof.type)}, ${proof.infer}<${schema}>>;`);
    }
  });
  writer.write(">;").newLine();
  return writer.toString();
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
