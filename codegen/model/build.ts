import type { Description, MemberDescription, ModuleDescription } from "../loader/description.js";
import type { ModuleSource } from "../loader/source.js";
import type { Problems } from "../problems.js";
import { authoredNames } from "./authored-names.js";
import { checkIndexes } from "./check-indexes.js";
import { checkMembers, lineOf } from "./check-members.js";
import { checkParams } from "./check-params.js";
import { checkSchemas, type SchemaProblem } from "./check-schemas.js";
import { createScope, declareSchemas } from "./declare.js";
import { declareErrors, nameErrors } from "./errors.js";
import { modelMember } from "./members.js";
import { mergeProofs } from "./merged.js";
import type { ContractModel } from "./model.js";
import { nameSchemas } from "./name-schemas.js";
import { camelCase, NameTable, ownNames, pascalCase } from "./names.js";
import { inReadingOrder } from "./order.js";
import { declareParams, nameParams } from "./params.js";
import { PayloadBook } from "./payloads.js";
import { checkPositional } from "./positional.js";
import { proofsOf } from "./proofs.js";
import { slotsOf } from "./slots.js";

export interface BuildOptions {
  readonly description: Description;
  readonly module: ModuleDescription;
  readonly source: ModuleSource;
  /** The contract file, relative to the project. */
  readonly file: string;
  /** The file's name without its extension, such as `orders-admin`. */
  readonly name: string;
  /** The module specifier with which the generated files import the contract, such as `../calculator.js`. */
  readonly contractImport: string;
  /** The module specifier with which the check file imports the generated file, such as `./calculator.gen.js`. */
  readonly generatedImport: string;
  readonly problems: Problems;
}

/** Makes a contract ready to be printed. Returns nothing if it added to `problems`. */
export function buildModel(options: BuildOptions): ContractModel | undefined {
  const { description, module, source, file, problems } = options;
  const { schemas } = description;
  const before = problems.count;
  const report = ({ slot, path, problem }: SchemaProblem): void =>
    problems.add({ file, line: lineOf(source, slot.member), member: slot.member, path }, problem);

  const members = inSourceOrder(module.members, source);
  const slots = slotsOf(members, source);
  checkMembers({ file, members, source, problems });
  checkSchemas(schemas, slots).forEach(report);
  checkParams(schemas, slots).forEach(report);
  checkPositional(schemas, slots).forEach(report);
  if (problems.count > before) return undefined;

  const name = pascalCase(options.name);
  const table = new NameTable();
  for (const own of ownNames(name)) table.claim(own);
  const modules = [module, ...description.modules.filter((other) => other !== module)];
  const authored = authoredNames({ schemas, slots, modules, table });
  const errorNames = nameErrors(members, table);
  const paramNames = nameParams(members, table);
  const names = nameSchemas({ schemas, slots, authored, table });
  const scope = createScope(schemas, { names, table });
  checkIndexes(scope, { names, slots }).forEach(report);
  if (problems.count > before) return undefined;

  const params = declareParams(members, { scope, names: paramNames });
  const book = new PayloadBook(description, { names, table });
  const models = members.map((member) => modelMember(member, { scope, source, errorNames, params, book }));
  const proofs = proofsOf(scope, slots);
  const declarations = inReadingOrder(models, {
    declarations: [
      ...params.flatMap((each) => each.declarations),
      ...declareSchemas(scope, { names, slots }),
      ...declareErrors(members, { scope, source, names: errorNames }),
    ],
    proven: proofs.map(({ type }) => type),
  });
  return {
    source: file,
    contractImport: options.contractImport,
    generatedImport: options.generatedImport,
    name,
    camelName: camelCase(options.name),
    declarations,
    members: models,
    ...mergeProofs(proofs, { declarations, table }),
    definitions: book.definitions,
    thin: module.thin,
  };
}

/** Returns the members in the author's order. The module object lists them alphabetically. */
function inSourceOrder(members: readonly MemberDescription[], source: ModuleSource): readonly MemberDescription[] {
  const order = [...source.exports.keys()];
  const place = ({ name }: MemberDescription): number => {
    const index = order.indexOf(name);
    return index === -1 ? order.length : index; // comes from `export … from`
  };
  return [...members].sort((a, b) => place(a) - place(b));
}
