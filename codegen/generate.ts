import { join } from "node:path";
import type { CodeBlockWriter } from "ts-morph";
import { checkSettings, flag, type SettingRules, text } from "../src/wire/settings.js";
import type { Product } from "./files.js";
import { isEmpty, manifestFile, nextManifest, readManifest } from "./manifest.js";
import type { ContractModel } from "./model/model.js";
import { noContracts } from "./no-contracts.js";
import { adviseOnOldOutputs } from "./old-outputs.js";
import { projectPath } from "./paths.js";
import { outputsOf, type Places } from "./places.js";
import { printCheckFile } from "./printers/check-file.js";
import { printContractFile } from "./printers/contract-file.js";
import { printThinFile } from "./printers/thin-file.js";
import type { CodegenError } from "./problems.js";
import { adviseOnProject } from "./project-advice.js";
import {
  createCodeWriter,
  READ_RULES,
  type ReadContract,
  type ReadContracts,
  type ReadOptions,
  readContracts,
} from "./read.js";
import { apply, type Change, compare } from "./writer.js";

export interface GenerateOptions extends ReadOptions {
  /**
   * The directory of the generated files. Default: the one in the project's settings, otherwise `generated` beside the contracts.
   */
  readonly out?: string;
  /** Also prints a thin client of each contract. Default: only of the contracts that the project's settings name. */
  readonly thin?: boolean;
  /** Compares only, and writes nothing. Default: false. */
  readonly check?: boolean;
}

/** The rules for the options of `generate`. */
export const GENERATE_RULES: SettingRules<GenerateOptions> = { ...READ_RULES, out: text, thin: flag, check: flag };

/** The result of a run. */
export interface Generated {
  /** Every file with its text before and after. Its path is relative to `cwd`. */
  readonly changes: readonly Change[];
  readonly contracts: readonly GeneratedContract[];
  /** The error of a run that found no contract. It says where the run looked. Files from earlier runs are still removed. */
  readonly nothingFound: CodegenError | undefined;
  /** Warnings: imports that the project's compiler settings will refuse, and contracts that are generated twice. */
  readonly advice: readonly string[];
}

/** A contract that a run found. */
export interface GeneratedContract {
  /** The contract file, relative to `cwd`. */
  readonly source: string;
  /** The generated file, relative to `cwd`. */
  readonly generated: string;
  readonly procedures: number;
  readonly topics: number;
  readonly errors: number;
}

/**
 * Generates the typed clients and handlers of contracts. Throws `CodegenError` with every problem of the contracts. In that case
 * nothing is written, and the files of the last run stay. Throws `TypeError` for an unknown option or an invalid value.
 */
export async function generate(options: GenerateOptions = {}): Promise<Generated> {
  checkSettings(options, GENERATE_RULES, "generate");
  return generateFiles(options);
}

/** Generates with options that were checked. */
export async function generateFiles(options: GenerateOptions): Promise<Generated> {
  const read = await readContracts(options);
  const { places, inputs, contracts, advice } = read;
  const createWriter = await createCodeWriter();
  const outputs = await Promise.all(outputsOf(places, inputs).map((out) => compareOutput(out, read, createWriter)));
  if (!options.check) for (const { out, changes } of outputs) await apply(out, changes, places.cwd);

  const files = contracts.map(({ layout }) => layout.file);
  return {
    changes: outputs.flatMap(({ out, changes }) =>
      changes.map((change) => ({ ...change, path: projectPath(places.cwd, join(out, change.path)) })),
    ),
    contracts: contracts.map(({ layout, model }) => ({
      source: layout.source,
      generated: projectPath(places.cwd, join(layout.out, layout.generated)),
      ...countMembers(model),
    })),
    nothingFound: contracts.length === 0 ? noContracts(read) : undefined,
    advice: [
      ...advice,
      ...(await adviseOnProject(places.cwd, files)),
      ...(await adviseOnOldOutputs(places.cwd, {
        outputs: outputs.map(({ out }) => out),
        sources: contracts.map(({ layout }) => layout.source),
      })),
    ],
  };
}

/** Compares the files in an output directory with those generated from its contracts, and returns the changes to write. */
async function compareOutput(
  out: string,
  { places, inputs, contracts }: ReadContracts,
  createWriter: () => CodeBlockWriter,
): Promise<{ readonly out: string; readonly changes: readonly Change[] }> {
  const { cwd } = places;
  const manifest = await readManifest(out, cwd);
  const products = contracts
    .filter(({ layout }) => layout.out === out)
    .map((each) => printContract(each, places, createWriter));
  const next = nextManifest(manifest, { cwd, inputs, products });
  const kept = new Set(Object.values(next.files).flat());
  const changes = await compare(out, {
    cwd,
    files: [
      ...products.flatMap(({ files }) => files),
      ...(isEmpty(manifest) && isEmpty(next) ? [] : [manifestFile(next)]),
    ],
    obsolete: Object.values(manifest.files)
      .flat()
      .filter((path) => !kept.has(path)),
  });
  return { out, changes };
}

function printContract(
  { layout, model }: ReadContract,
  { thin }: Places,
  createWriter: () => CodeBlockWriter,
): Product {
  const check = printCheckFile(model, createWriter);
  const files = [{ path: layout.generated, text: printContractFile(model, createWriter) }];
  if (check !== undefined) files.push({ path: layout.check, text: check });
  if (thin && model.thin) {
    const { codecsImport } = layout;
    files.push({
      path: layout.thin,
      text: printThinFile(model, { ...thin, plan: model.thin, codecsImport, createWriter }),
    });
  }
  return { source: layout.source, files };
}

function countMembers({ members }: ContractModel): Pick<GeneratedContract, "procedures" | "topics" | "errors"> {
  const count = (kind: string): number => members.filter((member) => member.kind === kind).length;
  return { procedures: count("procedure"), topics: count("topic"), errors: count("error") };
}
