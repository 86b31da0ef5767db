import { Command, InvalidArgumentError, Option } from "commander";
import { MOST_WORKERS } from "../config/workers.js";
import type { RouterFlags } from "./router/configuration.js";
import { unknownCommand } from "./unknown-command.js";

const LEVELS = ["debug", "info", "warn", "error", "silent"];
const FORMATS = ["text", "json", "pino"];

const EXIT_CODES = `
Without a configuration, it runs a router for development, which accepts clients on this machine only. The configuration
is wampact.config.json, .mjs or .ts in the working directory, or the file of --config. See docs/configuration.md.

Signals:
  SIGTERM, SIGINT  shut down: pending calls have drainMs to finish; a second signal ends the router immediately
  SIGHUP           reload the configuration, like "wampact router reload"; on Windows, shut down

Exit codes:
  0         shut down; "check": no errors; "reload": reloaded
  1         the configuration or the command line is invalid; "reload": rejected, nothing has changed
  2         the router cannot listen, for example because the port is in use, or cannot open its store
  130, 143  ended immediately by a second SIGINT or SIGTERM`;

/** Creates `wampact router`: runs a router. Its code is loaded on demand, so that other commands start fast. */
export function routerCommand(): Command {
  const command = new Command("router")
    .description("run a router, for development or with wampact.config.json")
    .enablePositionalOptions()
    .addOption(configOption())
    .option("--realm <name>", "realm of a router for development (default: realm1)")
    .option("--host <address>", "address to listen on, if the configuration has no listeners (default: 127.0.0.1)")
    .addOption(
      new Option(
        "--port <number>",
        "port to listen on, if the configuration has no listeners (default: 8080)",
      ).argParser(portOf),
    )
    .option("--cluster <url>", "NATS server of the cluster to join, if the configuration has no cluster")
    .option("--node <name>", "name of the router in the cluster (default: the host name and a random suffix)")
    .addOption(
      new Option(
        "--workers <number>",
        "number of worker processes, if the configuration does not set it (default: 1)",
      ).argParser(workersOf),
    )
    .addOption(new Option("--log-level <level>", "log level (default: info)").choices(LEVELS))
    .addOption(
      new Option("--log-format <format>", "log format (default: text on a terminal, else json)").choices(FORMATS),
    )
    .addHelpText("after", EXIT_CODES)
    .allowExcessArguments() // reported below
    .action(async (flags: RouterFlags) => {
      const [excess] = command.args;
      if (excess !== undefined) command.error(`error: ${unknownCommand(excess, command)}`);
      await (await import("./router/run.js")).run(flags);
    });
  command
    .command("check")
    .description("check a configuration for errors and weak settings")
    .addOption(configOption())
    .option("--strict", "also fail for weak settings")
    .action(async (flags: { config?: string; strict?: true }) => (await import("./router/check.js")).check(flags));
  command
    .command("explain")
    .description("explain a configuration: permissions, and every setting including defaults")
    .addOption(configOption())
    .option("--json", "print the settings as JSON")
    .action(async (flags: { config?: string; json?: true }) => (await import("./router/check.js")).explain(flags));
  command
    .command("reload")
    .description("make the running router reload its configuration")
    .addOption(configOption())
    .option("--control <path>", "the router's control socket (default: from the configuration)")
    .action(async (flags: { config?: string; control?: string }) => (await import("./router/reload.js")).reload(flags));
  return command;
}

function configOption(): Option {
  return new Option("--config <file>", "the configuration (default: wampact.config.json, .mjs or .ts, if it exists)");
}

function workersOf(given: string): number {
  const workers = Number(given);
  if (/^\d{1,3}$/.test(given) && workers >= 1 && workers <= MOST_WORKERS) return workers;
  throw new InvalidArgumentError(`It must be an integer from 1 to ${MOST_WORKERS}.`);
}

function portOf(given: string): number {
  const port = Number(given);
  if (/^\d{1,5}$/.test(given) && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be an integer from 0 to 65535.");
}
