import { Command, Option } from "commander";
import { type Generated, type GeneratedContract, generate, watchContracts } from "../../codegen/index.js";
import { count, fail, outcome, reportCheck } from "./report.js";

interface Flags {
  readonly out?: string;
  readonly check?: true;
  readonly watch?: true;
  readonly thin?: true;
}

/** Creates `wampact codegen`: generates typed clients and handlers next to the contracts. */
export function codegenCommand(): Command {
  return new Command("codegen")
    .description("generate typed clients and handlers from contracts")
    .argument("[files...]", "contract files or directories (default: from the project's configuration, else schemas/)")
    .option("--out <dir>", "output directory (default: generated/ next to the contracts)")
    .option("--thin", "also generate thin clients, which do not import the contracts")
    .option("--check", "write nothing; print the changes, and fail if there are any")
    .addOption(new Option("--watch", "regenerate whenever a contract changes").conflicts("check"))
    .action((files: string[], flags: Flags) => run(files, flags));
}

async function run(files: readonly string[], { out, check, watch, thin }: Flags): Promise<void> {
  const options = { files, ...(out !== undefined && { out }), ...(thin && { thin }) };
  try {
    if (watch) {
      await watchContracts({ ...options, onGenerated: reportChanges, onError: fail });
      console.error("watching; stop with Ctrl+C");
      return;
    }
    const generated = await generate({ ...options, check: check === true });
    if (check) reportCheck(generated.changes, "wampact codegen");
    else report(generated);
    if (generated.nothingFound) fail(generated.nothingFound);
    for (const line of generated.advice) console.error(`\nnote: ${line}`);
  } catch (error) {
    fail(error);
  }
}

/**
 * Prints a line for each changed file, such as `schemas/generated/calculator.gen.ts  written (4 procedures)`, and one for
 * the rest.
 */
function report({ changes, contracts }: Generated): void {
  const files = changes.filter(({ path, before, after }) => /\.[cm]?ts$/.test(path) && (before ?? after) !== undefined);
  const shown = files.filter(({ before, after }) => before !== after);
  const width = Math.max(...shown.map(({ path }) => path.length));
  for (const change of shown) {
    const contract = contracts.find(({ generated }) => generated === change.path);
    console.log(`${change.path.padEnd(width)}  ${outcome(change)}${contract ? ` (${contents(contract)})` : ""}`);
  }
  const rest = files.length - shown.length;
  if (rest > 0) console.log(`${count(rest, "generated file")} up to date`);
}

/** Prints a line for each change while watching. */
function reportChanges(generated: Generated): void {
  const changes = generated.changes.filter(({ before, after }) => before !== after);
  if (changes.length > 0) report({ ...generated, changes });
  if (generated.nothingFound) console.error(generated.nothingFound.message);
  else if (changes.length === 0) console.log("up to date");
}

function contents({ procedures, topics, errors }: GeneratedContract): string {
  const parts = [count(procedures, "procedure"), count(topics, "topic"), count(errors, "error")];
  return parts.filter((part) => !part.startsWith("0 ")).join(", ");
}
