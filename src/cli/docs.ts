import { Command } from "commander";
import { writeDocuments } from "../../codegen/index.js";
import { fail, outcome, reportCheck } from "./report.js";

/** Creates `wampact docs`: generates documentation of the contracts for people and tools. */
export function docsCommand(): Command {
  return new Command("docs")
    .description("generate API.md, asyncapi.json and payloads.schema.json from contracts")
    .argument("[files...]", "contract files or directories (default: from the project's configuration, else schemas/)")
    .option("--out <dir>", "output directory (default: generated/ next to the contracts)")
    .option("--check", "write nothing; print the changes, and fail if there are any")
    .action(async (files: string[], { out, check = false }: { out?: string; check?: boolean }) => {
      try {
        const changes = await writeDocuments({ files, check, ...(out !== undefined && { out }) });
        if (check) reportCheck(changes, "wampact docs");
        else for (const change of changes) console.log(`${change.path}  ${outcome(change)}`);
      } catch (error) {
        fail(error);
      }
    });
}
