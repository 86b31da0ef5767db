import type { CodeBlockWriter } from "ts-morph";
import type { ThinModule } from "../loader/conversion.js";
import { referencesIn } from "../model/declare.js";
import type { ContractModel } from "../model/model.js";
import { ownNames } from "../model/names.js";
import { BRANDED } from "../model/resolve.js";
import type { ThinPlaces } from "../places.js";
import { printClient } from "./client.js";
import { type ConversionNames, conversionText } from "./conversion-text.js";
import { printDeclarations } from "./declarations.js";
import { headerLine } from "./header.js";
import { freeName, Imports } from "./imports.js";
import { quote } from "./text.js";
import { printThinMembers } from "./thin-members.js";
import { printUris } from "./uris.js";

/** The options for printing a thin client. */
export interface ThinFileOptions extends Pick<ThinPlaces, "history" | "checkEvents" | "middleware"> {
  readonly plan: ThinModule;
  /** The module specifier from which the file imports the contract's codecs file. */
  readonly codecsImport: string;
  readonly createWriter: () => CodeBlockWriter;
}

/** Prints `<file>.thin.gen.ts`: the client of `<file>.gen.ts` with the same names, but without an import of the contract. */
export function printThinFile(model: ContractModel, options: ThinFileOptions): string {
  const { plan, codecsImport, createWriter } = options;
  const body = createWriter();
  const taken = new Set([...model.declarations.map(({ name }) => name), ...ownNames(model.name)]);
  const [members, codecs] = [freeName("members", taken), freeName("codecs", taken)];
  const imports = new Imports(new Set([...taken, members, codecs]));
  if (model.declarations.some(({ type }) => referencesIn(type).includes(BRANDED))) imports.type(BRANDED);
  let usesOwn = false;
  const names: ConversionNames = {
    imports,
    own(name) {
      usesOwn = true;
      return `${codecs}.${name}`;
    },
    recursive: (id) => freeName(`recursive${id}`, taken),
  };
  printDeclarations(body, model.declarations);
  const isUsed = model.members.some(({ kind }) => kind !== "error");
  if (isUsed) {
    for (const [id, conversion] of Object.entries(plan.recursive)) {
      const type = imports.type("ThinCodec");
      body.writeLine(`const ${names.recursive(Number(id))}: ${type} = ${conversionText(conversion, names)};`);
      body.blankLine();
    }
    printThinMembers(body, model, { ...options, names, members });
  }
  printClient(body, model, imports, { members, middleware: options.middleware });
  printUris(body, model, imports, { members });
  return [
    headerLine(model.source),
    ...imports.statement("wampact/thin"),
    ...(usesOwn ? [`import * as ${codecs} from ${quote(codecsImport)};`] : []),
    "",
    body.toString(),
  ].join("\n");
}
