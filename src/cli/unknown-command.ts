import type { Command } from "commander";
import { suggestion } from "#suggestion";

/** Returns the error message for an unknown subcommand. It suggests the nearest one, or lists all. */
export function unknownCommand(given: string, command: Command): string {
  const names = [command.name()];
  for (let each = command.parent; each; each = each.parent) names.unshift(each.name());
  const known = command.commands.map((each) => each.name());
  return `unknown command "${given}" of ${names.join(" ")}; ${suggestion(given, known)}`;
}

/** Makes a command that only has subcommands report an unknown one. */
export function onlySubcommands(command: Command): Command {
  return command.on("command:*", ([given = ""]: readonly string[]) =>
    command.error(`error: ${unknownCommand(given, command)}`),
  );
}
