import { findConfig, readConfig } from "../../config/load.js";
import { ConfigError } from "../../config/problems.js";
import { CONFIG_FILES } from "../../config/settings.js";
import { isDict } from "../../wire/fields.js";
import { askControl, controlPaths } from "./control.js";
import { reloadWithoutControl } from "./sighup.js";

/** Identifies a router on this machine. */
export interface RouterPlace {
  /** The path of its configuration. Default: the one in the working directory. */
  readonly config?: string;
  /** The path of its control socket. Default: from the configuration. */
  readonly control?: string;
}

async function pathsOf({ config, control }: RouterPlace): Promise<readonly string[]> {
  if (control !== undefined) return [control];
  const place = findConfig(process.cwd(), config);
  if (!place)
    throw new ConfigError("", [
      { path: "", words: `no configuration found (${CONFIG_FILES.join(", ")}); pass one with --config` },
    ]);
  const { value } = await readConfig(place);
  const set =
    isDict(value) && (typeof value.control === "string" || value.control === false) ? value.control : undefined;
  if (set === false)
    throw new ConfigError(place.name, [{ path: "control", words: `is false; ${reloadWithoutControl()}` }]);
  return controlPaths(place, set);
}

/** Sends an action to the router with the given configuration. Rejects with `ConfigError` if no router answers. */
export async function askRouter(place: RouterPlace, action: string): Promise<unknown> {
  const paths = await pathsOf(place);
  for (const path of paths) {
    try {
      return await askControl(path, action);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ECONNREFUSED") throw error;
    }
  }
  throw new ConfigError("", [
    {
      path: "",
      words: `no router answers at ${paths.join(" or ")}; start it with wampact router, or pass its socket with --control`,
    },
  ]);
}
