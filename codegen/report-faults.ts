import type { ModuleDescription } from "./loader/description.js";
import { OLD_SCHEMA } from "./loader/schema-fault.js";
import type { ModuleSource } from "./loader/source.js";
import { isZodOutdated, zodNeeded } from "./loader/zod-version.js";
import { lineOf } from "./model/check-members.js";
import type { Problems } from "./problems.js";

/** Reports the exports that cannot be described, each with its line. An old zod is reported once for the file. */
export function reportFaults(
  module: ModuleDescription,
  { file, source, problems }: { readonly file: string; readonly source: ModuleSource; readonly problems: Problems },
): void {
  const isOutdated = isZodOutdated(module.file);
  if (isOutdated && module.faults.some(({ problem }) => problem === OLD_SCHEMA)) {
    problems.add({ file }, zodNeeded(module.file));
    return;
  }
  for (const { member, path, problem } of module.faults) {
    const told = problem === OLD_SCHEMA ? `${OLD_SCHEMA}; import zod 4, as "zod" or "zod/mini"` : problem;
    problems.add({ file, line: lineOf(source, member), member, path }, told);
  }
}
