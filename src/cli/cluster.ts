import { Command } from "commander";
import type { RouterPlace } from "./router/ask.js";

/** `wampact cluster`: asks a router of this machine about its cluster. */
export function clusterCommand(): Command {
  const command = new Command("cluster").description("ask a router of this machine about the others of its cluster");
  withPlace(command.command("status"))
    .description("say which routers there are, what waits for each, and which show no sign of life")
    .option("--json", "print it as JSON")
    .action(async (flags: RouterPlace & { json?: true }) => (await import("./cluster/ask.js")).status(flags));
  withPlace(command.command("expel"))
    .argument("<node>", "the name of the other router")
    .description("free what a router holds that shows no sign of life; one that lives joins again by itself")
    .action(async (node: string, flags: RouterPlace) => (await import("./cluster/ask.js")).expel(node, flags));
  return command;
}

function withPlace(command: Command): Command {
  return command
    .option("--config <file>", "the router's configuration (default: wampact.config.json, .mjs or .ts)")
    .option("--control <path>", "the router's control socket (default: as the configuration says)");
}
