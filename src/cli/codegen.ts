import { Command, Option } from "commander";
import { createTwoFilesPatch } from "diff";
import {
  type Change,
  CodegenError,
  type Generated,
  type GeneratedContract,
  generate,
  watchContracts,
} from "../../codegen/index.js";

interface Flags {
  readonly out?: string;
  readonly check?: true;
  readonly watch?: true;
}

/** `wampact codegen`: writes typed clients and handlers beside the contracts. */
export function codegenCommand(): Command {
  return new Command("codegen")
    .description("generate typed clients and handlers from contracts")
    .argument("[files...]", "contract files, or directories of them (default: schemas/)")
    .option("--out <dir>", "where the generated files go (default: schemas/generated)")
    .option("--check", "write nothing; print what would change, and fail if anything would")
    .addOption(new Option("--watch", "generate again whenever a contract changes").conflicts("check"))
    .action((files: string[], flags: Flags) => run(files, flags));
}

async function run(files: readonly string[], { out, check, watch }: Flags): Promise<void> {
  const options = { files, ...(out !== undefined && { out }) };
  if (watch) {
    await watchContracts({ ...options, onGenerated: reportChanges, onError: fail });
    console.error("watching; stop with Ctrl+C");
    return;
  }
  try {
    const generated = await generate({ ...options, check: check === true });
    if (check) reportCheck(generated);
    else report(generated);
  } catch (error) {
    fail(error);
  }
}

/** One line a file: `schemas/generated/calculator.gen.ts  written (4 procedures, 1 error)`. */
function report({ changes, contracts, advice }: Generated): void {
  const shown = changes.filter(({ path, before, after }) => /\.ts$/.test(path) && (before ?? after) !== undefined);
  const width = Math.max(...shown.map(({ path }) => path.length));
  for (const change of shown) {
    const contract = contracts.find(({ generated }) => generated === change.path);
    console.log(`${change.path.padEnd(width)}  ${outcome(change)}${contract ? ` (${contents(contract)})` : ""}`);
  }
  if (contracts.length === 0) console.log("no contracts found: none of the files exports a procedure, topic or error");
  for (const line of advice) console.error(`\nnote: ${line}`);
}

/** While watching, only what has changed is worth a line. */
function reportChanges(generated: Generated): void {
  const changes = generated.changes.filter(({ before, after }) => before !== after);
  if (changes.length > 0) report({ ...generated, changes });
  else console.log("up to date");
}

/** A unified diff of what a run would change; fails if there is any. */
function reportCheck({ changes, advice }: Generated): void {
  const stale = changes.filter(({ before, after }) => before !== after);
  for (const { path, before, after } of stale) {
    const names = [before === undefined ? "/dev/null" : path, after === undefined ? "/dev/null" : path] as const;
    process.stdout.write(createTwoFilesPatch(...names, before ?? "", after ?? "", "", ""));
  }
  for (const line of advice) console.error(`\nnote: ${line}`);
  if (stale.length === 0) console.log("generated files are up to date");
  else {
    console.error(`${count(stale.length, "generated file")} not up to date; run wampact codegen`);
    process.exitCode = 1;
  }
}

function outcome({ before, after }: Change): string {
  if (after === undefined) return "removed";
  return before === after ? "unchanged" : "written";
}

function contents({ procedures, topics, errors }: GeneratedContract): string {
  const parts = [count(procedures, "procedure"), count(topics, "topic"), count(errors, "error")];
  return parts.filter((part) => !part.startsWith("0 ")).join(", ");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** What is wrong with a contract is told in a line each; anything else is a fault of ours, and keeps its stack. */
function fail(error: unknown): void {
  console.error(error instanceof CodegenError ? error.message : error);
  process.exitCode = 1;
}
