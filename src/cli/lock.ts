import { Command } from "commander";
import { lockContracts } from "../../codegen/index.js";
import { count, fail } from "./report.js";

/** Creates `wampact lock`: records the interface of the contracts for `wampact diff`. */
export function lockCommand(): Command {
  return new Command("lock")
    .description("record the interface of all contracts: URIs, wire mappings and JSON Schemas")
    .argument("[files...]", "contract files or directories (default: from the project's configuration, else schemas/)")
    .option("--file <file>", "the lock file (default: contracts.lock.json next to the contracts)")
    .action(async (files: string[], { file }: { file?: string }) => {
      try {
        const { path, changed, members } = await lockContracts({ files, ...(file !== undefined && { file }) });
        console.log(`${path}  ${changed ? "written" : "unchanged"} (${count(members, "member")})`);
      } catch (error) {
        fail(error);
      }
    });
}
