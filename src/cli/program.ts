import { createRequire } from "node:module";
import { Command } from "commander";
import { clusterCommand } from "./cluster.js";
import { codegenCommand } from "./codegen.js";
import { diffCommand } from "./diff.js";
import { docsCommand } from "./docs.js";
import { lockCommand } from "./lock.js";
import { routerCommand } from "./router.js";
import { secretCommand } from "./secret.js";
import { onlySubcommands } from "./unknown-command.js";

/** The `wampact` command with all its commands. It runs nothing before `parseAsync`. */
export function program(): Command {
  const { version, description } = createRequire(import.meta.url)("wampact/package.json") as {
    version: string;
    description: string;
  };
  const wampact = new Command("wampact")
    .description(description)
    .version(version)
    .enablePositionalOptions() // so that a command of a command has its own options
    .addCommand(routerCommand())
    .addCommand(clusterCommand())
    .addCommand(codegenCommand())
    .addCommand(docsCommand())
    .addCommand(lockCommand())
    .addCommand(diffCommand())
    .addCommand(secretCommand());
  return onlySubcommands(wampact);
}
