import { Command } from "commander";
import type { RouterPlace } from "./router/ask.js";
import { onlySubcommands } from "./unknown-command.js";

/** Creates `wampact cluster`: queries a router on this machine about its cluster. */
export function clusterCommand(): Command {
  const command = new Command("cluster").description("query a router on this machine about its cluster");
  withPlace(command.command("status"))
    .description("list the routers, the data queued for each, and those that do not respond")
    .option("--json", "print the status as JSON")
    .action(async (flags: RouterPlace & { json?: true }) => (await import("./cluster/ask.js")).status(flags));
  withPlace(command.command("expel"))
    .argument("<node>", "the name of the other router")
    .description("remove an unresponsive router and free its registrations; a router that still runs rejoins by itself")
    .action(async (node: string, flags: RouterPlace) => (await import("./cluster/ask.js")).expel(node, flags));
  return onlySubcommands(command);
}

function withPlace(command: Command): Command {
  return command
    .option("--config <file>", "the router's configuration (default: wampact.config.json, .mjs or .ts)")
    .option("--control <path>", "the router's control socket (default: from the configuration)");
}
