import { askRouter, type RouterPlace } from "./ask.js";
import { failWith } from "./configuration.js";
import { outcomeLines, type ReloadOutcome } from "./running.js";

/** `wampact router reload`: asks the router that runs with a configuration to read it again. */
export async function reload(flags: RouterPlace): Promise<void> {
  try {
    const outcome = (await askRouter(flags, "/reload")) as ReloadOutcome;
    const warnings = outcome.ok ? outcome.warnings.map(({ code, words }) => `warning ${code}: ${words}`) : [];
    for (const line of [...outcomeLines(outcome), ...warnings]) console[outcome.ok ? "log" : "error"](line);
    if (!outcome.ok) process.exitCode = 1;
  } catch (error) {
    failWith(error, 1);
  }
}
