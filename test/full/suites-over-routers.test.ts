/** Suites that were written for one router, with their clients dealt over three that are one realm. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** The suites that only examine what clients see, not the contents of one router. */
const SUITES = [
  "dealer",
  "disclosure",
  "enforcement",
  "frozen-callees",
  "reflection",
  "refused-payloads",
  "trust",
  "unportable-values",
];

test("callers and callees, publishers and subscribers see no difference when they are at different routers", async () => {
  const files = SUITES.map((suite) => `test/router/${suite}.test.ts`);
  const vitest = [process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...files]] as const;
  const env = { ...process.env, WAMPACT_TEST_NODES: "3" };
  const { stdout } = await promisify(execFile)(...vitest, { env, maxBuffer: 64 * 1024 * 1024 });
  expect(stdout).toMatch(/ passed, 0 failed/);
});
