import { Command, InvalidArgumentError, Option } from "commander";
import { suggestion } from "#suggestion";
import type { RouterFlags } from "./router/configuration.js";

const LEVELS = ["debug", "info", "warn", "error", "silent"];
const FORMATS = ["text", "json", "pino"];

const EXIT_CODES = `
Without a configuration it runs a router for development, which takes clients of this machine only. A configuration is
wampact.config.json, .mjs or .ts in the working directory, or the file that --config names: docs/configuration.md.

Signals:
  SIGTERM, SIGINT  ends in order: calls under way have drainMs to be answered; a second one ends at once
  SIGHUP           reads the configuration again, as "wampact router reload" does

Exit codes:
  0    ended in order; "check": nothing is wrong; "reload": done
  1    the configuration or the command line is wrong; "reload": refused, and nothing has changed
  2    it cannot listen, for example because the port is taken, or cannot open its store
  130, 143  ended at once by a second SIGINT or SIGTERM`;

/** `wampact router`: runs a router. What it takes is loaded when it is needed, so that other commands start as fast as without it. */
export function routerCommand(): Command {
  const command = new Command("router")
    .description("run a router: for development, or as wampact.config.json says")
    .enablePositionalOptions()
    .addOption(configOption())
    .option("--realm <name>", "realm of the router for development (default: realm1)")
    .option("--host <address>", "address to listen on, where the configuration has no listeners (default: 127.0.0.1)")
    .addOption(new Option("--port <number>", "port to listen on, where it has none (default: 8080)").argParser(portOf))
    .option(
      "--cluster <url>",
      "NATS server by which it is one with other routers, where the configuration has no cluster",
    )
    .option("--node <name>", "its name in the cluster (default: the host's name and a random suffix)")
    .addOption(new Option("--log-level <level>", "how much is logged (default: info)").choices(LEVELS))
    .addOption(
      new Option("--log-format <format>", "how it is logged (default: text on a terminal, else json)").choices(FORMATS),
    )
    .addHelpText("after", EXIT_CODES)
    .allowExcessArguments() // which are told below
    .action(async (flags: RouterFlags) => {
      const [excess] = command.args;
      if (excess !== undefined) command.error(`error: ${unknownCommand(excess, command)}`);
      await (await import("./router/run.js")).run(flags);
    });
  command
    .command("check")
    .description("say what is wrong with a configuration, and what is weak")
    .addOption(configOption())
    .option("--strict", "fail where something is weak, too")
    .action(async (flags: { config?: string; strict?: true }) => (await import("./router/check.js")).check(flags));
  command
    .command("explain")
    .description("say what holds by a configuration: who may do what, and every setting, defaults included")
    .addOption(configOption())
    .option("--json", "print the settings as JSON")
    .action(async (flags: { config?: string; json?: true }) => (await import("./router/check.js")).explain(flags));
  command
    .command("reload")
    .description("make the router that runs here read its configuration again")
    .addOption(configOption())
    .option("--control <path>", "the router's control socket (default: as the configuration says)")
    .action(async (flags: { config?: string; control?: string }) => (await import("./router/reload.js")).reload(flags));
  return command;
}

function configOption(): Option {
  return new Option(
    "--config <file>",
    "the configuration (default: wampact.config.json, .mjs or .ts, where there is one)",
  );
}

function unknownCommand(given: string, { commands }: Command): string {
  const hint = suggestion(
    given,
    commands.map((each) => each.name()),
  );
  return `unknown command "${given}" of wampact router; ${hint}`;
}

function portOf(given: string): number {
  const port = Number(given);
  if (/^\d{1,5}$/.test(given) && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be an integer from 0 to 65535.");
}
