/**
 * The pages of docs/reference. Most of a page is written by hand; what stands between a marker and `<!-- end -->` is generated:
 * `<!-- api wampact/router: createRouter RouterConfig -->`, `<!-- numbers -->`, `<!-- commands -->`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type Exported, ROOT } from "./api.js";
import { commandSections, type Documented, numbersTable, sectionOf } from "./render.js";

const FOLDER = join(ROOT, "docs/reference");
const BLOCK = /(<!-- (api|numbers|commands)(?: ([\w/-]+): ([\w\s]+?))? -->\n).*?(<!-- end -->)/gs;

export interface Page {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

export const REFERENCE_PAGES: readonly Page[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".md"))
  .map((name) => ({ name, path: join(FOLDER, name), text: readFileSync(join(FOLDER, name), "utf8") }));

/** The exports that a page has, in its order. Throws for one that is not there. */
export function exportsOn({ name: page, text }: Page, api: readonly Exported[]): readonly Exported[] {
  return [...text.matchAll(BLOCK)].flatMap(([, , , entry, names = ""]) => {
    if (entry === undefined) return [];
    return names.split(/\s+/).map((name) => {
      const found = api.find((each) => each.entry === entry && each.name === name);
      if (found) return found;
      throw new Error(`docs/reference/${page}: ${entry} exports no "${name}"; take it out of the marker`);
    });
  });
}

/** A page with all its blocks made anew. */
export function renewed(page: Page, api: readonly Exported[], program: Command): string {
  const all: readonly Documented[] = REFERENCE_PAGES.flatMap((each) =>
    exportsOn(each, api).map((exported) => ({ ...exported, page: each.name })),
  );
  const here = exportsOn(page, api);
  return page.text.replaceAll(BLOCK, (_, marker: string, kind: string, entry, names: string | undefined, end) => {
    const sections = () => {
      if (kind === "numbers") return numbersTable(all);
      if (kind === "commands") return commandSections(program);
      const wanted = names?.split(/\s+/) ?? [];
      return here
        .filter((each) => each.entry === entry && wanted.includes(each.name))
        .map((exported) => sectionOf(exported, all))
        .join("\n\n");
    };
    return `${marker}\n${sections()}\n\n${end}`;
  });
}
