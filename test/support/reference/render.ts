/** The parts of docs/reference that are made of declarations, docstrings and commands. */
import type { Command } from "commander";
import type { Exported, Member } from "./api.js";

/** An export that has a section on a page. */
export interface Documented extends Exported {
  readonly page: string;
}

/** A section for an export: its docstring, and its signature or its members. What it inherits from a type with a section is told by a link. */
export function sectionOf(exported: Exported, documented: readonly Documented[]): string {
  const { name, kind, text, signature, isOptions, place } = exported;
  const bases = documented.filter(
    (each) => each.place !== place && exported.members.some(({ owner }) => owner === each.place),
  );
  const members = exported.members.filter(({ owner }) => bases.every((base) => base.place !== owner));
  const code = signature === "" ? [] : [`\`\`\`typescript\n${signature}\n\`\`\``];
  const list = members.map((member) => memberItem(member, isOptions));
  const links = bases.map(linkTo);
  if (links.length > 0) list.push(`- All ${isOptions ? "options" : "members"} of ${links.join(", ")}.`);
  const parts = [`### \`${kind === "function" ? `${name}()` : name}\``, ...code, text, list.join("\n")];
  return parts.filter((part) => part !== "").join("\n\n");
}

function memberItem(member: Member, isOption: boolean): string {
  const { name, type, isMethod, text } = member;
  const head = isMethod ? [`**\`${name}()\`** \`${type}\``] : [`**\`${name}\`** \`${type}\`${unitIn(name)}`];
  if (isOption) head.push(isRequired(member) ? "**Required**" : `**Default:** ${member.byDefault ?? "none"}`);
  if (isOption && member.range !== undefined) head.push(`**Accepts:** ${member.range}`);
  const body = text.replaceAll(/\n(?=.)/g, "\n  ");
  return `- ${head.join(". ")}.${body === "" ? "" : `\\\n  ${body}`}`;
}

function isRequired({ isOptional, byDefault }: Member): boolean {
  return !isOptional && byDefault === undefined;
}

function linkTo({ name, page }: Documented): string {
  return `[\`${name}\`](${page}#${name.toLowerCase()})`;
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
export function numbersTable(documented: readonly Documented[]): string {
  const numbers = documented
    .filter(({ isOptions }) => isOptions)
    .flatMap((owner) => owner.members.map((member) => ({ owner, member })))
    .filter(({ owner, member }) => member.isNumber && isDeclaredBy(owner, member, documented));
  const rows = numbers.map(({ owner, member }) => {
    const cells = [
      `\`${member.name}\``,
      linkTo(owner),
      isRequired(member) ? "required" : (member.byDefault ?? "none"),
      unitOf(member.name),
      member.range ?? "",
    ];
    return `| ${[...cells, member.text].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| option | of | default | unit | accepts | |", "|---|---|---|---|---|---|", ...rows].join("\n");
}

/** Whether a member stands in the section of a type, and not in that of one that it extends. */
function isDeclaredBy({ place }: Exported, { owner }: Member, documented: readonly Documented[]): boolean {
  return owner === place || documented.every((each) => each.place !== owner);
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
