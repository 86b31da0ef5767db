import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { membersOf } from "../../src/contract/contract.js";
import type { Member } from "../../src/contract/definition.js";
import { isSchema } from "../../src/contract/schema.js";
import { projectPath } from "../paths.js";
import { codecsFileOf } from "./codecs-file.js";
import type { ThinModule, ThinSlot } from "./conversion.js";
import { ThinPlanner, type Ways } from "./plan-thin.js";

type Exports = Readonly<Record<string, unknown>>;

const SENT: Ways = { sends: true, receives: false };
const RECEIVED: Ways = { sends: false, receives: true };
const BOTH: Ways = { sends: true, receives: true };

/** Describes the thin client of a module. `run` runs the contract's codecs file, if there is one. */
export async function describeThin(
  file: string,
  exports: Exports,
  run: (file: string) => Promise<Exports>,
): Promise<ThinModule> {
  const codecs = codecsFileOf(file);
  const name = projectPath(process.cwd(), join(realpathSync.native(dirname(codecs)), basename(codecs))); // the working directory has no links
  const own = existsSync(codecs) ? await run(codecs) : {};
  const planner = new ThinPlanner({ file: name, exports: own });
  if (existsSync(codecs) && importsZod(codecs)) {
    planner.problems.push({
      path: "",
      problem: `${name} imports zod, which thin clients must not load; move the code that needs zod to another file`,
    });
  }
  const slots = membersOf(exports).flatMap(([member, declared]) =>
    slotsOf(member, declared).flatMap(([path, schema, ways]): ThinSlot[] =>
      isSchema(schema) ? [{ path, conversion: planner.plan(schema, path, ways) }] : [],
    ),
  );
  return { slots, recursive: planner.recursive, problems: planner.problems };
}

type Slot = readonly [path: string, schema: unknown, ways: Ways];

function slotsOf(name: string, member: Member): readonly Slot[] {
  if (member.kind === "error") return [];
  const { definition } = member;
  const params = Object.entries(definition.params ?? {}).map(([param, schema]): Slot => {
    return [`${name}.params.${param}`, schema, BOTH];
  });
  if (member.kind === "topic") return [...params, [`${name}.event`, member.definition.event, BOTH]];
  const { input, output, progress, chunks, errors = {} } = member.definition;
  return [
    ...params,
    [`${name}.input`, input, SENT],
    [`${name}.chunks`, chunks, SENT],
    [`${name}.output`, output, RECEIVED],
    [`${name}.progress`, progress, RECEIVED],
    ...Object.entries(errors).map(([code, error]): Slot => [`${name}.errors.${code}`, error.data, RECEIVED]),
  ];
}

function importsZod(file: string): boolean {
  return /\b(?:from|import|require)\s*\(?\s*["']zod(?:\/|["'])/.test(readFileSync(file, "utf8"));
}
