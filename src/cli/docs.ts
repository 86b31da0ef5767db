import { Command } from "commander";
import { writeDocuments } from "../../codegen/index.js";
import { fail, outcome, reportCheck } from "./report.js";

interface DocsOptions {
  readonly out?: string;
  readonly openapi?: string;
  readonly check?: boolean;
}

/** `wampact docs`: writes documents of the contracts for people and tools. */
export function docsCommand(): Command {
  return new Command("docs")
    .description("write API.md, asyncapi.json, payloads.schema.json and openapi.json from contracts")
    .argument("[files...]", "contract files, or directories of them (default: schemas/, or as the project says)")
    .option("--out <dir>", "where the documents go (default: generated/ beside the contracts)")
    .option("--openapi <url>", "write openapi.json, too: the URL of the realm at an HTTP bridge, such as /api/com.app")
    .option("--check", "write nothing; print what would change, and fail if anything would")
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
