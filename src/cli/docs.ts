import { Command } from "commander";
import { writeDocuments } from "../../codegen/index.js";
import { fail, outcome, reportCheck } from "./report.js";

interface DocsOptions {
  readonly out?: string;
  readonly openapi?: string;
  readonly check?: boolean;
}

/** Creates `wampact docs`: generates documentation of the contracts for people and tools. */
export function docsCommand(): Command {
  return new Command("docs")
    .description("generate API.md, asyncapi.json, payloads.schema.json and openapi.json from contracts")
    .argument("[files...]", "contract files or directories (default: from the project's configuration, else schemas/)")
    .option("--out <dir>", "output directory (default: generated/ next to the contracts)")
    .option(
      "--openapi <url>",
      "also generate openapi.json, for this URL of the realm at an HTTP bridge, such as /api/com.app",
    )
    .option("--check", "write nothing; print the changes, and fail if there are any")
    .action(async (files: string[], { out, openapi, check = false }: DocsOptions) => {
      try {
        const changes = await writeDocuments({
          files,
          check,
          ...(out !== undefined && { out }),
          ...(openapi !== undefined && { openapi }),
        });
        if (check) reportCheck(changes, "wampact docs");
        else for (const change of changes) console.log(`${change.path}  ${outcome(change)}`);
      } catch (error) {
        fail(error);
      }
    });
}
