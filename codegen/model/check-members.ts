import { parseTemplate } from "../../src/contract/params.js";
import { FAILURE_CODES } from "../../src/wire/call-failure.js";
import type { MemberDescription } from "../loader/description.js";
import type { ModuleSource } from "../loader/source.js";
import type { Place, Problems } from "../problems.js";
import { isIdentifier, RESERVED_MEMBERS } from "./names.js";

export interface MemberCheck {
  /** The contract file, relative to the project. */
  readonly file: string;
  readonly members: readonly MemberDescription[];
  readonly source: ModuleSource;
  readonly problems: Problems;
}

/** Finds the problems of a contract's members: names, URIs, parameters, error codes. */
export function checkMembers({ file, members, source, problems }: MemberCheck): void {
  const uris = new Map<string, string>(); // kind and pattern → member
  for (const member of members) {
    const place = { file, line: lineOf(source, member.name), member: member.name };
    let reported = false;
    const report = (problem: string, path?: string) => {
      reported = true;
      problems.add({ ...place, path }, problem);
    };
    checkName(member.name, report);
    const pattern = patternOf(member.uri, report);
    const same = pattern && firstOf(uris, `${member.kind} ${pattern}`, member.name);
    if (same !== undefined)
      report(`the ${member.kind} "${same}" has the same URI, ${member.uri}; use a different URI for each`);
    checkParts(member, report);
    if (member.fault !== undefined && !reported) report(member.fault);
  }
  for (const { line, what } of source.invisible) problems.add({ file, line }, INVISIBLE[what]);
}

/** Returns the line of an export, or of the `export … from` that it comes from. */
export function lineOf(source: ModuleSource, name: string): number | undefined {
  const { line } =
    source.exports.get(name) ??
    source.reExports.find(({ names }) => names.includes(name)) ??
    source.reExports.find(({ names }) => names.length === 0) ??
    {};
  return line;
}

type Report = (problem: string, path?: Place["path"]) => void;

const INVISIBLE = {
  brand: '.brand() exists only in types, and generated types cannot name it; use branded("Name", schema) of wampact',
  catchall: "no value with fields matches the type of .catchall(z.never()); use z.strictObject()",
  annotation:
    "z.ZodType<T> has the input type unknown, so callers could send anything; write z.ZodType<T, T>, or use a getter without an annotation",
  enum: "generated code cannot name the type of a TypeScript enum; use z.enum([…]) or z.literal([…])",
};

function checkName(name: string, report: Report): void {
  const reason = RESERVED_MEMBERS[name];
  if (reason !== undefined) report(`no member may have this name: ${reason}; choose another`);
  else if (!isIdentifier(name)) report("a member's name must be an identifier; export it under one");
}

/** Returns the URI without its parameters' names. A router distinguishes registrations by this pattern. */
export function uriPattern(uri: string): string {
  return parseTemplate(uri)
    .components.map((component) => (component.kind === "text" ? component.text : `{${component.kind}}`))
    .join(".");
}

function patternOf(uri: string, report: Report): string | undefined {
  try {
    return uriPattern(uri);
  } catch (error) {
    report(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function checkParts(member: MemberDescription, report: Report): void {
  if (member.kind === "error") {
    if (isReservedCode(member.name)) report(reservedCode(member.name));
    return;
  }
  const known = namesIn(member.uri);
  for (const { name } of member.params) {
    if (known && !known.includes(name)) {
      report(
        `the URI ${member.uri} has no parameter {${name}}; remove it or correct its name`,
        `${member.name}.params.${name}`,
      );
    }
  }
  if (member.kind === "topic") {
    if (member.event === undefined) report("a topic needs a schema for its events; add `event`");
    return;
  }
  for (const { code } of member.errors) {
    if (isReservedCode(code)) report(reservedCode(code), `${member.name}.errors.${code}`);
  }
}

function isReservedCode(code: string): boolean {
  return (FAILURE_CODES as readonly string[]).includes(code);
}

function reservedCode(code: string): string {
  return `every call can already fail with the code "${code}"; choose another name`;
}

function namesIn(uri: string): readonly string[] | undefined {
  try {
    return parseTemplate(uri).names;
  } catch {
    return undefined; // already reported
  }
}

/** Records the first owner of a thing. Returns an earlier owner if there is one. */
function firstOf(owners: Map<string, string>, thing: string, owner: string): string | undefined {
  const known = owners.get(thing);
  if (known === undefined) owners.set(thing, owner);
  return known;
}
