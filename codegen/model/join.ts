import { mapValues, sortedByName } from "../dicts.js";
import { type JsonSchema, mapReferences, referencesIn, refTo, withoutReading } from "../json-schema.js";
import type { ContractModel, Payloads } from "./model.js";
import { NameTable } from "./names.js";

/** All contracts of a project for one document. Their definitions share one set of names. */
export interface JoinedContracts {
  readonly contracts: readonly ContractModel[];
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

/** Joins the definitions. If a name has different meanings in two contracts, each prefixes it with its own name. */
export function joinContracts(contracts: readonly ContractModel[]): JoinedContracts {
  const different = namesThatDiffer(contracts);
  const table = new NameTable();
  for (const { definitions } of contracts) {
    for (const name of Object.keys(definitions)) if (!different.has(name)) table.claim(name);
  }
  const definitions: Record<string, JsonSchema> = {};
  const joined = contracts.map((contract) => {
    const names = new Map(
      Object.keys(contract.definitions).map((name) => [
        name,
        different.has(name) ? table.claimFree(`${contract.name}${name}`) : name,
      ]),
    );
    const rename = (schema: JsonSchema) =>
      mapReferences(withoutReading(schema), (name) => ({ $ref: refTo(names.get(name) ?? name) }));
    for (const [name, schema] of Object.entries(contract.definitions)) {
      definitions[names.get(name) ?? name] = rename(schema);
    }
    return renamePayloads(contract, rename);
  });
  return { contracts: joined, definitions: sortedByName(definitions) };
}

/** Returns the names of definitions that differ between contracts, or that refer to one that does. */
function namesThatDiffer(contracts: readonly ContractModel[]): ReadonlySet<string> {
  const variants = new Map<string, Set<string>>();
  const all = contracts.flatMap(({ definitions }) => Object.entries(definitions));
  for (const [name, schema] of all) {
    variants.set(name, (variants.get(name) ?? new Set()).add(JSON.stringify(schema)));
  }
  const different = new Set([...variants].flatMap(([name, texts]) => (texts.size > 1 ? [name] : [])));
  for (let before = -1; before !== different.size; ) {
    before = different.size;
    for (const [name, schema] of all) if (referencesIn(schema).some((each) => different.has(each))) different.add(name);
  }
  return different;
}

function renamePayloads(contract: ContractModel, rename: (schema: JsonSchema) => JsonSchema): ContractModel {
  const payloads = (given: Payloads): Payloads =>
    mapValues(given, (payload) => ({ ...payload, schema: rename(payload.schema) }));
  const members = contract.members.map((member) => {
    const renamed = { ...member, payloads: payloads(member.payloads) };
    if (renamed.kind === "error") return renamed;
    const withParams = { ...renamed, paramSchemas: mapValues(renamed.paramSchemas, rename) };
    if (withParams.kind === "topic") return withParams;
    const errors = withParams.errors.map((error) => ({ ...error, payloads: payloads(error.payloads) }));
    return { ...withParams, errors };
  });
  return { ...contract, members };
}
