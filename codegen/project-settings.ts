import { join } from "node:path";
import { checkSettings, oneOf, type SettingRule, type SettingRules, text } from "../src/wire/settings.js";
import { readIfThere } from "./files.js";
import { oneProblem } from "./problems.js";

/** The project's codegen settings, read from the key `wampact` of its `package.json`, or `wampact.config.json`. */
export interface ProjectSettings {
  /** Contract files, or directories of them. Default `schemas`. */
  readonly schemas?: string | readonly string[];
  /** Where the generated files go. Default: the directory `generated` beside the contracts. */
  readonly out?: string;
  /** How relative imports end. Default: `ts` where the tsconfig allows it, else `js`. */
  readonly importExtension?: "js" | "ts";
}

const texts: SettingRule = {
  expected: "a path or a list of paths",
  accepts: (value) =>
    typeof value === "string" ||
    (Array.isArray(value) && value.length > 0 && value.every((path) => typeof path === "string")),
};

const RULES: SettingRules<ProjectSettings> = { schemas: texts, out: text, importExtension: oneOf("js", "ts") };

const CONFIG_FILE = "wampact.config.json";

/** Reads the settings of a project. Throws `CodegenError` for one that is unknown or wrong, and where both files have some. */
export async function readProjectSettings(cwd: string): Promise<ProjectSettings> {
  const own = await readJson(cwd, CONFIG_FILE);
  const { wampact } = (await readJson(cwd, "package.json")) ?? {};
  if (own !== undefined && wampact !== undefined) {
    throw oneProblem({ file: CONFIG_FILE }, 'package.json has the key "wampact" as well; keep one of them');
  }
  if (own !== undefined) return checked(own, CONFIG_FILE, "");
  return wampact === undefined ? {} : checked(wampact, "package.json", "wampact");
}

function checked(settings: object, file: string, path: string): ProjectSettings {
  try {
    checkSettings<ProjectSettings>(settings, RULES, path);
    return settings;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw oneProblem({ file }, error.message);
  }
}

async function readJson(cwd: string, file: string): Promise<Readonly<Record<string, object>> | undefined> {
  const json = await readIfThere(join(cwd, file));
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json.replace(/^\ufeff/, "")) as Readonly<Record<string, object>>;
  } catch (error) {
    throw oneProblem({ file }, `is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
