import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test.for([
  "typescript-5.9",
  "typescript-6.0",
  "typescript",
])("contracts, generated files, examples and type tests compile with %s", (compiler) => {
  const { stdout } = spawnSync(process.execPath, [`node_modules/${compiler}/bin/tsc`, "--project", "test"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
});
