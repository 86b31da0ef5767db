import type { CodeBlockWriter } from "ts-morph";
import { referencesIn } from "../model/declare.js";
import type { ContractModel } from "../model/model.js";
import { ownNames } from "../model/names.js";
import { BRANDED } from "../model/resolve.js";
import { printClient } from "./client.js";
import { printDeclarations } from "./declarations.js";
import { printHandlers } from "./handlers.js";
import { headerLine } from "./header.js";
import { Imports } from "./imports.js";
import { quote } from "./text.js";
import { printUris } from "./uris.js";

/** Prints `<file>.gen.ts`, which consumers of the contract import. It mentions no zod type. */
export function printContractFile(model: ContractModel, createWriter: () => CodeBlockWriter): string {
  const body = createWriter();
  const imports = new Imports(new Set([...model.declarations.map(({ name }) => name), ...ownNames(model.name)]));
  if (model.declarations.some(({ type }) => referencesIn(type).includes(BRANDED))) imports.type(BRANDED);
  printDeclarations(body, model.declarations);
  printClient(body, model, imports);
  printHandlers(body, model, imports);
  printUris(body, model, imports);

  const usesContract = imports.has("bindClient") || imports.has("uriOf"); // a contract with errors only needs no more than their types
  return [
    headerLine(model.source),
    ...imports.statement("wampact"),
    ...(usesContract ? [`import * as contract from ${quote(model.contractImport)};`] : []),
    "",
    body.toString(),
  ].join("\n");
}
