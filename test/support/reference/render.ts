/** The parts of docs/reference that are made of declarations, docstrings and commands. */
import type { Command } from "commander";
import type { Exported, Member } from "./api.js";

/** A section for an export: its docstring, and its signature or its members. */
export function sectionOf(exported: Exported): string {
  const { name, kind, text, signature, members, isOptions } = exported;
  const code = signature === "" ? [] : [`\`\`\`typescript\n${signature}\n\`\`\``];
  const list = members.map((member) => memberItem(member, isOptions)).join("\n");
  const parts = [`### \`${kind === "function" ? `${name}()` : name}\``, ...code, text, list];
  return parts.filter((part) => part !== "").join("\n\n");
}

function memberItem(member: Member, isOption: boolean): string {
  const { name, type, isMethod, text } = member;
  const head = isMethod ? [`**\`${name}()\`** \`${type}\``] : [`**\`${name}\`** \`${type}\`${unitIn(name)}`];
  if (isOption) head.push(`**Default:** ${defaultOf(member)}`);
  if (isOption && member.range !== undefined) head.push(`**Accepts:** ${member.range}`);
  const body = text.replaceAll(/\n(?=.)/g, "\n  ");
  return `- ${head.join(". ")}.${body === "" ? "" : `\\\n  ${body}`}`;
}

function defaultOf({ isOptional, byDefault }: Member): string {
  return isOptional ? (byDefault ?? "none") : "none, it is required";
}

function unitIn(name: string): string {
  const unit = unitOf(name);
  return unit === "" ? "" : ` (${unit})`;
}

/** The unit that a name states. */
export function unitOf(name: string): string {
  if (name.endsWith("Ms")) return "milliseconds";
  if (name.endsWith("Bytes")) return "bytes";
  return name.endsWith("PerSecond") ? "per second" : "";
}

/** One row for each option that is a number, so that all limits stand on one page. */
export function numbersTable(documented: readonly (Exported & { readonly page: string })[]): string {
  const rows = documented
    .filter(({ isOptions }) => isOptions)
    .flatMap(({ name: options, page, members }) =>
      members
        .filter(({ isNumber }) => isNumber)
        .map((member) => {
          const link = `[\`${options}\`](${page}#${options.toLowerCase()})`;
          const cells = [`\`${member.name}\``, link, defaultOf(member), unitOf(member.name) || "count"];
          return [...cells, member.range ?? "", member.text].map((cell) => cell.replaceAll("|", "\\|"));
        }),
    );
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |`);
  return ["| option | of | default | unit | accepts | |", "|---|---|---|---|---|---|", ...lines].join("\n");
}

/** A section for each command that does something, as `--help` tells it. */
export function commandSections(command: Command, parents: readonly string[] = []): string {
  const path = [...parents, command.name()];
  const nested = command.commands.map((each) => commandSections(each, path));
  const help = command.createHelp();
  const options = help.visibleOptions(command);
  const isGroup = command.commands.length > 0 && options.length <= 1;
  if (parents.length === 0 || isGroup) return nested.join("\n\n");
  const rows = [
    ...help.visibleArguments(command).map((each) => [help.argumentTerm(each), help.argumentDescription(each)]),
    ...options.map((each) => [help.optionTerm(each), help.optionDescription(each)]),
  ].map(([term, description]) => `| \`${term}\` | ${description?.replaceAll("|", "\\|")} |`);
  const table = ["| argument or option | |", "|---|---|", ...rows].join("\n");
  const usage = `\`\`\`text\n${help.commandUsage(command)}\n\`\`\``;
  return [`### \`${path.join(" ")}\``, `${sentence(command.description())}`, usage, table, ...nested].join("\n\n");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
