import { explainConfig, hiddenSettings } from "../../config/explain.js";
import { CONFIG_FILES } from "../../config/settings.js";
import { type ConfigWarning, warningsOf, warningWords } from "../../config/warnings.js";
import { count } from "../report.js";
import { accessLines } from "./access-text.js";
import { failWith, readSource } from "./configuration.js";

/** Runs `wampact router check`. The exit code is 1 if there are errors. */
export async function check({ strict, ...flags }: { readonly config?: string; readonly strict?: true }): Promise<void> {
  try {
    const { prepared, hasFile, isDevelopment } = await readSource(flags);
    if (!hasFile) return failWithout();
    const { config, settings } = prepared;
    if (isDevelopment)
      return void console.log(`${config.name} has no realms, so wampact router runs a router for development`);
    const warnings = warningsOf(prepared);
    for (const warning of warnings) console.log(warningText(config.name, warning));
    const { realms = [], listeners = [] } = settings;
    console.log(
      `${config.name} is valid: ${count(realms.length, "realm")}, ${count(listeners.length, "listener")}, ${count(warnings.length, "warning")}`,
    );
    if (strict && warnings.length > 0) process.exitCode = 1;
  } catch (error) {
    failWith(error, 1);
  }
}

/** Runs `wampact router explain`. */
export async function explain({ json, ...flags }: { readonly config?: string; readonly json?: true }): Promise<void> {
  try {
    const { prepared, hasFile, isDevelopment } = await readSource(flags);
    if (json) return console.log(JSON.stringify(hiddenSettings(prepared), undefined, 2));
    const { settings, config } = prepared;
    const title = hasFile ? config.name : "no configuration";
    console.log(isDevelopment ? `${title}: a router for development\n` : `${title}\n`);
    for (const realm of settings.realms ?? []) console.log(`${accessLines(realm).join("\n")}\n`);
    const lines = explainConfig(prepared);
    const width = Math.min(Math.max(...lines.map(({ path }) => path.length)), 60);
    for (const { path, value, isDefault } of lines)
      console.log(`${path.padEnd(width)}  ${value}${isDefault ? "  (default)" : ""}`);
  } catch (error) {
    failWith(error, 1);
  }
}

/** Formats a warning, such as `warning W_NO_TLS: wampact.config.json: listeners[0]: …`. */
function warningText(file: string, warning: ConfigWarning): string {
  return `warning ${warning.code}: ${warningWords(file, warning)}`;
}

function failWithout(): void {
  console.error(`no configuration found (${CONFIG_FILES.join(", ")}); pass one with --config`);
  process.exitCode = 1;
}
