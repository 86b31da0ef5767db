import { isUtf8 } from "node:buffer";
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { jsonFault, repeatedKey } from "./json-fault.js";
import { loadModule, moduleFault } from "./module.js";
import { ConfigError } from "./problems.js";
import { CONFIG_FILES } from "./settings.js";
import { listed } from "./words.js";

/** Similar file names that are not read. They get an error message. */
const OTHER_FILES: readonly string[] = ["js", "cjs", "mts", "cts", "yaml", "yml", "toml", "jsonc", "json5"].map(
  (extension) => `wampact.config.${extension}`,
);

/** The location of a configuration. */
export interface ConfigPlace {
  /** The absolute path. */
  readonly path: string;
  /** The path in messages: relative to the working directory if it is inside. */
  readonly name: string;
  /** The directory that paths in the configuration are relative to. */
  readonly dir: string;
}

/** The content of a configuration file, unchecked. */
export interface LoadedConfig extends ConfigPlace {
  readonly value: unknown;
}

/**
 * Returns the given configuration file, or the one in the working directory; `undefined` if there is none. Throws
 * `ConfigError`.
 */
export function findConfig(cwd: string, given?: string): ConfigPlace | undefined {
  if (given !== undefined) {
    const place = placeOf(cwd, resolve(cwd, given));
    const found = statSync(place.path, { throwIfNoEntry: false });
    if (!found) throw new ConfigError(place.name, [{ path: "", words: "the file does not exist" }]);
    if (found.isDirectory())
      throw new ConfigError(place.name, [
        {
          path: "",
          words: `is a directory; pass the file in it, such as ${join(given, CONFIG_FILES[0] as string)}`,
        },
      ]);
    return place;
  }
  const found = CONFIG_FILES.filter((name) => existsSync(join(cwd, name)));
  const other = OTHER_FILES.find((name) => existsSync(join(cwd, name)));
  if (found.length === 0 && other !== undefined)
    throw new ConfigError(other, [
      { path: "", words: `a configuration file with this name is not supported; expected ${listed(CONFIG_FILES)}` },
    ]);
  if (found.length > 1)
    throw new ConfigError(found[0] as string, [
      {
        path: "",
        words: `${found.slice(1).join(" and ")} also exists; keep one of them, or pass one with --config`,
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
  return { path, name: name === "" || name.startsWith("..") ? path : name, dir: dirname(path) };
}

async function readJson({ path, name }: ConfigPlace): Promise<unknown> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EACCES" ? "no permission to read the file" : `the file cannot be read: ${code ?? message}`;
    throw new ConfigError(name, [{ path: "", words: why }], { cause: error });
  }
  if (!isUtf8(bytes))
    throw new ConfigError(name, [{ path: "", words: "the file is not UTF-8; save it as UTF-8 in your editor" }]);
  const text = bytes.toString().replace(/^\ufeff/, "");
  if (text.trim() === "") throw new ConfigError(name, [{ path: "", words: "the file is empty; write at least {}" }]);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(name, [{ path: "", words: `the file is not JSON: ${jsonFault(text)}` }], { cause: error });
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new ConfigError(name, [{ path: "", words: repeated }]);
  return value;
}

async function runModule({ path, name }: ConfigPlace): Promise<unknown> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await loadModule(path);
  } catch (error) {
    const words = `the file cannot be loaded: ${moduleFault(error, path)}`;
    throw new ConfigError(name, [{ path: "", words }], { cause: error });
  }
  if (module.default === undefined)
    throw new ConfigError(name, [{ path: "", words: "expected a default export: export default defineConfig({ … })" }]);
  if (typeof module.default === "function")
    throw new ConfigError(name, [
      {
        path: "",
        words: "the default export is a function; export its result, for example: export default await make()",
      },
    ]);
  return module.default;
}
