import { Command, Option } from "commander";
import { type Generated, type GeneratedContract, generate, watchContracts } from "../../codegen/index.js";
import { count, fail, outcome, reportCheck } from "./report.js";

interface Flags {
  readonly out?: string;
  readonly check?: true;
  readonly watch?: true;
  readonly thin?: true;
}

/** `wampact codegen`: writes typed clients and handlers beside the contracts. */
export function codegenCommand(): Command {
  return new Command("codegen")
    .description("generate typed clients and handlers from contracts")
    .argument("[files...]", "contract files, or directories of them (default: schemas/, or as the project says)")
    .option("--out <dir>", "where the generated files go (default: generated/ beside the contracts)")
    .option("--thin", "print a thin client of each contract as well, which does not import it")
    .option("--check", "write nothing; print what would change, and fail if anything would")
    .addOption(new Option("--watch", "generate again whenever a contract changes").conflicts("check"))
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

/** One line for each file that has changed, such as `schemas/generated/calculator.gen.ts  written (4 procedures)`, and one for the rest. */
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

/** While watching, only what has changed is worth a line. */
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
