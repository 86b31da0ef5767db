import { findConfig, readConfig } from "../../config/load.js";
import { ConfigError } from "../../config/problems.js";
import { CONFIG_FILES } from "../../config/settings.js";
import { isDict } from "../../wire/fields.js";
import { failWith } from "./configuration.js";
import { askControl, controlPaths } from "./control.js";
import { outcomeLines, type ReloadOutcome } from "./running.js";

/** `wampact router reload`: asks the router that runs with a configuration to read it again. */
export async function reload(flags: { readonly config?: string; readonly control?: string }): Promise<void> {
  try {
    const outcome = (await ask(await pathsOf(flags))) as ReloadOutcome;
    const warnings = outcome.ok ? outcome.warnings.map(({ code, words }) => `warning ${code}: ${words}`) : [];
    for (const line of [...outcomeLines(outcome), ...warnings]) console[outcome.ok ? "log" : "error"](line);
    if (!outcome.ok) process.exitCode = 1;
  } catch (error) {
    failWith(error, 1);
  }
}

async function pathsOf({
  config,
  control,
}: {
  readonly config?: string;
  readonly control?: string;
}): Promise<readonly string[]> {
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

async function ask(paths: readonly string[]): Promise<unknown> {
  for (const path of paths) {
    try {
      return await askControl(path, "/reload");
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
