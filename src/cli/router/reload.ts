import { askRouter, type RouterPlace } from "./ask.js";
import { failWith } from "./configuration.js";
import { outcomeLines, type ReloadOutcome } from "./running.js";

/** Runs `wampact router reload`: asks the running router to reload its configuration. */
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
