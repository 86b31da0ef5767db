import { existsSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_FILES, type CodegenSettings, ROUTER_KEYS, type ThinSettings } from "../src/config/settings.js";
import { isDict } from "../src/wire/fields.js";
import {
  anything,
  checkSettings,
  flag,
  object,
  oneOf,
  type SettingRule,
  type SettingRules,
  text,
} from "../src/wire/settings.js";
import { readIfThere } from "./files.js";
import { oneProblem } from "./problems.js";

/**
 * The project's codegen settings: the key `wampact` of its `package.json`, or its configuration file, which may also have router
 * settings.
 */
export type ProjectSettings = CodegenSettings;

/** The extension of relative imports in generated files. */
export type ImportExtension = NonNullable<CodegenSettings["importExtension"]>;

const texts: SettingRule = {
  expected: "a path or a list of paths",
  accepts: (value) =>
    typeof value === "string" ||
    (Array.isArray(value) && value.length > 0 && value.every((path) => typeof path === "string")),
};

const RULES: SettingRules<ProjectSettings> = {
  schemas: texts,
  out: text,
  importExtension: oneOf("js", "ts", "none"),
  thin: object,
};
const THIN: SettingRules<ThinSettings> = { contracts: texts, history: flag, checkEvents: flag, middleware: flag };

/** Reads the settings of a project. Throws `CodegenError` for an unknown or invalid setting, or if both files have settings. */
export async function readProjectSettings(cwd: string): Promise<ProjectSettings> {
  const own = await readConfigFile(cwd);
  const { wampact } = (await readJson(cwd, "package.json")) ?? {};
  const settings = own && ofCodegen(checked(own.value, own.file, ""));
  if (own && settings && wampact !== undefined && Object.keys(settings).length > 0) {
    throw oneProblem({ file: own.file }, 'package.json has the key "wampact" as well; keep one of them');
  }
  return wampact === undefined ? (settings ?? {}) : checked(wampact, "package.json", "wampact");
}

/** Reads the file that `wampact router` also reads. */
async function readConfigFile(cwd: string): Promise<{ readonly file: string; readonly value: object } | undefined> {
  const file = CONFIG_FILES.find((name) => existsSync(join(cwd, name)));
  if (file === undefined) return undefined;
  if (file.endsWith(".json")) return { file, value: (await readJson(cwd, file)) ?? {} };
  const { loadModule } = await import("../src/config/module.js");
  const module = await loadModule(join(cwd, file)).catch((error: Error) => {
    throw oneProblem({ file }, `cannot be loaded: ${error.message}`);
  });
  return { file, value: isDict(module.default) ? module.default : {} };
}

/** Removes the router's settings. */
function ofCodegen(config: ProjectSettings): ProjectSettings {
  return Object.fromEntries(Object.entries(config).filter(([name]) => Object.hasOwn(RULES, name)));
}

/** The rules for codegen's settings. `wampact router` checks the others. */
const FILE_RULES: SettingRules<ProjectSettings> = {
  ...RULES,
  ...Object.fromEntries([...ROUTER_KEYS, "$schema"].map((name) => [name, anything])),
};

function checked(settings: object, file: string, path: string): ProjectSettings {
  try {
    checkSettings<ProjectSettings>(settings, file === "package.json" ? RULES : FILE_RULES, path);
    const { thin } = settings as ProjectSettings;
    if (thin) checkSettings(thin, THIN, path ? `${path}.thin` : "thin");
    return settings;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw oneProblem({ file }, error.message);
  }
}

async function readJson(cwd: string, file: string): Promise<Readonly<Record<string, object>> | undefined> {
  const json = await readIfThere(join(cwd, file), cwd);
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json.replace(/^\ufeff/, "")) as Readonly<Record<string, object>>;
  } catch (error) {
    throw oneProblem({ file }, `is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
