import { findConfig, readConfig } from "../../config/load.js";
import { ConfigError } from "../../config/problems.js";
import { CONFIG_FILES } from "../../config/settings.js";
import { isDict } from "../../wire/fields.js";
import { askControl, controlPaths } from "./control.js";

/** Which router of this machine is meant. */
export interface RouterPlace {
  /** Its configuration. Default: that of the working directory. */
  readonly config?: string;
  /** Its control socket. Default: as the configuration says. */
  readonly control?: string;
}

async function pathsOf({ config, control }: RouterPlace): Promise<readonly string[]> {
  if (control !== undefined) return [control];
  const place = findConfig(process.cwd(), config);
  if (!place)
    throw new ConfigError("", [
      { path: "", words: `there is no configuration here: ${CONFIG_FILES.join(", ")}; name one by --config` },
    ]);
  const { value } = await readConfig(place);
  const set =
    isDict(value) && (typeof value.control === "string" || value.control === false) ? value.control : undefined;
  if (set === false)
    throw new ConfigError(place.name, [{ path: "control", words: "it is false; send SIGHUP to the router instead" }]);
  return controlPaths(place, set);
}

/** Asks the router that runs with a configuration. Rejects with `ConfigError` where none answers. */
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
      words: `no router answers at ${paths.join(" or ")}; start it with wampact router, or name its socket by --control`,
    },
  ]);
}
