#!/usr/bin/env node
/** The `wampact` command. */
import { program } from "./program.js";

const { version, description } = createRequire(import.meta.url)("wampact/package.json") as {
  version: string;
  description: string;
};

await new Command("wampact")
  .description(description)
  .version(version)
  .enablePositionalOptions() // so that subcommands have their own options
  .addCommand(routerCommand())
  .addCommand(clusterCommand())
  .addCommand(codegenCommand())
  .addCommand(docsCommand())
  .addCommand(lockCommand())
  .addCommand(diffCommand())
  .addCommand(secretCommand())
  .parseAsync();
