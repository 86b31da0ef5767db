import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { jsonFault } from "./json-fault.js";
import { loadModule } from "./module.js";
import { ConfigError } from "./problems.js";
import { CONFIG_FILES } from "./settings.js";

/** Where a configuration is. */
export interface ConfigPlace {
  /** Absolute. */
  readonly path: string;
  /** As messages name it: relative to the working directory where it is below that. */
  readonly name: string;
  /** What its paths are relative to. */
  readonly dir: string;
}

/** A configuration as its file has it, unchecked. */
export interface LoadedConfig extends ConfigPlace {
  readonly value: unknown;
}

/** The configuration that is given, or else the one in the working directory; `undefined` for none. Throws `ConfigError`. */
export function findConfig(cwd: string, given?: string): ConfigPlace | undefined {
  if (given !== undefined) {
    const place = placeOf(cwd, resolve(cwd, given));
    if (!existsSync(place.path)) throw new ConfigError(place.name, [{ path: "", words: "there is no such file" }]);
    return place;
  }
  const found = CONFIG_FILES.filter((name) => existsSync(join(cwd, name)));
  if (found.length > 1)
    throw new ConfigError(found[0] as string, [
      {
        path: "",
        words: `${found.slice(1).join(" and ")} is there as well; keep one of them, or name one by --config`,
      },
    ]);
  return found[0] === undefined ? undefined : placeOf(cwd, join(cwd, found[0]));
}

/** Reads a configuration: JSON, or the default export of a module. Throws `ConfigError`. */
export async function readConfig(place: ConfigPlace): Promise<LoadedConfig> {
  switch (extname(place.path)) {
    case ".json":
      return { ...place, value: await readJson(place) };
    case ".js":
    case ".mjs":
    case ".ts":
    case ".mts":
      return { ...place, value: await runModule(place) };
    default:
      throw new ConfigError(place.name, [
        { path: "", words: "expected a file that ends with .json, .mjs, .js or .ts" },
      ]);
  }
}

function placeOf(cwd: string, path: string): ConfigPlace {
  const name = relative(cwd, path);
  return { path, name: name.startsWith("..") ? path : name, dir: dirname(path) };
}

async function readJson({ path, name }: ConfigPlace): Promise<unknown> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).replace(/^\ufeff/, "");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(name, [{ path: "", words: `it cannot be read: ${code ?? message}` }], { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(name, [{ path: "", words: `is no JSON: ${jsonFault(text)}` }], { cause: error });
  }
}

async function runModule({ path, name }: ConfigPlace): Promise<unknown> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await loadModule(path);
  } catch (error) {
    const words = `it cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError(name, [{ path: "", words }], { cause: error });
  }
  if (module.default === undefined)
    throw new ConfigError(name, [{ path: "", words: "expected a default export: export default defineConfig({ … })" }]);
  return module.default;
}
