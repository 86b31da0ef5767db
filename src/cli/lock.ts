import { Command } from "commander";
import { lockContracts } from "../../codegen/index.js";
import { count, fail } from "./report.js";

/** `wampact lock`: writes down what peers rely on, for `wampact diff`. */
export function lockCommand(): Command {
  return new Command("lock")
    .description("write down what peers rely on: URIs, wire mappings and JSON Schemas of all contracts")
    .argument("[files...]", "contract files, or directories of them (default: schemas/, or as the project says)")
    .option("--file <file>", "the lock file (default: contracts.lock.json beside the contracts)")
    .action(async (files: string[], { file }: { file?: string }) => {
      try {
        const { path, changed, members } = await lockContracts({ files, ...(file !== undefined && { file }) });
        console.log(`${path}  ${changed ? "written" : "unchanged"} (${count(members, "member")})`);
      } catch (error) {
        fail(error);
      }
    });
}
